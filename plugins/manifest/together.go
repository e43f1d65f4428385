package manifest

import (
	"slices"
	"strings"
)

// Clash reports two options that do not go together.
type Clash struct {
	Option string
	Other  string // the name of the other option
	Value  string // the other option's value, if it depends on one
	Lacks  bool   // Option requires Other, which is not set; otherwise they conflict
}

// Together checks which of the options that are set go together: those of a probe,
// or the fields of an object. written reports which options the operator wrote; the
// others have their defaults.
func Together(options []Option, values Values, written func(option string) bool) []Clash {
	var all []Clash
	for i := range options {
		o := &options[i]
		if _, set := values[o.Name]; !set || !written(o.Name) || values[o.Name] == false {
			continue
		}
		for _, r := range o.Requires {
			name, value, exact := strings.Cut(r, "=")
			if v, set := values[name]; !set || exact && !is(v, value) {
				all = append(all, Clash{Option: o.Name, Other: name, Value: value, Lacks: true})
			}
		}
		for _, r := range o.Conflicts {
			name, value, exact := strings.Cut(r, "=")
			v, set := values[name]
			if set && (exact && is(v, value) || !exact && written(name) && v != false) {
				all = append(all, Clash{Option: o.Name, Other: name, Value: value})
			}
		}
	}
	return all
}

// is compares a value with its text in a manifest.
func is(v Value, text string) bool { return plainText(v) == text }

// relations checks the names in requires and conflicts. at is where the checker
// notes the option that it is at.
func (c *checker) relations(options []Option, at *string) {
	for i := range options {
		o := &options[i]
		*at = o.Name
		for _, r := range slices.Concat(o.Requires, o.Conflicts) {
			name, _, exact := strings.Cut(r, "=")
			other := optionNamed(options, name)
			c.is(other != nil && name != o.Name, "option %q: requires or conflicts names %q, which is not another option", o.Name, clip(name))
			if other != nil && exact {
				c.is(other.Type == String || other.Type == Bool || other.Type == Number, "option %q: %q compares the value of an option that is not a string, number or bool", o.Name, clip(r))
			}
		}
	}
	*at = ""
}
