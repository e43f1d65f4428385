package diagnostics

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"vega/policies/check"
)

// manyGoroutines is the lowest number of goroutines that is mentioned as a cause of
// memory use.
const manyGoroutines = 1000

// Sentences describes the evidence in prose, most important first. Sentences do not
// end with a period.
func (e Evidence) Sentences() []string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if e.Limit != nil {
		add("the limit is %s (%s)", e.Limit, e.Limit.Source)
	}
	for _, m := range e.longest() {
		add("%s", m)
	}
	if len(e.TopCPU) > 0 {
		add("busiest: %s", list(e.TopCPU, func(p ProcessUse) string { return fmt.Sprintf("%s %.0f %%", p, *p.CPUPercent) }))
	}
	if len(e.TopMemory) > 0 {
		add("most memory: %s", list(e.TopMemory, func(p ProcessUse) string { return fmt.Sprintf("%s %s", p, check.Bytes(float64(p.RSS))) }))
	}
	if len(e.Goroutines) > 0 && (e.Resource != "memory" || e.Goroutines[0].Count >= manyGoroutines) {
		g := e.Goroutines[0]
		add("%d goroutines started in %s and are now at %s", g.Count, g.Function, g.At)
	}
	if len(e.OpenFiles) > 0 {
		add("open files of this process: %s", counts(e.OpenFiles))
	}
	if c := e.Connections; c != nil {
		add("connections: %s; this process has: %s", counts(c.ByStatus), counts(c.Own))
		add("most connections: %s", list(c.Remotes, func(r Remote) string { return fmt.Sprintf("%s %d", r.Address, r.Count) }))
	}
	if d := e.DataFiles; d != nil {
		add("the data directory holds %s: %s", check.Bytes(float64(d.Bytes)), list(d.Largest, func(f FileSize) string { return f.Name + " " + check.Bytes(float64(f.Bytes)) }))
	}
	if t := e.Throttling; t != nil && t.ThrottledPeriods != nil && *t.ThrottledPeriods > 0 {
		add("the quota of %.2g cores was used up in %d of %d periods", t.Cores, *t.ThrottledPeriods, *t.Periods)
	}
	return append(lines, e.Pressure.sentences()...)
}

// sentences returns a sentence for each resource for which tasks waited.
func (p *Pressure) sentences() []string {
	if p == nil {
		return nil
	}
	var lines []string
	for _, s := range []struct {
		of   *Stall
		what string
	}{{p.CPU, "a CPU"}, {p.Memory, "memory"}, {p.IO, "I/O"}} {
		if s.of != nil && s.of.Some.Avg10 > 0 {
			lines = append(lines, fmt.Sprintf("tasks waited for %s during %.0f %% of the last 10 s and %.0f %% of the last 5 min", s.what, s.of.Some.Avg10, s.of.Some.Avg300))
		}
	}
	return lines
}

// longest returns the move of each figure over the longest period. It omits figures
// that hardly changed.
func (e Evidence) longest() []Move {
	var moves []Move
	for _, m := range e.Moved {
		if n := len(moves); n > 0 && moves[n-1].Field == m.Field {
			moves[n-1] = m
			continue
		}
		moves = append(moves, m)
	}
	return slices.DeleteFunc(moves, Move.Negligible)
}

// String returns a sentence such as "memory.used rose by 12.0 MiB to 200.0 MiB in
// 5m0s".
func (m Move) String() string {
	verb, by := "rose", m.Delta
	if by < 0 {
		verb, by = "fell", -by
	}
	over := (time.Duration(m.OverMS) * time.Millisecond).Round(time.Second)
	return fmt.Sprintf("%s %s by %s to %s in %s", m.Field, verb, quantity(m.Field, by), quantity(m.Field, m.To), check.Span(over))
}

// Negligible reports whether the change is 0 as String rounds it.
func (m Move) Negligible() bool {
	return quantity(m.Field, math.Abs(m.Delta)) == quantity(m.Field, 0)
}

// String returns the value with its unit.
func (l *Limit) String() string {
	if l.Unit == "bytes" {
		return check.Bytes(l.Value)
	}
	return fmt.Sprintf("%.6g %s", l.Value, l.Unit)
}

// String returns the name and the process ID.
func (p ProcessUse) String() string { return fmt.Sprintf("%s (pid %d)", p.Name, p.PID) }

func quantity(field string, v float64) string {
	switch last := field[strings.LastIndexByte(field, '.')+1:]; {
	case slices.Contains([]string{"process_rss", "used", "live", "working_set"}, last):
		return check.Bytes(v)
	case strings.HasSuffix(last, "percent") || last == "avg10":
		return fmt.Sprintf("%.1f %%", v)
	case strings.HasSuffix(last, "_ms"):
		return fmt.Sprintf("%.6g ms", v)
	default:
		return fmt.Sprintf("%.6g", v)
	}
}

func list[T any](of []T, text func(T) string) string {
	if len(of) == 0 {
		return "none"
	}
	texts := make([]string, len(of))
	for n, t := range of {
		texts[n] = text(t)
	}
	return strings.Join(texts, ", ")
}

// counts lists names and counts, largest first.
func counts(of map[string]int) string {
	names := slices.SortedFunc(maps.Keys(of), func(a, b string) int {
		return cmp.Or(cmp.Compare(of[b], of[a]), cmp.Compare(a, b))
	})
	return list(names, func(name string) string { return fmt.Sprintf("%s %d", name, of[name]) })
}
