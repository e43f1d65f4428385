// Package exports builds the blocks metrics, telemetry and metric, which say what is
// exported and measured, and reports what is wrong with them.
//
// Call Stage.Build after the databases are known.
package exports

import (
	"slices"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/daemon/config/telemetry"
	"vega/plugins/manifest"
)

// Stage builds the blocks of one configuration.
type Stage struct {
	Root *bind.Section
	Ev   *eval.Evaluator
	Out  *diag.Collector
}

// Build builds all blocks, with every default filled in.
func (d Stage) Build() telemetry.Settings {
	out := telemetry.Settings{Metrics: d.metrics(d.Root.Block("metrics")), Measures: d.measures()}
	t := d.Root.Block("telemetry")
	if t.Has("otlp") {
		out.OTLP = d.otlp(t.Block("otlp"))
	}
	if t.Has("statsd") {
		out.StatsD = d.statsd(t.Block("statsd"))
	}
	return out
}

func (d Stage) metrics(s *bind.Section) telemetry.Metrics {
	d.Ev.Evaluate(s)
	return telemetry.Metrics{MaxSeries: d.whole(s, "max_series"), Listen: d.Ev.Str(s, "listen")}
}

func (d Stage) otlp(s *bind.Section) *telemetry.OTLP {
	d.Ev.Evaluate(s)
	out := &telemetry.OTLP{
		Endpoint: eval.Get[manifest.Text](d.Ev, s, "endpoint"), Headers: map[string]manifest.Text{},
		Interval: d.Ev.Duration(s, "interval"), Traces: eval.Get[bool](d.Ev, s, "traces"), Metrics: eval.Get[bool](d.Ev, s, "metrics"),
		CAFile: d.Ev.Str(s, "ca_file"),
	}
	for name, v := range eval.Get[map[string]manifest.Value](d.Ev, s, "headers") {
		out.Headers[name], _ = v.(manifest.Text)
	}
	if v, state := d.Ev.Value(s, "sample"); state == bind.Present {
		if n, ok := v.(float64); ok {
			out.Sample = &n
		}
	}
	return out
}

func (d Stage) statsd(s *bind.Section) *telemetry.StatsD {
	d.Ev.Evaluate(s)
	return &telemetry.StatsD{Address: d.Ev.Str(s, "address"), Prefix: d.Ev.Str(s, "prefix"), Tags: eval.Get[bool](d.Ev, s, "tags")}
}

// measures builds the metric blocks, in order of name.
func (d Stage) measures() []telemetry.Measure {
	var all []telemetry.Measure
	for _, s := range d.Root.All("metric") {
		all = append(all, d.measure(s))
	}
	slices.SortFunc(all, func(a, b telemetry.Measure) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// whole returns a whole number.
func (d Stage) whole(s *bind.Section, name string) int { return int(eval.Get[float64](d.Ev, s, name)) }
