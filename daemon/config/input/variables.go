package input

import (
	"maps"
	"os"
	"slices"
)

// Variables are environment variables with the values they had when first asked
// for, without one newline at the end, which is no part of a value that was read
// from a file. A variable that is empty counts as one that is not set. What the
// environment of the process lacks comes from vega.env.
type Variables struct {
	lookup    func(string) (string, bool)
	seen      map[string]*string // nil: not set
	file      *environment
	elsewhere bool
}

// Variables returns the variables of an environment; lookup nil is
// os.LookupEnv. elsewhere means that vega runs in another environment: a
// variable that is not set here is assumed to have an unknown value there. That is
// also assumed if vega.env can't be read.
func (s *Set) Variables(lookup func(string) (string, bool), elsewhere bool) *Variables {
	if lookup == nil {
		lookup = os.LookupEnv
	}
	return &Variables{lookup, s.variables, &s.env, elsewhere || s.env.err != nil}
}

// Value returns the value of a variable, nil if it is not set here.
func (v *Variables) Value(name string) *string {
	if value, known := v.seen[name]; known {
		return value
	}
	value := v.ofProcess(name)
	if in := v.file.values[name]; value == nil && in.text != "" {
		value = &in.text
	}
	v.seen[name] = value
	return value
}

// ofProcess returns the value of a variable in the environment of the process.
func (v *Variables) ofProcess(name string) *string {
	text, ok := v.lookup(name)
	if text = WithoutNewline(text); ok && text != "" {
		return &text
	}
	return nil
}

// Overridden returns the variables that were asked for and that vega.env sets in
// vain.
func (v *Variables) Overridden() (all []Overridden) {
	for _, name := range slices.Sorted(maps.Keys(v.file.values)) {
		in := v.file.values[name]
		if value := v.seen[name]; value != nil && *value != in.text && in.text != "" {
			all = append(all, Overridden{name, in.at})
		}
	}
	return all
}

// Set reports whether a variable is set, here or elsewhere.
func (v *Variables) Set(name string) bool { return v.elsewhere || v.Value(name) != nil }

// Elsewhere reports whether vega runs in another environment than this one.
func (v *Variables) Elsewhere() bool { return v.elsewhere }
