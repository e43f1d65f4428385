package console

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"vega/daemon/trends"
	"vega/policies"
)

// drawing is a set of characters: the heights of a line, and a step about which nothing is
// known.
type drawing struct{ levels, gap string }

// drawingFor returns blocks for a terminal, and digits for anything else.
func drawingFor(out io.Writer) drawing {
	if IsTerminal(out) {
		return drawing{"▁▂▃▄▅▆▇█", "·"}
	}
	return drawing{"12345678", "."}
}

// WriteHistory writes the chart of an integration as a line and a table.
func WriteHistory(out io.Writer, h *trends.IntegrationHistory) error {
	if h.Metric != "" {
		if _, err := fmt.Fprintf(out, "%s of %s, %s\n", OneLine(h.Metric), OneLine(h.Name), period(&h.Span)); err != nil {
			return err
		}
		return writeValues(out, &h.Span, h.Points, policies.Unit(OneLine(h.Unit)))
	}
	if _, err := fmt.Fprintf(out, "%s, %s\n", OneLine(h.Name), period(&h.Span)); err != nil {
		return err
	}
	if len(h.Points) == 0 {
		_, err := fmt.Fprintln(out, "nothing is known of this period")
		return err
	}
	line := drawingFor(out).line(&h.Span, h.Points, func(p *trends.Point) (float64, bool) { return up(p.Status) }, 0, 1)
	if _, err := fmt.Fprintf(out, "\nup  %s\n\n", line); err != nil {
		return err
	}
	var t table
	t.row("BEGIN", "UP", "DOWN", "UNKNOWN", "MAINTENANCE", "RUNS", "MEAN", "MAX")
	for n := range h.Points {
		p := &h.Points[n]
		s := p.Status
		if s == nil {
			s = &trends.StatusPoint{}
		}
		part := "-"
		if v, ok := up(s); ok {
			part = fmt.Sprintf("%.2f %%", math.Floor(v*1e4)/100)
		}
		t.row(begin(p), part, ms(s.DownMS), ms(s.UnknownMS), ms(s.MaintenanceMS), fmt.Sprint(p.Count), value(p.Mean, policies.Milliseconds), value(p.Max, policies.Milliseconds))
	}
	return t.write(out, 0)
}

// up returns which part of the known time that counts an integration was up.
func up(s *trends.StatusPoint) (float64, bool) {
	if s == nil || s.UpMS+s.DownMS == 0 {
		return 0, false
	}
	return float64(s.UpMS) / float64(s.UpMS+s.DownMS), true
}

// WriteMetricHistory writes the charts of a metric block.
func WriteMetricHistory(out io.Writer, h *trends.MetricHistory) error {
	if len(h.Series) == 0 {
		_, err := fmt.Fprintf(out, "%s, %s\nnothing is known of this period\n", OneLine(policies.MetricPrefix+h.Name), period(&h.Span))
		return err
	}
	for n, s := range h.Series {
		if n > 0 {
			fmt.Fprintln(out)
		}
		if _, err := fmt.Fprintf(out, "%s%s, %s\n", OneLine(policies.MetricPrefix+h.Name), labels(s.Labels), period(&h.Span)); err != nil {
			return err
		}
		if err := writeValues(out, &h.Span, s.Points, policies.Count); err != nil {
			return err
		}
	}
	if h.More > 0 {
		_, err := fmt.Fprintf(out, "\n%d more series; choose with --labels\n", h.More)
		return err
	}
	return nil
}

// writeValues writes a line and a table of values.
func writeValues(out io.Writer, span *trends.Span, points []trends.Point, unit policies.Unit) error {
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range points {
		if p.Mean != nil {
			low, high = min(low, *p.Mean), max(high, *p.Mean)
		}
	}
	if low > high {
		_, err := fmt.Fprintln(out, "nothing is known of this period")
		return err
	}
	line := drawingFor(out).line(span, points, func(p *trends.Point) (float64, bool) {
		if p.Mean == nil {
			return 0, false
		}
		return *p.Mean, true
	}, low, high)
	if _, err := fmt.Fprintf(out, "\n%s  %s to %s\n\n", line, unit.Format(low), unit.Format(high)); err != nil {
		return err
	}
	var t table
	t.row("BEGIN", "VALUES", "MEAN", "MIN", "MAX")
	for n := range points {
		p := &points[n]
		t.row(begin(p), fmt.Sprint(p.Count), value(p.Mean, unit), value(p.Min, unit), value(p.Max, unit))
	}
	return t.write(out, 0)
}

// line returns one character for each step, at most 200 of them.
func (d drawing) line(span *trends.Span, points []trends.Point, of func(*trends.Point) (float64, bool), low, high float64) string {
	step := time.Duration(span.StepMS) * time.Millisecond
	if step <= 0 {
		return ""
	}
	steps := min(int((span.To.Sub(span.From)+step-1)/step), 200)
	line, all := slices.Repeat([]string{d.gap}, max(0, steps)), []rune(d.levels)
	for n := range points {
		at := int(points[n].At.Sub(span.From) / step)
		v, ok := of(&points[n])
		if !ok || at < 0 || at >= len(line) {
			continue
		}
		level := len(all) - 1
		if high > low {
			level = int((v - low) / (high - low) * float64(len(all)-1))
		}
		line[at] = string(all[min(max(level, 0), len(all)-1)])
	}
	return strings.Join(line, "")
}

// period describes the period of a chart.
func period(s *trends.Span) string {
	return fmt.Sprintf("from %s to %s in steps of %s", Moment(s.From), Moment(s.To), Span(time.Duration(s.StepMS)*time.Millisecond))
}

func begin(p *trends.Point) string {
	if p.Open {
		return Moment(p.At) + " (open)"
	}
	return Moment(p.At)
}

func value(v *float64, unit policies.Unit) string {
	if v == nil {
		return "-"
	}
	return unit.Format(*v)
}

// labels formats labels as {a="b"}, or "" if there are none.
func labels(all map[string]string) string {
	if len(all) == 0 {
		return ""
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		parts = append(parts, fmt.Sprintf("%s=%q", OneLine(name), OneLine(all[name])))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// WriteMetrics writes one line per metric block, and with values the value of each series.
func WriteMetrics(out io.Writer, all []trends.Metric, values bool) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(out, "no metric blocks")
		return err
	}
	var t table
	t.row("NAME", "STATE", "SERIES", "DATABASE", "EVERY", "LAST QUERY", "ERROR")
	for _, m := range all {
		last := "-"
		if m.LastRun != nil {
			last = Moment(*m.LastRun)
		}
		t.row(OneLine(m.Name), OneLine(m.State), fmt.Sprint(len(m.Values)), OneLine(m.Database), ms(m.IntervalMS), last, OneLine(m.Error))
	}
	if err := t.write(out, width(out)); err != nil || !values {
		return err
	}
	var v table
	for _, m := range all {
		for _, one := range m.Values {
			v.row(OneLine(policies.MetricPrefix+m.Name)+labels(one.Labels), policies.Count.Format(one.Value), Moment(one.At))
		}
	}
	if len(v.rows) == 0 {
		return nil
	}
	v.rows = slices.Insert(v.rows, 0, []string{"SERIES", "VALUE", "MEASURED"})
	fmt.Fprintln(out)
	return v.write(out, 0)
}
