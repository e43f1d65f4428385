package config

import (
	"fmt"
	"slices"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/plugins/manifest"
)

// dependency is an entry of depends_on.
type dependency struct {
	from, to string
	at       diag.Place
}

// maxDependencies limits the dependencies of all integrations, because each of
// the instances of one may depend on each of another.
const maxDependencies = 200_000

// dependencies returns the names in depends_on, each once, and the instances of
// an integration with for_each.
func (d crossChecks) dependencies(s *bind.Section) []string {
	t := s.Slot("depends_on")
	if t == nil || t.State != bind.Present {
		return nil
	}
	var names []string
	seen := map[string]bool{}
	for i, v := range t.Value.([]manifest.Value) {
		name, at := v.(manifest.Text).Reveal(), t.Expr.Items[i].At
		if seen[name] {
			d.out.Err(diag.Twice, at, fmt.Sprintf("integration.%s is already in this list.", diag.Clip(name)), "keep one of the two")
			continue
		}
		seen[name] = true
		all := d.instances(name)
		for _, one := range all {
			names = append(names, one)
			d.facts.depends[s.Name] = append(d.facts.depends[s.Name], dependency{s.Name, one, at})
		}
		if d.facts.edges += len(all); d.facts.edges > maxDependencies {
			d.out.Err(diag.TooMuch, at, fmt.Sprintf("There are more than %d dependencies in total.", maxDependencies), "depend on one instance, such as integration.NAME[each.key], or on fewer")
			return nil
		}
	}
	return names
}

// instances returns the instances that a name in depends_on stands for, or the
// name itself.
func (d crossChecks) instances(name string) []string {
	g := d.ev.Groups[name]
	if g == nil {
		return []string{name}
	}
	all := make([]string, len(g.Targets))
	for n := range g.Targets {
		all[n] = g.Name(n)
	}
	return all
}

// judgeDependencies reports cycles, and dependencies on disabled integrations.
func (d crossChecks) judgeDependencies(all []Integration) {
	if len(d.facts.depends) == 0 {
		return
	}
	w := circleWalk{crossChecks: d, seen: map[string]visit{}}
	off := map[string]string{}
	for _, i := range all {
		w.from(i.Name)
		if !i.Enabled {
			off[i.Name] = i.Disabled
		}
	}
	warned := map[diag.Place]bool{} // of many instances, once
	for _, i := range all {
		for _, e := range d.facts.depends[i.Name] {
			if why, ok := off[e.to]; ok && i.Enabled && !warned[e.at] {
				warned[e.at] = true
				d.out.Warn(diag.DependsOnDisabled, e.at, fmt.Sprintf("integration.%s is disabled (%s), so it is never reported as the root cause for %s.", diag.Clip(e.to), diag.Clip(why), diag.Clip(i.Name)),
					fmt.Sprintf("enable %s, or remove integration.%s here", diag.Clip(e.to), diag.Clip(e.to)))
			}
		}
	}
}

// circleWalk follows dependencies and reports cycles.
type circleWalk struct {
	crossChecks
	seen map[string]visit
	way  []dependency
}

type visit uint8

const (
	never visit = iota
	onTheWay
	before
)

func (w *circleWalk) from(name string) {
	if w.seen[name] != never {
		return
	}
	w.seen[name] = onTheWay
	for _, e := range w.facts.depends[name] {
		w.way = append(w.way, e)
		if w.seen[e.to] == onTheWay {
			w.circle(e.to)
		} else {
			w.from(e.to)
		}
		w.way = w.way[:len(w.way)-1]
	}
	w.seen[name] = before
}

// circle reports the cycle that the current path closes at name.
func (w *circleWalk) circle(name string) {
	if w.out.Errors() > diag.MaxDiagnostics {
		return // further errors are not shown, and a hostile file can have very many
	}
	way := w.way[slices.IndexFunc(w.way, func(e dependency) bool { return e.from == name }):]
	last := way[len(way)-1]
	if len(way) == 1 {
		w.out.Err(diag.DependsOnItself, last.at, fmt.Sprintf("integration.%s depends on itself.", diag.Clip(name)), fmt.Sprintf("remove integration.%s", diag.Clip(name)))
		return
	}
	var links []string
	for n, e := range way {
		if n == 8 && len(way) > 10 {
			links = append(links, fmt.Sprintf("%d more", len(way)-n))
			break
		}
		links = append(links, fmt.Sprintf("%s → %s (%s)", diag.Clip(e.from), diag.Clip(e.to), e.at))
	}
	w.out.Err(diag.DependsOnItself, last.at, fmt.Sprintf("integration.%s is part of a circular dependency: %s.", diag.Clip(name), strings.Join(links, ", ")),
		"remove one of these dependencies")
}
