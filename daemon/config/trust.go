package config

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/plugins/manifest"
	"vega/plugins/signature"
)

// Trust holds the signature requirements for plugins from files.
type Trust struct {
	// Signed reports whether plugins.trusted_keys is set. If so, a plugin not
	// signed by one of Keys is refused.
	Signed bool
	Keys   []signature.Key
}

// Admit returns an error if a plugin is not trusted. It is a manifest.Admit.
func (t Trust) Admit(_, _ string, signed *signature.Signature) error {
	if !t.Signed {
		return nil
	}
	_, err := signed.By(t.Keys)
	return err
}

// trust reads plugins.trusted_keys. A key that is missing because a variable is
// not set is an error. Otherwise vega would load untrusted plugins, or refuse
// all of them.
func (d pluginStage) trust(s *bind.Section) Trust {
	t := s.Slot("trusted_keys")
	if t == nil {
		return Trust{}
	}
	v, st := d.ev.Value(s, "trusted_keys")
	trust := Trust{Signed: st != bind.Unknown}
	if st == bind.Absent {
		d.out.Err(diag.BadTrustedKey, t.At, "trusted_keys has no value, because "+d.ev.WhyAbsent(t.Expr)+". No plugin could be trusted.", "set that variable, or remove trusted_keys to accept unsigned plugins")
	}
	keys, _ := v.([]manifest.Value)
	for n, k := range keys {
		at := t.Element(n)
		key, err := signature.ParseKey(k.(manifest.Text).Reveal())
		if err != nil {
			d.out.Err(diag.BadTrustedKey, at, "This is not a public key.", `use the public key that "vega plugin keygen" printed, such as "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"`)
			continue
		}
		trust.Keys = append(trust.Keys, key)
	}
	return trust
}

var digest = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

// pinned reports a module whose digest differs from the integration's sha256.
func (d *integrationStage) pinned(s *bind.Section, f *manifest.Found) {
	t := s.Slot("sha256")
	if t == nil {
		return
	}
	v, st := d.ev.Value(s, "sha256")
	if st == bind.Absent {
		d.out.Err(diag.Pinned, t.At, "sha256 has no value, because "+d.ev.WhyAbsent(t.Expr)+". Any module would be accepted.", "set that variable, or remove sha256")
	}
	if st != bind.Present {
		return
	}
	want := v.(manifest.Text).Reveal()
	m := f.Module
	from := "bundled with vega"
	if f.File != "" {
		from = filepath.Base(f.File)
	}
	switch {
	case !digest.MatchString(want):
		d.out.Err(diag.Pinned, t.Expr.At, "sha256 must have 64 hexadecimal digits.", fmt.Sprintf("set sha256 = %q if you trust the current plugin %s", m.Digest, m.Manifest.Name))
	case !strings.EqualFold(want, m.Digest):
		d.out.Err(diag.Pinned, t.Expr.At, fmt.Sprintf("The plugin %s (%s, version %s) is not the module that this integration trusts.", m.Manifest.Name, from, m.Manifest.Version),
			fmt.Sprintf("restore the trusted module or, if you trust this one, set sha256 = %q", m.Digest))
	}
}
