package plan

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"vega/daemon/config"
	"vega/daemon/config/schema"
	"vega/daemon/notify/service"
	"vega/policies"
	"vega/policies/alert"
	"vega/policies/check"
)

// Detailed is a named block of alerting that is added, removed or changed.
type Detailed struct {
	Block
	Attributes []Attribute `json:"attributes"` // the changed attributes, for Alter
}

// setting is an attribute of a block, for comparison.
type setting struct {
	name  string
	value any
	// hidden is set if the value may be a secret.
	hidden bool
}

// detailed compares blocks by what settings returns of each: the same names in the
// same order.
func detailed[T any](old, next []T, name func(T) string, settings func(*T) []setting) []Detailed {
	out := []Detailed{}
	for _, p := range paired(old, next, name) {
		d := Detailed{Block: Block{Name: p.name}, Attributes: []Attribute{}}
		switch {
		case p.old == nil:
			d.Action = Add
		case p.next == nil:
			d.Action = Remove
		default:
			d.Action, d.Attributes = Alter, changed(settings(p.old), settings(p.next))
		}
		if d.Action != Alter || len(d.Attributes) > 0 {
			out = append(out, d)
		}
	}
	return out
}

func changed(old, next []setting) []Attribute {
	out := []Attribute{}
	for n, was := range old {
		now := next[n]
		switch {
		case reflect.DeepEqual(was.value, now.value):
		case was.hidden || now.hidden:
			out = append(out, Attribute{Name: was.name})
		default:
			out = append(out, Attribute{was.name, shown(was.value), shown(now.value)})
		}
	}
	return out
}

// settingNames are the attributes of a notifier, except its type.
var settingNames = func() (names []string) {
	for _, r := range schema.Table.Block("notifier").Rows[1:] {
		names = append(names, r.Name)
	}
	return names
}()

// notifierSettings returns the settings of a notifier. A URL is always hidden: that of
// most services is a secret.
func notifierSettings(s *service.Settings) []setting {
	out := []setting{{name: "type", value: s.Type}}
	of := service.Find(s.Type)
	for _, name := range settingNames {
		hidden := true
		if of != nil {
			t := of.Setting(name)
			hidden = t != nil && (t.Secret || t.URL)
		}
		out = append(out, setting{name, strings.Join(s.Get(name), ", "), hidden})
	}
	return out
}

func alertSettings(a *alert.Alert) []setting {
	return []setting{
		{name: "integrations", value: joined(a.Integrations)},
		{name: "status", value: joined(a.Status)},
		{name: "metric", value: a.Metric},
		{name: "above", value: bound(a.Above, a.Unit)},
		{name: "below", value: bound(a.Below, a.Unit)},
		{name: "clear", value: bound(a.Clear, a.Unit)},
		{name: "event", value: a.Event},
		{name: "after", value: a.After},
		{name: "for", value: a.For},
		{name: "clear_after", value: a.ClearAfter},
		{name: "clear_for", value: a.ClearFor},
		{name: "severity", value: string(a.Severity)},
		{name: "notify", value: everyone(a.Notify)},
		{name: "repeat_interval", value: a.RepeatInterval},
		{name: "reopen", value: a.Reopen},
		{name: "runbook", value: a.Runbook, hidden: true}, // as that of an integration
		{name: "escalate", value: escalations(a.Escalate)},
	}
}

// everyone formats who is notified.
func everyone(names []string) string {
	if len(names) == 0 {
		return "all notifiers"
	}
	return strings.Join(names, ", ")
}

func escalations(all []alert.Escalation) string {
	out := make([]string, len(all))
	for n, e := range all {
		out[n] = fmt.Sprintf("after %s %s", check.Span(e.After), strings.Join(e.Notify, ", "))
	}
	return strings.Join(out, "; ")
}

func windowSettings(w *alert.Window) []setting {
	days := make([]string, len(w.Days))
	for n, d := range w.Days {
		days[n] = schema.Days[d]
	}
	return []setting{
		{name: "integrations", value: joined(w.Integrations)},
		{name: "days", value: strings.Join(days, ", ")},
		{name: "from", value: clock(w.From)},
		{name: "to", value: clock(w.To)},
		{name: "timezone", value: w.Location.String()},
	}
}

func deadManSettings(d *config.DeadMan) []setting {
	return []setting{{name: "url", value: d.URL.Reveal(), hidden: true}, {name: "every", value: d.Every}}
}

// pageSettings returns the settings of a status page. All of them are public.
func pageSettings(p *config.StatusPage) []setting {
	names := make([]string, 0, len(p.Names))
	for _, of := range slices.Sorted(maps.Keys(p.Names)) {
		names = append(names, of+" = "+p.Names[of])
	}
	return []setting{
		{name: "title", value: p.Title},
		{name: "integrations", value: joined(p.Integrations)},
		{name: "names", value: strings.Join(names, ", ")},
	}
}

func joined[T ~string](all []T) string {
	out := make([]string, len(all))
	for n, s := range all {
		out[n] = string(s)
	}
	return strings.Join(out, ", ")
}

// bound formats a bound, "" if it is not set. Values that differ look different.
func bound(v *float64, u policies.Unit) string {
	if v == nil {
		return ""
	}
	number := strconv.FormatFloat(*v, 'f', -1, 64)
	switch u {
	case policies.Percent:
		return number + " %"
	case policies.Bytes:
		return number + " B"
	case policies.Milliseconds:
		return number + " ms"
	default:
		return number
	}
}

// clock formats a time of day.
func clock(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}
