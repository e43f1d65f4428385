package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"vega/plugins/manifest"
	"vega/plugins/signature"
)

// Trust is who may sign the plugins that are dropped in.
type Trust struct {
	// Signed says that plugins.trusted_keys is there: whatever is not signed by
	// one of Keys is refused.
	Signed bool
	Keys   []signature.Key
}

// Judge says why a plugin is not trusted; nil if it is. What ships with vega
// is: who changed that could change vega.
func (t Trust) Judge(f manifest.Found) error {
	if !t.Signed || f.File == "" || f.Module == nil {
		return nil
	}
	if f.Seal == nil {
		return errors.New("nobody has looked for its signature")
	}
	_, err := f.Seal.By(t.Keys)
	return err
}

// UntrustedError is why a plugin that could be read is not trusted.
type UntrustedError struct {
	Plugin string
	err    error
}

// Error is the reason.
func (e *UntrustedError) Error() string { return e.err.Error() }

// Unwrap is the reason.
func (e *UntrustedError) Unwrap() error { return e.err }

// trust reads plugins.trusted_keys. Where a key is missing for want of a
// variable the configuration is not valid: the plugins that it was to keep out
// would be let in, or all of them kept out.
func (d *decoder) trust(s *section) Trust {
	t := s.slot("trusted_keys")
	if t == nil {
		return Trust{}
	}
	v, st := d.value(s, "trusted_keys")
	trust := Trust{Signed: st != unknown}
	if st == absent {
		d.out.err(BadTrustedKey, t.at, "trusted_keys has no value, since "+d.whyAbsent(t.expr)+": no plugin could be trusted.", "set that variable, or remove trusted_keys to take plugins that nobody signed")
	}
	keys, _ := v.([]manifest.Value)
	for n, k := range keys {
		at := t.expr.at
		if t.expr.kind == listExpr && n < len(t.expr.items) {
			at = t.expr.items[n].at
		}
		key, err := signature.ParseKey(k.(manifest.Text).Reveal())
		if err != nil {
			why, fix, _ := strings.Cut(err.Error(), ": ")
			d.out.err(BadTrustedKey, at, "This key can't be trusted: "+why+".", fix)
			continue
		}
		trust.Keys = append(trust.Keys, key)
	}
	return trust
}

var digest = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

// pinned holds an integration to the one module that it names by its digest.
func (d *decoder) pinned(s *section, f *manifest.Found) {
	t := s.slot("sha256")
	if t == nil {
		return
	}
	v, st := d.value(s, "sha256")
	if st == absent {
		d.out.err(Pinned, t.at, "sha256 has no value, since "+d.whyAbsent(t.expr)+": any module would do.", "set that variable, or remove sha256")
	}
	if st != present {
		return
	}
	want := v.(manifest.Text).Reveal()
	m := f.Module
	from := "as it ships with this vega"
	if f.File != "" {
		from = filepath.Base(f.File)
	}
	switch {
	case !digest.MatchString(want):
		d.out.err(Pinned, t.expr.at, "A SHA-256 is 64 hexadecimal digits.", fmt.Sprintf("write sha256 = %q, if you trust the plugin %s as it is now", m.Digest, m.Manifest.Name))
	case !strings.EqualFold(want, m.Digest):
		d.out.err(Pinned, t.expr.at, fmt.Sprintf("The plugin %s (%s, version %s) is another module than the one that this integration trusts.", m.Manifest.Name, from, m.Manifest.Version),
			fmt.Sprintf("put the module back that it trusts, or, if you trust this one, write sha256 = %q", m.Digest))
	}
}
