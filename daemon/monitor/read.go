package monitor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"vega/daemon/diagnostics"
	"vega/policies"
)

// maxWindow is the longest window of a figure that Read returns. An average over a
// longer one, such as since the start, says little about the present.
const maxWindow = time.Minute

// Read reads figures by their paths, such as system.memory.percent,
// databases.pool.percent or metric.orders_open, without judging them. It is cheap enough to be called every few
// seconds. The result has an entry for each path. A group has one reading for each of its
// members; a figure that can't be read has a reading with Unknown set. The error is
// diagnostics.ErrClosed or that of ctx.
//
// Rates cover the time since the last call. They are unknown if that is more than a
// minute ago. A file system that does not respond delays the first call by a quarter of a
// second, and no other figure is unknown because of it.
func (m *Monitor) Read(ctx context.Context, paths []string, d Sources) (map[string][]policies.Reading, error) {
	var r readings
	if wants(paths, "system") {
		s, err := m.collector.Sample(ctx, func(resource string) bool { return wants(paths, "system."+resource) })
		if err != nil {
			return nil, fmt.Errorf("read the state of this machine: %w", err)
		}
		r = readingsOf(s, nil)
	}
	r = r.with(d, time.Now())
	if wants(paths, "database") || wants(paths, "databases") {
		r.databases = d.Figures(time.Now())
	}
	out := make(map[string][]policies.Reading, len(paths))
	for _, path := range paths {
		out[path] = r.sampled(path)
	}
	return out, ctx.Err()
}

// Figures reads all figures that a threshold may name and that are known now, in order of
// path, together with the given ones of databases. It is cheap enough to be called every
// few seconds, and does not change the windows of Read. The error is diagnostics.ErrClosed or that of ctx.
func (m *Monitor) Figures(ctx context.Context, databases []policies.Reading) ([]policies.Reading, error) {
	s, err := m.collector.Sampled(ctx, maxWindow, func(string) bool { return true })
	if err != nil {
		return nil, fmt.Errorf("read the state of this machine: %w", err)
	}
	r := readingsOf(s, databases)
	var all []policies.Reading
	add := func(path string) {
		for _, one := range r.sampled(path) {
			if one.Unknown == "" {
				one.Resource = path
				all = append(all, one)
			}
		}
	}
	for _, f := range policies.DatabaseFigures() {
		add("databases." + f.Path)
	}
	for _, f := range policies.Figures() {
		add(f.Path)
	}
	return all, nil
}

// wants reports whether one of the paths begins with a name and a dot.
func wants(paths []string, name string) bool {
	return slices.ContainsFunc(paths, func(path string) bool { return strings.HasPrefix(path, name+".") })
}

// sampled returns the readings of a path. There is at least one, unless the path is that
// of a group.
func (r readings) sampled(path string) []policies.Reading {
	var all []policies.Reading
	switch {
	case strings.HasPrefix(path, "system."):
		if r.snapshot == nil {
			break
		}
		if reason := r.unmeasured(path); reason != "" {
			return []policies.Reading{{Resource: path, Unknown: reason}}
		}
		all = r.of(path)
	case isReported(path):
		if all = r.of(path); len(all) == 0 {
			return []policies.Reading{{Resource: path, Unknown: "the configuration has no such metric now"}}
		}
	case strings.HasPrefix(path, "database.") || strings.HasPrefix(path, "databases."):
		all = r.of(path)
	}
	if len(all) == 0 && !strings.HasPrefix(path, "databases.") {
		return []policies.Reading{{Resource: path, Unknown: "there is no such figure now"}}
	}
	return all
}

// unmeasured returns why a figure that is measured over a window is unknown, or "".
func (r readings) unmeasured(path string) string {
	if !measured(path) {
		return ""
	}
	switch cpu := r.summary.CPU; {
	case cpu.Basis != diagnostics.BasisWindow:
		return "needs two readings; the next one has it"
	case cpu.WindowMS > float64(maxWindow.Milliseconds()):
		return "the last reading is more than a minute ago; the next one has it"
	default:
		return ""
	}
}

// measured reports whether a figure is measured over the window between two readings.
func measured(path string) bool {
	switch {
	case strings.HasPrefix(path, "system.cpu."):
		return strings.HasSuffix(path, "_percent")
	case strings.HasPrefix(path, "system.runtime.gc.pause."), strings.HasPrefix(path, "system.runtime.sched_latency."):
		return true
	default:
		return path == "system.container.cpu.percent" || path == "system.runtime.gc.cpu_percent"
	}
}
