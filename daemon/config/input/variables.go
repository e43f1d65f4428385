package input

import "os"

// Variables are environment variables with the values they had when first asked
// for, without one newline at the end, which is no part of a value that was read
// from a file. A variable that is empty counts as one that is not set.
type Variables struct {
	lookup    func(string) (string, bool)
	seen      map[string]*string // nil: not set
	elsewhere bool
}

// Variables returns the variables of an environment; lookup nil is
// os.LookupEnv. elsewhere means that vega runs in another environment: a
// variable that is not set here is assumed to have an unknown value there.
func (s *Set) Variables(lookup func(string) (string, bool), elsewhere bool) *Variables {
	if lookup == nil {
		lookup = os.LookupEnv
	}
	return &Variables{lookup, s.variables, elsewhere}
}

// Value returns the value of a variable, nil if it is not set here.
func (v *Variables) Value(name string) *string {
	if value, known := v.seen[name]; known {
		return value
	}
	var value *string
	text, ok := v.lookup(name)
	if text = WithoutNewline(text); ok && text != "" {
		value = &text
	}
	v.seen[name] = value
	return value
}

// Set reports whether a variable is set, here or elsewhere.
func (v *Variables) Set(name string) bool { return v.elsewhere || v.Value(name) != nil }

// Elsewhere reports whether vega runs in another environment than this one.
func (v *Variables) Elsewhere() bool { return v.elsewhere }
