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
)

// Stage builds the blocks of one configuration.
type Stage struct {
	Root *bind.Section
	Ev   *eval.Evaluator
	Out  *diag.Collector
	// Server is where vega itself listens.
	Server Address
}

// Address is a host and a port.
type Address struct {
	Host string
	Port int
}

// Build builds all blocks, with every default filled in. The metric blocks are in order
// of name.
func (d Stage) Build() telemetry.Settings {
	out := telemetry.Settings{Metrics: d.metrics(d.Root.Block("metrics")), Measures: d.measures()}
	slices.SortFunc(out.Measures, func(a, b telemetry.Measure) int { return strings.Compare(a.Name, b.Name) })
	t := d.Root.Block("telemetry")
	if t.Has("otlp") {
		out.OTLP = d.otlp(t.Block("otlp"))
	}
	if t.Has("statsd") {
		out.StatsD = d.statsd(t.Block("statsd"))
	}
	if d.Root.Has("telemetry") && len(t.Blocks) == 0 && !t.Broken {
		d.Out.Warn(diag.NoEffect, t.Head, "This block is empty, so nothing is sent.", "add otlp { } or statsd { }, or remove the block")
	}
	return out
}

// whole returns a whole number.
func (d Stage) whole(s *bind.Section, name string) int { return int(eval.Get[float64](d.Ev, s, name)) }
