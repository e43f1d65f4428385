// Package secret keeps the secrets of one run out of a guest's sight.
//
// NewVault takes the values of an integration and gives each secret in them a
// placeholder: alphanumeric, of the same length, new in each run. Masked is
// what the guest may see. Whole, URL and Reveal put real values back on the way
// out; which of them may be used, and where to, is decided by package egress.
// Hide and HideReader take whole secrets out of what comes back, and Redact takes
// them out of all that leaves vega.
//
// What a guest can observe does not depend on a guess at a secret: Hide finds a
// secret as a whole only, in time and with delays that do not depend on what
// is read.
//
// A secret under 8 bytes is refused: it would be found by chance in what it
// never stood in, and could be guessed.
package secret

import (
	"fmt"
	"slices"

	"vega/plugins/manifest"
)

// Least is the fewest bytes that a secret may have.
const Least = 8

// Vault holds the secrets of one run. A guest is single-threaded, and so is
// its vault: it is not safe for concurrent use.
type Vault struct {
	entries  []*entry
	placed   []string  // placeholders given out
	patterns []pattern // what Redact looks for, longest first
	marks    []pattern // the placeholders, longest first
	masked   manifest.Values
	written  []string // masked texts of options that hold a secret
	urls     []string // those of type url
	hider    *hider   // nil: not made yet, or made before the last secret
}

// entry is one secret and what stands for it.
type entry struct {
	real        string
	placeholder string
	// inURL marks text that is URL syntax already, such as a path with its
	// query: it must not be escaped again when it is put into a URL.
	inURL bool
}

// NewVault collects the secrets of an integration's values, which are to be
// as configured: NewVault itself leaves scheme, host and port of a target
// visible, and needs the probe to know which options are targets or
// sensitive. The error names the option and nothing of the secret.
func NewVault(p *manifest.Probe, v manifest.Values) (*Vault, error) {
	vault := &Vault{masked: make(manifest.Values, len(v))}
	for name, value := range v {
		m := masker{vault: vault, option: optionOf(p, name)}
		masked, err := m.value(value)
		if err != nil {
			return nil, fmt.Errorf("option %q: %w", name, err)
		}
		vault.masked[name] = masked
	}
	return vault, nil
}

func optionOf(p *manifest.Probe, name string) manifest.Option {
	if p != nil {
		if o := p.Option(name); o != nil {
			return *o
		}
	}
	return manifest.Option{Name: name, Type: manifest.String}
}

// Masked is the guest's view of the values: plain text, with a placeholder
// where a secret stood.
func (v *Vault) Masked() manifest.Values { return v.masked }

// Empty reports whether there is no secret at all.
func (v *Vault) Empty() bool { return len(v.entries) == 0 }

// Also adds a value made from secrets by the host, such as the base64 of
// basic auth, so that it is hidden too. A value under 8 bytes is ignored.
func (v *Vault) Also(real string) {
	if len(real) >= Least {
		v.add(real, false)
	}
}

// add gives a secret its placeholder. Equal secrets share one.
func (v *Vault) add(real string, inURL bool) *entry {
	for _, e := range v.entries {
		if e.real == real && e.inURL == inURL {
			return e
		}
	}
	e := &entry{real: real, inURL: inURL}
	texts := forms(real)
	e.placeholder = v.placeholder(texts)
	v.entries = append(v.entries, e)
	v.marks = append(v.marks, pattern{text: []byte(e.placeholder), of: e})
	for _, t := range texts {
		if !slices.ContainsFunc(v.patterns, func(p pattern) bool { return string(p.text) == t }) {
			v.patterns = append(v.patterns, pattern{text: []byte(t), of: e})
		}
	}
	slices.SortStableFunc(v.patterns, longestFirst)
	slices.SortStableFunc(v.marks, longestFirst)
	v.hider = nil
	return e
}

// Longest is the length in bytes of the longest text that Redact looks for.
func (v *Vault) Longest() int {
	n := 0
	if v == nil {
		return n
	}
	for _, list := range [][]pattern{v.patterns, v.marks} {
		if len(list) > 0 {
			n = max(n, len(list[0].text))
		}
	}
	return n
}
