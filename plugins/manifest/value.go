package manifest

import (
	"strings"
)

// Value is a decoded option value. Its dynamic type depends on the option's
// type: Text for string, url, address and database; float64 for number; bool;
// time.Duration; Size; []Value for list; map[string]Value for map and object.
type Value any

// Values holds the options of an integration by name, with defaults filled in.
// An option that is not set and has no default is absent.
type Values map[string]Value

// Size is a number of bytes.
type Size int64

// Text is a string value that records which of its parts came from env() or
// file(): those are secrets that no guest sees. Parts are kept in order.
type Text []Part

// Part is a run of text from one source.
type Part struct {
	Text   string
	Secret bool
}

// Plain returns a Text without secrets.
func Plain(s string) Text { return Text{{Text: s}} }

// Reveal returns the real value, including secrets. Call it only when the value
// is needed.
func (t Text) Reveal() string {
	var b strings.Builder
	for _, p := range t {
		b.WriteString(p.Text)
	}
	return b.String()
}

// String returns the text with each secret replaced by "(secret)".
func (t Text) String() string {
	var b strings.Builder
	for _, p := range t {
		if p.Secret {
			b.WriteString("(secret)")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

// GoString keeps %#v from printing a secret.
func (t Text) GoString() string { return t.String() }

// MarshalText keeps an encoder from printing a secret.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// HasSecret reports whether any part is a secret.
func (t Text) HasSecret() bool {
	for _, p := range t {
		if p.Secret {
			return true
		}
	}
	return false
}

// Secrets calls yield with every secret part in v.
func Secrets(v Value, yield func(string)) {
	switch v := v.(type) {
	case Text:
		for _, p := range v {
			if p.Secret {
				yield(p.Text)
			}
		}
	case []Value:
		for _, e := range v {
			Secrets(e, yield)
		}
	case map[string]Value:
		for _, e := range v {
			Secrets(e, yield)
		}
	case Values:
		for _, e := range v {
			Secrets(e, yield)
		}
	}
}
