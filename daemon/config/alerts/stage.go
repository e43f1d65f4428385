// Package alerts builds the blocks of alerting, notifier, alert, maintenance and
// dead_man, and those of status pages, which select integrations in the same way. It
// reports what is wrong with them: conditions that are never met, selectors that match
// nothing, settings of another service.
//
// Call Stage.Build after the integrations are known.
package alerts

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/daemon/notify/service"
	"vega/plugins/manifest"
	"vega/policies/alert"
)

// Stage builds the blocks of one configuration.
type Stage struct {
	Root *bind.Section
	Ev   *eval.Evaluator
	Out  *diag.Collector
}

// Blocks are the blocks of alerting, each kind in order of name.
type Blocks struct {
	Notifiers []service.Settings
	Alerts    []alert.Alert // those that are enabled
	Windows   []alert.Window
	DeadMen   []DeadMan
	Pages     []StatusPage
}

// maxBlocks limits the blocks of each kind. Each alert is evaluated with each run, and
// each notifier has a goroutine. Each status page is rendered every few seconds.
var maxBlocks = map[string]int{"notifier": 200, "alert": 1000, "maintenance": 1000, "dead_man": 20, "status_page": 100}

// DeadMan is a service that expects a sign of life.
type DeadMan struct {
	Name  string
	URL   manifest.Text
	Every time.Duration
	At    string // file:line
}

// Build builds all blocks. integrations are those that selectors select from.
// builtIn are alerts that a block of the same name replaces.
func (d Stage) Build(integrations []alert.Integration, builtIn []alert.Alert) Blocks {
	var out Blocks
	for _, kind := range slices.Sorted(maps.Keys(maxBlocks)) {
		most := maxBlocks[kind]
		if all := d.Root.All(kind); len(all) > most {
			d.Out.Err(diag.TooMuch, all[most].Head, fmt.Sprintf("There are more than %d blocks of the kind %s.", most, kind), "remove some; one alert can select many integrations")
			return out
		}
	}
	n := notifiers{Stage: d, seen: map[string]diag.Place{}}
	for _, s := range d.Root.All("notifier") {
		out.Notifiers = append(out.Notifiers, n.build(s))
	}
	pick := newPicker(d, integrations)
	out.Alerts = d.alerts(pick, builtIn)
	w := windows{d, pick}
	for _, s := range d.Root.All("maintenance") {
		out.Windows = append(out.Windows, w.build(s))
	}
	for _, s := range d.Root.All("dead_man") {
		out.DeadMen = append(out.DeadMen, d.deadMan(s))
	}
	for _, s := range d.Root.All("status_page") {
		out.Pages = append(out.Pages, pages{d, pick}.build(s))
	}
	slices.SortFunc(out.Pages, func(a, b StatusPage) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(out.Notifiers, func(a, b service.Settings) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(out.Windows, func(a, b alert.Window) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(out.DeadMen, func(a, b DeadMan) int { return strings.Compare(a.Name, b.Name) })
	d.unused(out.Alerts)
	return out
}

// BuiltIn builds the alerts that ship with vega, for Build. They select from no
// integrations yet.
func (d Stage) BuiltIn() []alert.Alert {
	b := alertBuilder{Stage: d, pick: newPicker(d, nil)}
	for _, s := range d.Root.All("alert") {
		b.add(s)
	}
	all := b.alerts()
	for n := range all {
		all[n].BuiltIn = true
	}
	return all
}

// alerts returns the alerts that are written, and the built-in ones that none of
// them replaces.
func (d Stage) alerts(pick *picker, builtIn []alert.Alert) []alert.Alert {
	written := map[string]bool{}
	b := alertBuilder{Stage: d, pick: pick}
	for _, s := range d.Root.All("alert") {
		written[s.Name] = true
		b.add(s)
		d.turnsOff(s, builtIn)
	}
	b.equal()
	all := b.alerts()
	for _, a := range builtIn {
		if !written[a.Name] {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b alert.Alert) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// turnsOff warns of a block that turns off a built-in alert that does not exist.
func (d Stage) turnsOff(s *bind.Section, builtIn []alert.Alert) {
	var names []string
	for _, a := range builtIn {
		names = append(names, a.Name)
	}
	watches := slices.ContainsFunc(s.Slots, func(t *bind.Slot) bool {
		return slices.Contains([]string{"integrations", "metric", "event"}, t.Row.Name)
	})
	if !s.Off || watches || s.Broken || s.Name == "" || slices.Contains(names, s.Name) {
		return
	}
	fix := "remove it; the built-in ones are " + diag.Among(names)
	if near := diag.Nearest(s.Name, names); near != "" {
		fix = fmt.Sprintf("rename it to %q", near)
	}
	d.Out.Warn(diag.NoEffect, s.Head, fmt.Sprintf("There is no built-in alert %q, so this block turns nothing off.", diag.Clip(s.Name)), fix)
}

func (d Stage) deadMan(s *bind.Section) DeadMan {
	d.Ev.Evaluate(s)
	out := DeadMan{Name: s.Name, URL: eval.Get[manifest.Text](d.Ev, s, "url"), Every: d.Ev.Duration(s, "every"), At: s.Head.String()}
	d.secretURL(out.URL)
	d.inTheClear(s, out.URL.Reveal(), true)
	return out
}

// listed returns the elements of a list of text, each with its place. Elements that
// are in the list already are reported.
func (d Stage) listed(s *bind.Section, name string) (all []string, at []diag.Place) {
	t := s.Slot(name)
	if t == nil || t.State != bind.Present {
		return nil, nil
	}
	seen := map[string]bool{}
	for n, text := range d.Ev.Strs(s, name) {
		if seen[text] {
			d.Out.Err(diag.Twice, t.Element(n), "This is already in the list.", "keep one of the two")
			continue
		}
		seen[text] = true
		all, at = append(all, text), append(at, t.Element(n))
	}
	return all, at
}

// empty reports a list without elements. It returns false if the list has some, or
// is not set.
func (d Stage) empty(s *bind.Section, name, what, fix string) bool {
	t := s.Slot(name)
	if t == nil || t.State != bind.Present || len(eval.Get[[]manifest.Value](d.Ev, s, name)) > 0 {
		return false
	}
	d.Out.Err(diag.OutOfBounds, t.Expr.At, name+" is empty"+what, fix)
	return true
}

// has reports whether an attribute has a value.
func has(s *bind.Section, name string) bool {
	t := s.Slot(name)
	return t != nil && t.State == bind.Present
}

// unsure reports whether the value of some attribute is uncertain.
func unsure(s *bind.Section) bool { return s.Broken || s.AnyUnsure() || len(s.Strays) > 0 }
