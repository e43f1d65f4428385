// Package secret hides the secrets of a run from its guest.
//
// NewVault takes the values of an integration and gives each secret a
// placeholder: alphanumeric, of the same length, new in each run. Masked
// returns what the guest may see. Whole, URL and Reveal restore real values on
// the way out; package egress decides which of them may be used for which
// destination. Hide and HideReader remove whole secrets from incoming data, and
// Redact removes them from everything that leaves vega.
//
// What a guest can observe does not depend on its guess at a secret: Hide finds
// only whole secrets, and its duration and delays do not depend on the data.
//
// A secret under MinSize bytes would match unrelated text by chance. Its
// placeholder works like any other, but Redact finds it only where it stands
// alone, as a word. One under MinPlaced bytes has no placeholder, and Redact
// finds it only where it is the whole text.
package secret

import (
	"fmt"
	"slices"

	"vega/plugins/manifest"
)

// The sizes, in bytes, from which on a secret is hidden wherever it occurs, and
// from which on it has a placeholder.
const (
	MinSize   = 8
	MinPlaced = 4
)

// Vault holds the secrets of one run. It is not safe for concurrent use; the
// guest it serves is single-threaded.
type Vault struct {
	entries  []*entry
	placed   []string  // placeholders in use
	patterns []pattern // patterns of Redact, longest first
	marks    []pattern // the placeholders, longest first
	masked   manifest.Values
	written  []string // masked text of options that contain a secret
	urls     []string // those of options of type url
	tiny     []string // secrets without a placeholder
	hider    *hider   // nil if the hider does not exist or lacks the last secret
}

// entry is a secret and its placeholder.
type entry struct {
	real        string
	placeholder string
	short       bool // Redact finds only a word of its own
	// inURL marks text that is already URL syntax, such as a path with its
	// query: it must not be escaped again in a URL.
	inURL bool
}

// NewVault collects the secrets of an integration's values, which must be as
// configured. It leaves scheme, host and port of a target visible, and needs
// the probe to know which options are targets or sensitive. An error names the
// option and nothing of the secret.
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

// Masked returns the guest's view of the values: plain text, with placeholders
// for secrets.
func (v *Vault) Masked() manifest.Values { return v.masked }

// Empty reports whether there are no secrets.
func (v *Vault) Empty() bool { return len(v.entries) == 0 }

// Also adds a value that the host derived from secrets, such as the base64 of
// basic auth, so that it is hidden too. A value under 8 bytes is ignored.
func (v *Vault) Also(real string) {
	if len(real) >= MinSize {
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
	e := &entry{real: real, inURL: inURL, short: len(real) < MinSize}
	texts := forms(real)
	e.placeholder = v.placeholder(texts)
	v.entries = append(v.entries, e)
	v.marks = append(v.marks, newPattern(e.placeholder, e))
	for _, t := range texts {
		if !slices.ContainsFunc(v.patterns, func(p pattern) bool { return string(p.text) == t }) {
			v.patterns = append(v.patterns, newPattern(t, e))
		}
	}
	slices.SortStableFunc(v.patterns, longestFirst)
	slices.SortStableFunc(v.marks, longestFirst)
	v.hider = nil
	return e
}

// Longest returns the length in bytes of the longest text that Redact looks
// for.
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
