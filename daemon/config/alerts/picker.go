package alerts

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/policies/alert"
)

// picker finds what selectors select.
type picker struct {
	Stage
	all    []alert.Integration
	picked map[alert.Selector][]*alert.Integration
	names  func() []string // what selectors can name, for suggestions
	warned int             // selectors that match nothing
}

func newPicker(d Stage, all []alert.Integration) *picker {
	return &picker{
		Stage: d, all: all, picked: map[alert.Selector][]*alert.Integration{},
		names: sync.OnceValue(func() []string { return selectable(all) }),
	}
}

// maxSuggested limits the names that are compared with one that does not exist.
const maxSuggested = 20_000

// selectable returns the names of integrations, and of those with for_each, and the
// selectors of groups and labels.
func selectable(all []alert.Integration) []string {
	known := map[string]bool{}
	for n := range all {
		if len(known) > maxSuggested {
			return nil
		}
		if of, _, isInstance := strings.Cut(all[n].Name, "."); isInstance {
			known[of] = true
		}
		known[all[n].Name] = true
		if all[n].Group != "" {
			known["group:"+all[n].Group] = true
		}
		for key, value := range all[n].Labels {
			known["label:"+key+"="+value] = true
		}
	}
	return slices.Sorted(maps.Keys(known))
}

// selectors reads the attribute integrations, and warns of selectors that match
// nothing.
func (p *picker) selectors(s *bind.Section) []alert.Selector {
	p.empty(s, "integrations", ", so nothing is selected.", `select integrations, such as ["*"] for all`)
	texts, at := p.listed(s, "integrations")
	var out []alert.Selector
	for n, text := range texts {
		sel := alert.Selector(text)
		if err := sel.Check(); err != nil {
			p.bad(at[n], text, err)
			continue
		}
		out = append(out, sel)
		if p.all != nil && len(p.pick(sel)) == 0 && !p.Root.Broken {
			p.unmatched(at[n], text)
		}
	}
	return out
}

func (p *picker) bad(at diag.Place, text string, err error) {
	fix := `use a name or pattern such as "orders-*", "group:payments/*" or "label:team=core"`
	kind, rest, _ := strings.Cut(text, ":")
	instead := ""
	if near := diag.Nearest(kind, []string{"group", "label"}); near != "" && near != kind && rest != "" && strings.Contains(text, ":") {
		instead = fmt.Sprintf("%q", near+":"+rest)
		fix = "use " + instead
	}
	p.Out.Err(diag.OutOfBounds, at, fmt.Sprintf("%q is not a valid selector: %v.", diag.Clip(text), err), fix).Suggest(at, instead)
}

func (p *picker) unmatched(at diag.Place, text string) {
	fix, instead := "remove it, or add the integration", ""
	near := ""
	if p.warned++; p.warned < diag.MaxDiagnostics { // later ones are not shown, and there can be many
		near = diag.Nearest(text, p.names())
	}
	if slices.Contains(p.names(), "group:"+text) {
		near = "group:" + text
	}
	if near != "" {
		instead = strconv.Quote(near)
		fix = "use " + instead
	}
	p.Out.Warn(diag.Unmatched, at, fmt.Sprintf("%q matches no integration.", diag.Clip(text)), fix).Suggest(at, instead)
}

// pick returns what a selector selects.
func (p *picker) pick(s alert.Selector) []*alert.Integration {
	if out, ok := p.picked[s]; ok {
		return out
	}
	m := alert.NewMatcher([]alert.Selector{s})
	out := []*alert.Integration{}
	for n := range p.all {
		if m.Match(&p.all[n]) {
			out = append(out, &p.all[n])
		}
	}
	p.picked[s] = out
	return out
}

// selected returns what any of the selectors selects. An integration can be in it
// several times.
func (p *picker) selected(all []alert.Selector) (out []*alert.Integration) {
	for _, s := range all {
		out = append(out, p.pick(s)...)
	}
	return out
}
