package alert

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"vega/policies"
	"vega/policies/check"
	"vega/policies/incident"
)

// rule is an alert with its notifiers.
type rule struct {
	Alert
	condition string // digest of the fields that judge
	notify    []*recipient
	watches   []*watch // of a metric or an event
	escalate  []step
}

// step is an escalation with its notifiers.
type step struct {
	after  time.Duration
	notify []*recipient
}

func newRule(a *Alert, find func(names []string) []*recipient) *rule {
	r := &rule{Alert: *a, notify: find(a.Notify)}
	r.After, r.ClearAfter = max(a.After, 1), max(a.ClearAfter, 1)
	r.For, r.ClearFor = max(a.For, 0), max(a.ClearFor, 0)
	if r.Event != "" { // one event confirms or clears
		r.After, r.ClearAfter, r.ClearFor = 1, 1, 0
	}
	r.condition = a.digest()
	for _, e := range a.Escalate {
		if len(e.Notify) > 0 {
			r.escalate = append(r.escalate, step{max(e.After, 0), find(e.Notify)})
		}
	}
	return r
}

func (a *rule) has(s check.Status) bool { return slices.Contains(a.Status, s) }

// digest identifies the fields that decide what is bad and for how long.
func (a *Alert) digest() string {
	statuses := slices.Clone(a.Status)
	slices.Sort(statuses)
	text := fmt.Sprintf("%q %q %q %s %s %s %d %d %s %s", statuses, a.Metric, a.Event,
		bound(a.Above), bound(a.Below), bound(a.Clear), a.After, a.ClearAfter, a.For, a.ClearFor)
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

func bound(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprint(*v)
}

// Condition returns what the alert calls bad, in words: "status unhealthy, 3 times in a
// row", or "system.memory.percent above 80 %, until 75 % for 5m".
func (a *Alert) Condition() string {
	var text string
	switch {
	case a.Event != "":
		return "event " + a.Event
	case a.Metric != "":
		text = a.Metric + " " + a.Bound()
	default:
		var all []string
		for _, s := range a.Status {
			all = append(all, string(s))
		}
		text = "status " + strings.Join(all, " or ")
	}
	if a.After > 1 {
		text += fmt.Sprintf(", %d times in a row", a.After)
	}
	if a.For > 0 {
		text += " for " + check.Span(a.For)
	}
	return text
}

// Bound returns the bounds of an alert on a metric, in words, such as "above 80 %, until
// 75 %". It returns "" for another alert.
func (a *Alert) Bound() string { return a.boundIn(a.Unit) }

// boundIn returns the bounds of an alert on a metric in the unit of its values.
func (a *Alert) boundIn(u policies.Unit) string {
	var text string
	switch {
	case a.Above != nil:
		text = "above " + u.Format(*a.Above)
	case a.Below != nil:
		text = "below " + u.Format(*a.Below)
	default:
		return ""
	}
	if a.Clear != nil {
		text += ", until " + u.Format(*a.Clear)
	}
	return text
}

func (n *node) subject() incident.Subject {
	return incident.Subject{Kind: incident.OfIntegration, Name: n.Name}
}
