package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// roster holds the current integrations. It is immutable, except for the state
// within each integration.
type roster struct {
	integrations []*integration // sorted by name
	depends      [][]int        // indexes of the dependencies of each; nil if there are none
	draining     []*integration // removed, but still running
}

// Diff lists the integrations that a Bind changed, sorted by name.
type Diff struct {
	Added, Changed, Removed []string
	Kept                    int
}

// reconcile returns the roster for new bindings. It reuses the existing
// integrations. equal has what compare returned.
func (r *roster) reconcile(all, equal []*Binding) (*roster, Diff) {
	next := &roster{integrations: make([]*integration, len(all)), depends: dependencies(all)}
	draining := make(map[string]*integration, len(r.draining))
	for _, i := range r.draining {
		draining[i.name] = i
	}
	var d Diff
	for n, b := range all {
		i := r.find(b.Name)
		known := i != nil
		if i == nil { // perhaps it was removed and still runs
			i = cmp.Or(draining[b.Name], &integration{name: b.Name, lane: untried})
		}
		next.integrations[n] = i
		switch changed := i.bind(b, equal[n]); {
		case !known:
			d.Added = append(d.Added, b.Name)
		case changed:
			d.Changed = append(d.Changed, b.Name)
		default:
			d.Kept++
		}
	}
	for _, i := range r.integrations {
		if next.find(i.name) == nil {
			d.Removed = append(d.Removed, i.name)
			next.draining = append(next.draining, i)
		}
	}
	next.draining = slices.DeleteFunc(append(next.draining, r.draining...), func(i *integration) bool {
		return next.find(i.name) != nil || !i.running()
	})
	return next, d
}

func (r *roster) find(name string) *integration {
	if n := r.number(name); n >= 0 {
		return r.integrations[n]
	}
	return nil
}

// number returns the index of an integration in the roster, or -1 if it has none.
func (r *roster) number(name string) int {
	n, ok := slices.BinarySearchFunc(r.integrations, name, func(i *integration, name string) int {
		return strings.Compare(i.name, name)
	})
	if !ok {
		return -1
	}
	return n
}

// choose returns the integrations with the given names, and the instances of
// those with for_each, sorted and without duplicates. Without names it returns
// all.
func (r *roster) choose(names []string) ([]*integration, error) {
	if len(names) == 0 {
		return r.integrations, nil
	}
	var chosen []*integration
	for _, name := range names {
		some := r.instances(name)
		if i := r.find(name); i != nil {
			some = []*integration{i}
		}
		if len(some) == 0 {
			return nil, r.unknown(name)
		}
		chosen = append(chosen, some...)
	}
	slices.SortFunc(chosen, func(a, b *integration) int { return strings.Compare(a.name, b.name) })
	return slices.Compact(chosen), nil
}

// instances returns the instances of an integration with for_each, which are
// called NAME.KEY.
func (r *roster) instances(name string) []*integration {
	if strings.Contains(name, ".") { // that is an instance, or part of the name of one
		return nil
	}
	prefix := name + "."
	from, _ := slices.BinarySearchFunc(r.integrations, prefix, func(i *integration, name string) int {
		return strings.Compare(i.name, name)
	})
	n := from
	for n < len(r.integrations) && strings.HasPrefix(r.integrations[n].name, prefix) {
		n++
	}
	return r.integrations[from:n]
}

// UnknownError reports that no integration has the given name.
type UnknownError struct {
	Name      string
	Known     []string
	Near      string // a suggestion, or ""
	Instances bool   // the name stands for the instances in Known
}

func (r *roster) unknown(name string) error {
	e := &UnknownError{Name: name}
	known := r.instances(name)
	if e.Instances = len(known) > 0; !e.Instances {
		known = r.integrations
	}
	for _, i := range known {
		e.Known = append(e.Known, i.name)
		if _, key, _ := strings.Cut(i.name, "."); key == name && !e.Instances {
			e.Near = i.name
		}
	}
	return e
}

// Error lists the names that exist.
func (e *UnknownError) Error() string {
	names := strings.Join(First20(e.Known), ", ")
	if !e.Instances {
		names = strings.Join(First20(Folded(e.Known)), ", ")
	}
	switch {
	case e.Instances:
		return fmt.Sprintf("integration %q has for_each; name one of its instances: %s", e.Name, names)
	case len(e.Known) == 0:
		return fmt.Sprintf("there is no integration %q; the configuration has none", e.Name)
	case e.Near != "":
		return fmt.Sprintf("there is no integration %q; did you mean %s? The configured ones are: %s", e.Name, e.Near, names)
	default:
		return fmt.Sprintf("there is no integration %q; the configured ones are: %s", e.Name, names)
	}
}

// Folded replaces the instances of an integration with for_each, in sorted names, by
// its name and their number.
func Folded(names []string) []string {
	var out []string
	for len(names) > 0 {
		name, _, many := strings.Cut(names[0], ".")
		n := 1
		for many && n < len(names) && strings.HasPrefix(names[n], name+".") {
			n++
		}
		if n == 1 {
			name = names[0]
		} else {
			name = fmt.Sprintf("%s (%d instances)", name, n)
		}
		out, names = append(out, name), names[n:]
	}
	return out
}

// First20 shortens a list to 20 names for display.
func First20(names []string) []string {
	if len(names) > 20 {
		return append(slices.Clone(names[:20]), "…")
	}
	return names
}
