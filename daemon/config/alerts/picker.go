package alerts

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/policies/alert"
)

// picker finds what selectors select.
type picker struct {
	Stage
	all     []alert.Integration // nil if they are not known
	picked  map[alert.Selector]*selection
	exact   func() map[alert.Selector][]int // indexes in all, by selectors without a pattern
	names   func() []string                 // what selectors can name, for suggestions
	warned  int                             // selectors that match nothing
	scanned int                             // selectors with a pattern
	found   func([]int)                     // gets what each selector selects, as indexes in all; may be nil
}

// The limits of the work for a hostile file.
const (
	maxPatterns  = 2000   // in all blocks
	maxSuggested = 20_000 // names that are compared with one that does not exist
	maxNear      = 20     // selectors that get a suggestion
)

func newPicker(d Stage, all []alert.Integration) *picker {
	p := &picker{Stage: d, all: all, picked: map[alert.Selector]*selection{}}
	p.exact = sync.OnceValue(func() map[alert.Selector][]int { return selectable(all) })
	p.names = sync.OnceValue(func() (names []string) {
		if len(p.exact()) > maxSuggested {
			return nil
		}
		for s := range p.exact() {
			names = append(names, string(s))
		}
		slices.Sort(names)
		return names
	})
	return p
}

// selection sums up what selectors select. An integration that several of them
// select counts several times.
type selection struct {
	total, enabled int
	idle           []string      // enabled ones that run only on request, at most 10
	least, most    time.Duration // of the intervals of the others that are enabled
}

func (s *selection) add(i *alert.Integration) {
	s.total++
	if !i.Enabled {
		return
	}
	s.enabled++
	s.time(i.Interval, i.Interval)
	if i.Interval == 0 {
		s.name(i.Name)
	}
}

// time widens the range of intervals. 0 is none.
func (s *selection) time(least, most time.Duration) {
	if least > 0 && (s.least == 0 || least < s.least) {
		s.least = least
	}
	s.most = max(s.most, most)
}

func (s *selection) name(idle string) {
	if len(s.idle) < 10 && !slices.Contains(s.idle, idle) {
		s.idle = append(s.idle, idle)
	}
}

// merge adds what another selector selects.
func (s *selection) merge(o *selection) {
	s.total, s.enabled = s.total+o.total, s.enabled+o.enabled
	s.time(o.least, o.most)
	for _, name := range o.idle {
		s.name(name)
	}
}

// selectable returns the selectors without a pattern that select something: names of
// integrations, and of those with for_each, groups and labels.
func selectable(all []alert.Integration) map[alert.Selector][]int {
	out := make(map[alert.Selector][]int, len(all))
	add := func(s string, n int) { out[alert.Selector(s)] = append(out[alert.Selector(s)], n) }
	for n := range all {
		i := &all[n]
		if of, _, isInstance := strings.Cut(i.Name, "."); isInstance {
			add(of, n)
		}
		add(i.Name, n)
		if i.Group != "" {
			add("group:"+i.Group, n)
		}
		for key, value := range i.Labels {
			add("label:"+key+"="+value, n)
		}
	}
	return out
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
		if p.all == nil || p.Root.Broken {
			continue
		}
		if p.scanned == maxPatterns {
			p.scanned++
			p.Out.Err(diag.TooMuch, at[n], fmt.Sprintf("There are more than %d patterns in total.", maxPatterns), "select by group or label, or by fewer patterns")
		}
		if p.scanned < maxPatterns && p.pick(sel).total == 0 {
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
	if p.warned++; p.warned <= maxNear { // later ones are not shown, and there can be many
		near = diag.Nearest(text, p.names())
	}
	for _, other := range []string{"group:" + text, strings.TrimPrefix(text, "integration.")} {
		if len(p.exact()[alert.Selector(other)]) > 0 {
			near = other
		}
	}
	if near != "" {
		instead = strconv.Quote(near)
		fix = "use " + instead
	}
	p.Out.Warn(diag.Unmatched, at, fmt.Sprintf("%q matches no integration.", diag.Clip(text)), fix).Suggest(at, instead)
}

// pick returns what a selector selects.
func (p *picker) pick(s alert.Selector) *selection {
	if out, ok := p.picked[s]; ok {
		if p.found != nil {
			p.found(p.members(s))
		}
		return out
	}
	if strings.ContainsAny(string(s), "*?") {
		p.scanned++
	}
	out := &selection{}
	members := p.members(s)
	for _, n := range members {
		out.add(&p.all[n])
	}
	if p.found != nil {
		p.found(members)
	}
	p.picked[s] = out
	return out
}

// members returns the indexes in all of what a selector selects, in order.
func (p *picker) members(s alert.Selector) []int {
	if !strings.ContainsAny(string(s), "*?") {
		return p.exact()[s]
	}
	var out []int
	m := alert.NewMatcher([]alert.Selector{s})
	for n := range p.all {
		if m.Match(&p.all[n]) {
			out = append(out, n)
		}
	}
	return out
}

// selected sums up what the selectors select.
func (p *picker) selected(all []alert.Selector) (out selection) {
	for _, s := range all {
		out.merge(p.pick(s))
	}
	return out
}
