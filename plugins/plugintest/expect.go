package plugintest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"vega/policies/check"
)

// Differs returns how a run differs from what its case expects, one line per
// difference.
func (c *Case) Differs(r Run) []string {
	var out []string
	if r.Problem != "" {
		out = append(out, r.Problem)
	}
	for _, name := range r.Undeclared {
		out = append(out, fmt.Sprintf("it reads the option %q, which plugin.hcl does not declare for the probe %s, so it is never set", name, c.Probe))
	}
	if c.Expect == nil {
		if r.Cause == check.Probe || r.Cause == check.Denied || r.Cause == check.Host {
			out = append(out, "it is "+describe(r.Result))
		}
		return out
	}
	differs := func(what, got, want string) {
		if got != want && timeless(got) != timeless(want) {
			out = append(out, fmt.Sprintf("%s is %q, expected %q", what, got, want))
		}
	}
	e := c.Expect
	differs("status", string(r.Status), string(e.Status))
	if e.Cause != "" {
		differs("cause", string(r.Cause), string(e.Cause))
	}
	if e.Message != "" {
		differs("message", r.Message, e.Message)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Details)) {
		if got, ok := r.Details[name]; ok {
			differs("detail "+name, got, e.Details[name])
		} else {
			out = append(out, "detail "+name+" is missing")
		}
	}
	for _, m := range e.Metrics {
		i := slices.IndexFunc(r.Metrics, func(g check.Metric) bool { return g.Name == m.Name })
		switch {
		case i < 0:
			out = append(out, "metric "+m.Name+" is missing")
		case r.Metrics[i].Unit != m.Unit:
			differs("the unit of metric "+m.Name, r.Metrics[i].Unit, m.Unit)
		case r.Metrics[i].Value != m.Value && !unitOfTime[m.Unit]:
			out = append(out, fmt.Sprintf("metric %s is %v, expected %v", m.Name, r.Metrics[i].Value, m.Value))
		}
	}
	return out
}

var (
	span       = regexp.MustCompile(`\b\d+(\.\d+)? ?(ns|µs|us|ms|s)\b`)
	unitOfTime = map[string]bool{"ns": true, "us": true, "µs": true, "ms": true, "s": true}
)

// timeless replaces each short duration in a text, so that durations do not
// matter.
func timeless(s string) string { return span.ReplaceAllString(s, "?") }
