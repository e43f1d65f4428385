package manifest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"vega/sdk/condition"
)

// MaxObjects bounds the length of a list of objects.
const MaxObjects = 50

// Field returns the field with the given name, or nil.
func (o *Option) Field(name string) *Option { return optionNamed(o.Fields, name) }

// Target returns the option or field that an entry of Capability.From names, or nil.
func (p *Probe) Target(from string) *Option {
	name, field, nested := strings.Cut(from, ".")
	o := p.Option(name)
	if o != nil && nested {
		return o.Field(field)
	}
	return o
}

// fields checks the fields of a list of objects. They are options, without objects
// of their own.
func (c *checker) fields(o *Option) {
	if o.Element() != Object {
		c.is(len(o.Fields) == 0, "option %q: only a list of objects has fields", o.Name)
		return
	}
	c.is(len(o.Fields) > 0, "option %q: a list of objects needs fields", o.Name)
	plain := o.Default == nil && o.OneOf == nil && o.Pattern == "" && o.Format == "" && o.Min == nil && o.Max == nil && !o.Sensitive && !o.SQL
	c.is(plain, "option %q: a list of objects has only of, required, description, requires and conflicts; the rest belongs to its fields", o.Name)
	seen := map[string]bool{}
	for i := range o.Fields {
		f := &o.Fields[i]
		c.at.Field = f.Name
		c.is(ValidName(f.Name), "field %q: the name must match %s", clip(f.Name), name)
		c.is(!seen[f.Name], "field %q is declared twice", f.Name)
		c.is(f.Element() != Object && len(f.Fields) == 0, "field %q: an object can't contain objects", f.Name)
		c.is(!f.Unique || f.Type == String, "field %q: only a string can be unique", f.Name)
		seen[f.Name] = true
		c.option(f)
	}
	c.relations(o.Fields, &c.at.Field)
	c.at.Field = ""
}

// element converts a JSON value to an element of a list.
func (o *Option) element(v any) (Value, error) {
	if o.Element() != Object {
		return scalar(o.Element(), v)
	}
	in, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s is not an object", clip(fmt.Sprint(v)))
	}
	out := make(map[string]Value, len(in))
	for key := range in {
		if o.Field(key) == nil {
			return nil, fmt.Errorf("%q is not a field of %s", clip(key), o.Name)
		}
	}
	for i := range o.Fields {
		f := &o.Fields[i]
		given, set := in[f.Name]
		if !set {
			given = f.Default
		}
		if given == nil {
			continue
		}
		converted, err := f.Convert(given)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		out[f.Name] = converted
	}
	return out, nil
}

// constrainObjects checks a list of objects as Constrain checks other values.
func (o *Option) constrainObjects(v Value) error {
	list, _ := v.([]Value)
	var errs []error
	if err := o.Length(len(list)); err != nil {
		errs = append(errs, err)
	}
	for i, e := range list {
		object, _ := e.(map[string]Value)
		for k := range o.Fields {
			f := &o.Fields[k]
			value, set := object[f.Name]
			err := f.Constrain(value)
			if !set && f.Required {
				err = errors.New("it is required")
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("%s[%d].%s: %w", o.Name, i, f.Name, err))
			}
		}
		written := func(name string) bool { return !o.Field(name).isDefault(object[name]) }
		for _, c := range Together(o.Fields, object, written) {
			errs = append(errs, fmt.Errorf("%s[%d]: %s does not go together with %s", o.Name, i, c.Option, c.Other))
		}
	}
	for _, again := range o.Repeated(list) {
		errs = append(errs, fmt.Errorf("%s[%d].%s is that of an earlier object", o.Name, again.Object, again.Field))
	}
	for _, h := range o.Unfilled(list) {
		errs = append(errs, fmt.Errorf("%s[%d].%s: no earlier object takes %q", o.Name, h.Object, h.Field, clip(h.Name)))
	}
	return errors.Join(errs...)
}

// isDefault reports whether a value is that of an option that is not written.
func (o *Option) isDefault(v Value) bool {
	if v == nil || o.Default == nil {
		return v == nil
	}
	usual, err := o.Convert(o.Default)
	return err == nil && reflect.DeepEqual(v, usual)
}

// Length returns an error if a list of objects can't have that many.
func (o *Option) Length(n int) error {
	switch {
	case n > MaxObjects:
		return fmt.Errorf("%s has %d elements; at most %d are allowed", o.Name, n, MaxObjects)
	case n == 0 && o.Required:
		return fmt.Errorf("%s is empty", o.Name)
	default:
		return nil
	}
}

// Repeat is a value of a unique field that an earlier object has.
type Repeat struct {
	Object int
	Field  string
}

// Repeated returns the values of unique fields that an earlier object of the list has.
func (o *Option) Repeated(list []Value) []Repeat {
	var all []Repeat
	for _, f := range o.Fields {
		if !f.Unique {
			continue
		}
		var seen []string
		for i, e := range list {
			object, _ := e.(map[string]Value)
			text, set := object[f.Name].(Text)
			if !set {
				continue
			}
			if slices.Contains(seen, text.Reveal()) {
				all = append(all, Repeat{i, f.Name})
			}
			seen = append(seen, text.Reveal())
		}
	}
	return all
}

// Fills reports whether the URLs that a probe asks for may contain values that it takes
// from answers.
func (p *Probe) Fills() bool {
	for _, o := range p.Options {
		if slices.ContainsFunc(o.Fields, func(f Option) bool { return f.Fills }) {
			return true
		}
	}
	return false
}

// Hole is a {name} in a field for which no earlier object takes a value.
type Hole struct {
	Object int
	Field  string
	Entry  string // the key of the entry, if the field is a map
	Name   string
	Taken  []string // the names that earlier objects take
	Later  bool     // this object or a later one takes it
}

// Unfilled returns the names in the list that stand for nothing.
func (o *Option) Unfilled(list []Value) []Hole {
	var all []Hole
	var taken []string
	for i, e := range list {
		object, _ := e.(map[string]Value)
		for _, f := range o.Fields {
			if !f.Fills {
				continue
			}
			eachFilled(object[f.Name], func(entry string, t Text) {
				condition.Fill(t.literal(), func(name string) string {
					if !slices.Contains(taken, name) {
						all = append(all, Hole{i, f.Name, entry, name, slices.Clone(taken), slices.Contains(o.takenBy(list[i:]), name)})
					}
					return ""
				})
			})
		}
		taken = append(taken, o.takenBy(list[i:i+1])...)
	}
	return all
}

// takenBy returns the names of the values that objects take.
func (o *Option) takenBy(list []Value) []string {
	var names []string
	for _, e := range list {
		object, _ := e.(map[string]Value)
		for _, f := range o.Fields {
			if m, ok := object[f.Name].(map[string]Value); ok && f.Format == Takes {
				names = append(names, sortedKeys(m)...)
			}
		}
	}
	return names
}

// eachFilled calls yield with each text in the value of a field.
func eachFilled(v Value, yield func(entry string, t Text)) {
	switch v := v.(type) {
	case Text:
		yield("", v)
	case []Value:
		for _, e := range v {
			eachFilled(e, yield)
		}
	case map[string]Value:
		for _, key := range sortedKeys(v) {
			if t, ok := v[key].(Text); ok {
				yield(key, t)
			}
		}
	}
}

// literal returns the text with a zero byte in place of each secret.
func (t Text) literal() string {
	var b strings.Builder
	for _, p := range t {
		if p.Secret {
			b.WriteByte(0)
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}
