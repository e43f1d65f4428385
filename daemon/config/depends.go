package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// dependency is an entry of depends_on.
type dependency struct {
	from, to string
	at       diag.Place
}

// dependency is a reference to an integration, by its name.
func (d *decoder) dependency(e *syntax.Expr, r *schema.Row, t manifest.Type, name string) (manifest.Value, state) {
	if d.peers[name] == nil {
		instead := ""
		fix := fmt.Sprintf("name one that there is, or add a block: integration %q { … }", diag.Clip(name))
		if first, _, _ := strings.Cut(name, "."); d.peers[first] != nil {
			fix = "write integration." + first + " for the whole integration; there are no references to what is in it"
		} else if near := d.nearIntegration(name); near != "" {
			instead = "integration." + near
			fix = "write " + instead
		}
		d.out.Err(diag.Dangling, e.At, fmt.Sprintf("There is no %s.", diag.Clip(e.Text)), fix).Suggest(e.At, instead)
		return nil, bad
	}
	if t != schema.Integration {
		fix := "write the value"
		if r.Element() == schema.Integration {
			fix = fmt.Sprintf("write %s = [%s]", r.Name, diag.Clip(e.Text))
		}
		d.out.Err(diag.WrongType, e.At, fmt.Sprintf("%s must be %s; %s is an integration.", r.Name, schema.TypeName(t), diag.Clip(e.Text)), fix)
		return nil, bad
	}
	return manifest.Plain(name), present
}

// nearIntegration looks through all names, which are many: not for more
// mistakes than are shown.
func (d *decoder) nearIntegration(name string) string {
	if d.out.Errors() > diag.MaxDiagnostics {
		return ""
	}
	if d.names == nil {
		d.names = slices.DeleteFunc(slices.Sorted(maps.Keys(d.peers)), notReferable)
	}
	return diag.Nearest(name, d.names)
}

// dependencies are the names in depends_on, each once.
func (d *decoder) dependencies(s *section) []string {
	t := s.slot("depends_on")
	if t == nil || t.state != present {
		return nil
	}
	var names []string
	seen := map[string]bool{}
	for i, v := range t.value.([]manifest.Value) {
		name, at := v.(manifest.Text).Reveal(), t.expr.Items[i].At
		if seen[name] {
			d.out.Err(diag.Twice, at, fmt.Sprintf("integration.%s stands in this list already.", diag.Clip(name)), "keep one of the two")
			continue
		}
		seen[name] = true
		names = append(names, name)
		d.whole.depends[s.name] = append(d.whole.depends[s.name], dependency{s.name, name, at})
	}
	return names
}

// judgeDependencies reports circles, and what depends on what is never known.
func (d *decoder) judgeDependencies(all []Integration) {
	if len(d.whole.depends) == 0 {
		return
	}
	w := circleWalk{decoder: d, seen: map[string]visit{}}
	off := map[string]string{}
	for _, i := range all {
		w.from(i.Name)
		if !i.Enabled {
			off[i.Name] = i.Disabled
		}
	}
	for _, i := range all {
		for _, e := range d.whole.depends[i.Name] {
			if why, ok := off[e.to]; ok && i.Enabled {
				d.out.Warn(diag.DependsOnDisabled, e.at, fmt.Sprintf("integration.%s is disabled (%s): it is never named as the root cause of what befalls %s.", diag.Clip(e.to), diag.Clip(why), diag.Clip(i.Name)),
					fmt.Sprintf("enable %s, or remove integration.%s here", diag.Clip(e.to), diag.Clip(e.to)))
			}
		}
	}
}

// circleWalk goes along dependencies, and reports where it comes back to where
// it has been on its way.
type circleWalk struct {
	*decoder
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
	for _, e := range w.whole.depends[name] {
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

// circle reports that the way ends where it passed before, at name.
func (w *circleWalk) circle(name string) {
	if w.out.Errors() > diag.MaxDiagnostics {
		return // it is not shown, and a hostile file has very many
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
		links = append(links, fmt.Sprintf("%s on %s (%s)", diag.Clip(e.from), diag.Clip(e.to), e.at))
	}
	w.out.Err(diag.DependsOnItself, last.at, fmt.Sprintf("integration.%s depends on itself, by way of others: %s.", diag.Clip(name), strings.Join(links, ", ")),
		"remove one of these: what a thing leans on can't lean on it")
}
