package console

import (
	"fmt"
	"io"
	"strings"

	"vega/daemon/engine"
	"vega/policies/check"
)

// manyInstances is from how many instances of an integration on those that are
// healthy share a line.
const manyInstances = 20

// fleet holds the instances of integrations with for_each, which are called
// NAME.KEY, and the groups.
type fleet struct {
	names     []string // in order of appearance
	instances map[string][]engine.Report
	labels    []string
	groups    map[string][]engine.Report
}

func fleetOf(all []engine.Report) fleet {
	f := fleet{instances: map[string][]engine.Report{}, groups: map[string][]engine.Report{}}
	for _, r := range all {
		if name, _, ok := strings.Cut(r.Name, "."); ok {
			if f.instances[name] == nil {
				f.names = append(f.names, name)
			}
			f.instances[name] = append(f.instances[name], r)
		}
		if r.Group != "" {
			if f.groups[r.Group] == nil {
				f.labels = append(f.labels, r.Group)
			}
			f.groups[r.Group] = append(f.groups[r.Group], r)
		}
	}
	return f
}

// rows returns the reports to show, each on a line. One report stands for all
// healthy instances of an integration that has many.
func (f fleet) rows(all []engine.Report) []engine.Report {
	var out []engine.Report
	done := map[string]bool{}
	for _, r := range all {
		name, _, _ := strings.Cut(r.Name, ".")
		many := f.instances[name]
		switch {
		case len(many) < manyInstances || r.Status != check.Healthy:
			out = append(out, r)
		case !done[name]:
			done[name] = true
			out = append(out, healthy(name, many))
		}
	}
	return out
}

// healthy returns a report on the healthy instances.
func healthy(name string, all []engine.Report) engine.Report {
	var slowest engine.Report
	n := 0
	for _, r := range all {
		if r.Status != check.Healthy {
			continue
		}
		if n++; n == 1 || r.ResponseTimeMS > slowest.ResponseTimeMS {
			slowest = r
		}
	}
	out := slowest
	out.Name = name
	out.Message = fmt.Sprintf("%d of %d instances; the slowest is %s: %s", n, len(all), slowest.Name, slowest.Message)
	return out
}

// write writes a line for each integration with several instances, unless the table
// has its only line, and for each group.
func (f fleet) write(w io.Writer) {
	for _, name := range f.names {
		all := f.instances[name]
		counts := engine.Count(all)
		if len(all) > 1 && (len(all) < manyInstances || counts.Healthy < len(all)) {
			fmt.Fprintf(w, "%s: %s of %d instances\n", name, Counts(counts), len(all))
		}
	}
	for _, group := range f.labels {
		fmt.Fprintf(w, "group %s: %s\n", group, Counts(engine.Count(f.groups[group])))
	}
}

// Integrations lists up to 20 names, with one for all instances of an integration.
func Integrations(sorted []string) string {
	return strings.Join(engine.First20(engine.Folded(sorted)), ", ")
}
