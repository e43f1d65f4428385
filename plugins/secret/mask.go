package secret

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"vega/plugins/manifest"
)

var errEmpty = errors.New("a secret is empty; check the variable or file that it comes from")

// In reports whether the values contain a secret for which a guest of the probe
// would see a placeholder.
func In(p *manifest.Probe, v manifest.Values) bool {
	for name, value := range v {
		if holds(value, optionOf(p, name)) {
			return true
		}
	}
	return false
}

func holds(v manifest.Value, o manifest.Option) bool {
	switch v := v.(type) {
	case manifest.Text:
		pieces := split(secretly(v, o), o.Element())
		return slices.ContainsFunc(pieces, func(p piece) bool { return p.secret && len(p.text) >= MinPlaced })
	case []manifest.Value:
		return slices.ContainsFunc(v, func(e manifest.Value) bool { return holds(e, o) })
	case map[string]manifest.Value:
		for key, e := range v {
			if holds(e, within(o, key)) {
				return true
			}
		}
	}
	return false
}

// within returns the option that describes the value of a key: of a map the option
// itself, of an object the field.
func within(o manifest.Option, key string) manifest.Option {
	if o.Element() != manifest.Object {
		return o
	}
	if f := o.Field(key); f != nil {
		return *f
	}
	return manifest.Option{Name: key, Type: manifest.String}
}

// secretly returns the text, marked as secret as a whole if it is a literal in
// a sensitive option.
func secretly(t manifest.Text, o manifest.Option) manifest.Text {
	if whole := t.Reveal(); o.Sensitive && !t.HasSecret() && len(whole) >= MinPlaced {
		return manifest.Text{{Text: whole, Secret: true}}
	}
	return t
}

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
			masked, err := masker{m.vault, within(m.option, k)}.value(e)
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
	typ := m.option.Element()
	if t = secretly(t, m.option); !t.HasSecret() {
		if typ == manifest.URL {
			m.vault.login(t.Reveal())
		}
		return manifest.Plain(t.Reveal()), nil
	}
	holds := false
	var b strings.Builder
	for _, p := range split(t, typ) {
		switch {
		case !p.secret:
			b.WriteString(p.text)
		case p.text == "":
			return nil, errEmpty
		case len(p.text) < MinPlaced:
			m.vault.tiny = append(m.vault.tiny, p.text)
			b.WriteString(p.text)
		default:
			holds = true
			b.WriteString(m.vault.add(p.text, p.role != value).placeholder)
			for _, part := range p.parts() {
				m.vault.add(part.text, part.role != value)
			}
		}
	}
	if masked := b.String(); holds {
		m.vault.written = append(m.vault.written, masked)
		if typ == manifest.URL {
			m.vault.urls = append(m.vault.urls, masked)
		}
	}
	return manifest.Plain(b.String()), nil
}

// login makes Redact hide the password in a literal URL. The guest sees it, and
// it may be sent like any other literal.
func (v *Vault) login(text string) {
	u, err := url.Parse(text)
	if err != nil || u.User == nil {
		return
	}
	if password, _ := u.User.Password(); len(password) >= MinPlaced {
		v.add(password, false)
	}
}
