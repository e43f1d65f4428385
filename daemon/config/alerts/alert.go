package alerts

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/daemon/config/schema"
	"vega/policies"
	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/incident"
)

// alertBuilder builds the alert blocks.
type alertBuilder struct {
	Stage
	pick *picker
	all  []built
}

// built is an alert and its block.
type built struct {
	alert.Alert
	s      *bind.Section
	unsure bool // it has mistakes
}

// add builds an alert, unless it is disabled.
func (d *alertBuilder) add(s *bind.Section) {
	if !eval.Get[bool](d.Ev, s, "enabled") && !s.Unsure("enabled") {
		s.Disable()
		d.Ev.Evaluate(s)
		return
	}
	d.Ev.Evaluate(s)
	a := alert.Alert{
		Name: s.Name, At: s.Head.String(), Event: d.Ev.Str(s, "event"), Metric: d.Ev.Str(s, "metric"),
		After: int(eval.Get[float64](d.Ev, s, "after")), For: d.Ev.Duration(s, "for"),
		ClearAfter: int(eval.Get[float64](d.Ev, s, "clear_after")), ClearFor: d.Ev.Duration(s, "clear_for"),
		Severity: incident.Severity(d.Ev.Str(s, "severity")), RepeatInterval: d.Ev.Duration(s, "repeat_interval"),
		Reopen: d.Ev.Duration(s, "reopen"), Runbook: d.Ev.Str(s, "runbook"),
	}
	if a.After == 0 {
		a.After = 3
		if a.For > 0 || a.Event != "" {
			a.After = 1
		}
	}
	before := d.Out.Errors()
	a.Notify = d.notify(s)
	a.Escalate = d.escalations(s, a.Notify)
	d.repeats(s, a)
	switch d.kind(s) {
	case "integrations":
		a.Integrations = d.pick.selectors(s)
		a.Status = d.status(s)
	case "metric":
		d.metric(s, &a)
	case "event":
		a.ClearAfter = 1
	}
	wrong := d.Out.Errors() != before || unsure(s)
	if !wrong {
		d.judge(s, &a)
	}
	d.all = append(d.all, built{a, s, wrong})
}

// onlyFor are the attributes that have an effect only on one kind of alert.
var onlyFor = map[string][]string{
	"status": {"integrations"}, "above": {"metric"}, "below": {"metric"}, "clear": {"metric"},
	"after": {"integrations", "metric"}, "for": {"integrations", "metric"},
	"clear_after": {"integrations", "metric"}, "clear_for": {"integrations", "metric"},
}

// kind returns what an alert is on: integrations, metric or event. It reports an
// alert on none or several of them, and attributes of another kind, and then
// returns "".
func (d *alertBuilder) kind(s *bind.Section) string {
	var kinds []string
	for _, name := range []string{"integrations", "metric", "event"} {
		if t := s.Slot(name); t != nil && t.State != bind.Absent {
			kinds = append(kinds, name)
		}
	}
	switch {
	case len(kinds) > 1:
		d.Out.Err(diag.Conflict, s.Slot(kinds[1]).At, fmt.Sprintf("%s and %s exclude each other: an alert is on one of them.", kinds[0], kinds[1]), "remove one, or write an alert for each")
		return ""
	case len(kinds) == 0:
		if !d.unset(s, "watches nothing", "integrations", "metric", "event") && !s.Broken && len(s.Strays) == 0 {
			d.Out.Err(diag.Required, s.Head, fmt.Sprintf("%s sets none of integrations, metric and event, so it watches nothing.", s.Title()), `add integrations = ["*"], metric = system.memory.percent with above = 80, or event = "config_rejected"`)
		}
		return ""
	}
	for _, t := range s.Slots {
		if of := onlyFor[t.Row.Name]; of != nil && !slices.Contains(of, kinds[0]) {
			d.Out.Err(diag.NoEffect, t.At, fmt.Sprintf("%s has no effect on an alert on %s.", t.Row.Name, described[kinds[0]]), "remove it; it is for an alert on "+on(of))
		}
	}
	return kinds[0]
}

// unset reports the first of the attributes that has no value because a variable is
// not set. It returns false if there isn't one.
func (d alertBuilder) unset(s *bind.Section, so string, names ...string) bool {
	for _, name := range names {
		t := s.Slot(name)
		if t == nil || t.State != bind.Absent {
			continue
		}
		variable := diag.Clip(d.Ev.FirstUnset(t.Expr))
		d.Out.Err(diag.Required, t.At, fmt.Sprintf("%s %s, because env(%q) is not set.", s.Title(), so, variable), fmt.Sprintf("set the variable, use a literal value, or disable the alert without it: enabled = env_set(%q)", variable))
		return true
	}
	return false
}

// on joins kinds of alerts for a message.
func on(kinds []string) string {
	var out []string
	for _, k := range kinds {
		out = append(out, described[k])
	}
	return strings.Join(out, " or ")
}

// described are the kinds of alerts in messages.
var described = map[string]string{"integrations": "integrations", "metric": "a metric", "event": "an event"}

func (d *alertBuilder) status(s *bind.Section) (out []check.Status) {
	d.empty(s, "status", ", so nothing is bad.", `name a status, such as ["unhealthy"], or remove status`)
	if !has(s, "status") {
		for _, text := range d.Ev.Strs(s, "status") {
			out = append(out, check.Status(text))
		}
		return out
	}
	texts, _ := d.listed(s, "status")
	for _, text := range texts {
		out = append(out, check.Status(text))
	}
	return out
}

// metric reads the bounds of an alert on a metric.
func (d *alertBuilder) metric(s *bind.Section, a *alert.Alert) {
	figure, ok := schema.FindFigure(a.Metric)
	if !ok { // reported
		return
	}
	a.Unit = eval.UnitOf(d.Ev, s, a.Metric, figure.Unit, "above", "below", "clear")
	bound := func(name string) *float64 { return eval.Quantity(d.Ev, s, name, a.Metric, a.Unit) }
	a.Above, a.Below, a.Clear = bound("above"), bound("below"), bound("clear")
	switch above, below := s.Slot("above"), s.Slot("below"); {
	case above != nil && below != nil:
		d.Out.Err(diag.Conflict, below.At, "above and below exclude each other.", "remove one, or write an alert for each")
	case d.unset(s, "calls no value bad", "above", "below"):
	case above == nil && below == nil && !s.Broken && len(s.Strays) == 0:
		name := "above"
		if figure.Left {
			name = "below"
		}
		d.Out.Err(diag.Required, s.Head, fmt.Sprintf("%s sets neither above nor below, so no value of %s is bad.", s.Title(), a.Metric), fmt.Sprintf("add %s = %s", name, sample(a.Unit)))
	}
}

func sample(u policies.Unit) string {
	switch u {
	case policies.Bytes:
		return `"2GiB"`
	case policies.Milliseconds:
		return `"1s"`
	default:
		return "80"
	}
}

// notify returns who is notified; nil stands for all notifiers.
func (d *alertBuilder) notify(s *bind.Section) []string {
	d.empty(s, "notify", ", so nobody is notified.", "name a notifier, such as [notifier.NAME]; remove notify to notify all, or set enabled = false")
	all, _ := d.listed(s, "notify")
	return all
}

func (d *alertBuilder) escalations(s *bind.Section, first []string) (out []alert.Escalation) {
	notified := map[string]bool{}
	for _, name := range first {
		notified[name] = true
	}
	for _, e := range s.All("escalate") {
		d.Ev.Evaluate(e)
		d.empty(e, "notify", ", so nobody is notified.", "name a notifier, such as [notifier.NAME], or remove the escalate block")
		names, _ := d.listed(e, "notify")
		one := alert.Escalation{After: d.Ev.Duration(e, "after"), Notify: names}
		if n := len(out) - 1; n >= 0 && one.After > 0 && one.After <= out[n].After {
			d.Out.Err(diag.OutOfBounds, e.Place("after"), fmt.Sprintf("This block is after %s, which is not later than the one above.", check.Span(one.After)), "write the escalate blocks in order of after, or merge the two")
		}
		further := false
		for _, name := range names {
			further = further || !notified[name]
			notified[name] = true
		}
		if len(names) > 0 && (!further || !has(s, "notify") && s.Slot("notify") == nil) {
			d.Out.Warn(diag.NoEffect, e.Head, "Everyone here is notified of the alert at once, so this block has no effect.", "name further notifiers, or remove the block; if the alert has no notify, it notifies all")
		}
		out = append(out, one)
	}
	return out
}

// repeats reports reminders that are too frequent, or that come after nothing.
func (d *alertBuilder) repeats(s *bind.Section, a alert.Alert) {
	if has(s, "repeat_interval") && a.RepeatInterval > 0 && a.RepeatInterval.Seconds() < schema.MinRepeat {
		d.Out.Err(diag.OutOfBounds, s.Place("repeat_interval"), fmt.Sprintf("repeat_interval must be at least 1m, not %s.", check.Span(a.RepeatInterval)), `use "1m" or more, or "0s" for no reminders`)
	}
}

// equal warns of alerts that differ only in name.
func (d *alertBuilder) equal() {
	seen := map[string]*built{}
	for n := range d.all {
		b := &d.all[n]
		key := b.Alert
		key.Name, key.At = "", ""
		text, err := json.Marshal(key)
		if b.unsure || err != nil {
			continue
		}
		if first := seen[string(text)]; first != nil {
			d.Out.Warn(diag.Twice, b.s.Head, fmt.Sprintf("This alert equals %s at %s.", first.s.Title(), first.At), "remove one of the two")
			continue
		}
		seen[string(text)] = b
	}
}

func (d *alertBuilder) alerts() []alert.Alert {
	out := make([]alert.Alert, 0, len(d.all))
	for _, b := range d.all {
		out = append(out, b.Alert)
	}
	return out
}
