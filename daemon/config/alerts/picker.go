package alerts

import (
	"fmt"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/policies/alert"
)

// picker finds what selectors select.
type picker struct {
	Stage
	all    []alert.Integration
	names  []string        // of integrations, those of for_each, and groups, for suggestions
	known  map[string]bool // the same
	picked map[alert.Selector][]*alert.Integration
}

func newPicker(d Stage, all []alert.Integration) *picker {
	p := &picker{Stage: d, all: all, known: map[string]bool{}, picked: map[alert.Selector][]*alert.Integration{}}
	add := func(name string) {
		if !p.known[name] {
			p.known[name], p.names = true, append(p.names, name)
		}
	}
	for n := range all {
		if of, _, isInstance := strings.Cut(all[n].Name, "."); isInstance {
			add(of)
		}
		add(all[n].Name)
		if all[n].Group != "" {
			add("group:" + all[n].Group)
		}
		for key, value := range all[n].Labels {
			add("label:" + key + "=" + value)
		}
	}
	return p
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
	if near := diag.Nearest(text, p.names); near != "" && len(p.names) < 20_000 {
		instead = fmt.Sprintf("%q", near)
		fix = "use " + instead
	} else if p.known["group:"+text] {
		instead = fmt.Sprintf("%q", "group:"+text)
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
