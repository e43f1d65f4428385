package secret

import (
	"errors"
	"strings"

	"vega/plugins/manifest"
)

var errShort = errors.New("a secret of under 8 bytes can't be hidden from a plugin; " +
	"use one of at least 8 bytes, and check that the variable or file is not empty")

// masker masks the values of one option.
type masker struct {
	vault  *Vault
	option manifest.Option
}

func (m masker) value(v manifest.Value) (manifest.Value, error) {
	switch v := v.(type) {
	case manifest.Text:
		return m.text(v)
	case []manifest.Value:
		out := make([]manifest.Value, len(v))
		for i, e := range v {
			masked, err := m.value(e)
			if err != nil {
				return nil, err
			}
			out[i] = masked
		}
		return out, nil
	case map[string]manifest.Value:
		out := make(map[string]manifest.Value, len(v))
		for k, e := range v {
			masked, err := m.value(e)
			if err != nil {
				return nil, err
			}
			out[k] = masked
		}
		return out, nil
	default:
		return v, nil
	}
}

func (m masker) text(t manifest.Text) (manifest.Text, error) {
	literal := !t.HasSecret()
	if literal {
		whole := t.Reveal()
		if !m.option.Sensitive || len(whole) < Least {
			return manifest.Plain(whole), nil
		}
		t = manifest.Text{{Text: whole, Secret: true}}
	}
	var b strings.Builder
	for _, p := range split(t, m.option.Element()) {
		switch {
		case !p.secret, literal && len(p.text) < Least:
			b.WriteString(p.text)
		case len(p.text) < Least:
			return nil, errShort
		default:
			b.WriteString(m.vault.add(p.text, p.role != value).placeholder)
			for _, part := range p.parts() {
				m.vault.add(part.text, part.role != value)
			}
		}
	}
	return manifest.Plain(b.String()), nil
}
