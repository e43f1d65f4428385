package plan

import (
	"cmp"
	"slices"

	"vega/daemon/config"
	"vega/daemon/config/telemetry"
	"vega/daemon/notify/service"
	"vega/policies"
	"vega/policies/alert"
)

// Plan describes what a configuration would change. Each list is sorted by name.
type Plan struct {
	Keys         []Key         `json:"keys"`
	Databases    []Block       `json:"databases"`
	Thresholds   []Block       `json:"thresholds"`
	Notifiers    []Detailed    `json:"notifiers"`
	Alerts       []Detailed    `json:"alerts"` // including the built-in ones
	Maintenance  []Detailed    `json:"maintenance"`
	DeadMen      []Detailed    `json:"dead_men"`
	Metrics      []Detailed    `json:"metrics"` // the metric blocks
	Modules      []Detailed    `json:"scrape_modules"`
	StatusPages  []Detailed    `json:"status_pages"`
	Plugins      []Block       `json:"plugins"`
	Integrations []Integration `json:"integrations"`
	Summary      Summary       `json:"summary"`
	Load         Change[Load]  `json:"load"`
}

// Key is a changed attribute or block that configures vega itself.
type Key struct {
	Name string `json:"name"`
	// Restart reports whether the change needs a restart. If so, a reload is
	// refused.
	Restart bool    `json:"restart"`
	From    *string `json:"from,omitempty"` // nil if not shown
	To      *string `json:"to,omitempty"`
}

// Block is a named block that is added, removed or changed.
type Block struct {
	Name   string `json:"name"`
	Action Action `json:"action"`
}

// Action is how a block changes.
type Action string

// The actions. An integration whose own block is unchanged is restarted, and loses
// its state, if something that it depends on changes.
const (
	Add     Action = "add"
	Alter   Action = "change"
	Restart Action = "restart"
	Remove  Action = "remove"
)

// Integration describes the change of one integration.
type Integration struct {
	Block
	Attributes []Attribute `json:"attributes"` // the changed attributes, for Alter
	Because    []string    `json:"because"`    // the changed dependencies, for Restart
}

// Attribute is a changed attribute. Its values are omitted if they may be secret.
type Attribute struct {
	Name string  `json:"name"`
	From *string `json:"from,omitempty"`
	To   *string `json:"to,omitempty"`
}

// Change holds a value before and after the change.
type Change[T any] struct {
	Before T `json:"before"`
	After  T `json:"after"`
}

// Summary counts integrations.
type Summary struct {
	Added     int `json:"added"`
	Changed   int `json:"changed"`
	Restarted int `json:"restarted"`
	Removed   int `json:"removed"`
	Kept      int `json:"kept"`
}

// Empty reports whether nothing would change.
func (p Plan) Empty() bool {
	return len(p.Keys)+len(p.Databases)+len(p.Thresholds)+len(p.Plugins)+len(p.Integrations) == 0 && len(p.Details()) == 0
}

// NeedsRestart returns the changed keys that need a restart. The result is not nil.
func (p Plan) NeedsRestart() []string {
	names := []string{}
	for _, k := range p.Keys {
		if k.Restart {
			names = append(names, k.Name)
		}
	}
	return names
}

// Fixed returns the keys that differ and need a restart. The result is not nil.
func Fixed(old, next *config.Config) []string { return Plan{Keys: keys(old, next)}.NeedsRestart() }

// Live returns the keys and blocks that a reload changes. The result is not nil.
func (p Plan) Live() []string {
	names := []string{}
	for _, k := range p.Keys {
		if !k.Restart {
			names = append(names, k.Name)
		}
	}
	for _, b := range p.Databases {
		names = append(names, "database."+b.Name)
	}
	for _, b := range p.Thresholds {
		names = append(names, "threshold."+b.Name)
	}
	for _, n := range p.Details() {
		names = append(names, n.Name)
	}
	for _, i := range p.Integrations {
		if i.Action != Restart {
			names = append(names, "integration."+i.Name)
		}
	}
	return names
}

// Details returns the changed blocks whose attributes are compared by their full names,
// such as alert.memory, except integrations.
func (p Plan) Details() (all []Detailed) {
	for _, of := range []struct {
		kind   string
		blocks []Detailed
	}{{"notifier.", p.Notifiers}, {"alert.", p.Alerts}, {"maintenance.", p.Maintenance}, {"dead_man.", p.DeadMen}, {"metric.", p.Metrics}, {"scrape_module.", p.Modules}, {"status_page.", p.StatusPages}} {
		for _, b := range of.blocks {
			b.Name = of.kind + b.Name
			all = append(all, b)
		}
	}
	return all
}

// Between returns the plan for replacing the old configuration with the next.
func Between(old, next *config.Config) Plan {
	p := Plan{
		Keys:         keys(old, next),
		Databases:    blocks(old.Databases, next.Databases, func(d config.Database) string { return d.Name }),
		Thresholds:   blocks(unplaced(old.Thresholds), unplaced(next.Thresholds), func(t policies.Threshold) string { return t.Name }),
		Notifiers:    detailed(old.Notifiers, next.Notifiers, func(s service.Settings) string { return s.Name }, notifierSettings),
		Alerts:       detailed(old.Alerts, next.Alerts, func(a alert.Alert) string { return a.Name }, alertSettings),
		Maintenance:  detailed(old.Windows, next.Windows, func(w alert.Window) string { return w.Name }, windowSettings),
		DeadMen:      detailed(old.DeadMen, next.DeadMen, func(d config.DeadMan) string { return d.Name }, deadManSettings),
		Metrics:      detailed(old.Telemetry.Measures, next.Telemetry.Measures, func(m telemetry.Measure) string { return m.Name }, measureSettings),
		Modules:      modules(old.ScrapeModules, next.ScrapeModules),
		StatusPages:  detailed(old.StatusPages, next.StatusPages, func(p config.StatusPage) string { return p.Name }, pageSettings),
		Plugins:      pluginsBetween(old, next),
		Integrations: []Integration{},
		Load:         Change[Load]{loadOf(old), loadOf(next)},
	}
	for _, pair := range paired(old.Integrations, next.Integrations, func(i config.Integration) string { return i.Name }) {
		if i, differs := p.integration(pair); differs {
			p.Integrations = append(p.Integrations, i)
			p.Summary.count(i.Action)
		} else {
			p.Summary.Kept++
		}
	}
	return p
}

// unplaced returns the configured thresholds without their positions. It omits the
// built-in ones, because they depend on the configured ones.
func unplaced(all []policies.Threshold) []policies.Threshold {
	own := slices.DeleteFunc(slices.Clone(all), func(t policies.Threshold) bool { return t.BuiltIn })
	for n := range own {
		own[n].At = ""
	}
	return own
}

func (s *Summary) count(a Action) {
	switch a {
	case Add:
		s.Added++
	case Alter:
		s.Changed++
	case Restart:
		s.Restarted++
	case Remove:
		s.Removed++
	}
}

// pair holds the old and the new value with the same name. Either may be nil.
type pair[T any] struct {
	name      string
	old, next *T
}

// paired merges two lists that are sorted by name into pairs.
func paired[T any](old, next []T, name func(T) string) (all []pair[T]) {
	for i, j := 0, 0; i < len(old) || j < len(next); {
		switch order := compareAt(old, next, i, j, name); {
		case order < 0:
			all = append(all, pair[T]{name(old[i]), &old[i], nil})
			i++
		case order > 0:
			all = append(all, pair[T]{name(next[j]), nil, &next[j]})
			j++
		default:
			all = append(all, pair[T]{name(old[i]), &old[i], &next[j]})
			i, j = i+1, j+1
		}
	}
	return all
}

func compareAt[T any](old, next []T, i, j int, name func(T) string) int {
	switch {
	case i == len(old):
		return 1
	case j == len(next):
		return -1
	default:
		return cmp.Compare(name(old[i]), name(next[j]))
	}
}

// find reports whether the list contains a block with the given name.
func find(all []Block, name string) bool {
	return slices.ContainsFunc(all, func(b Block) bool { return b.Name == name })
}
