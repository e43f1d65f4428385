package console

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"vega/daemon/diagnostics"
	"vega/daemon/monitor"
	"vega/policies"
)

// Diagnosis is what vega diag found, and where it comes from.
type Diagnosis struct {
	Source string `json:"source"` // scheme://host:port of the daemon that answered, or Local
	monitor.System

	Why string `json:"-"` // why no daemon was queried, if none was
}

// Local is the source of a diagnosis that the command made itself.
const Local = "local"

// diagText writes a Diagnosis as text.
type diagText struct {
	*bufio.Writer
	color, terminal bool
	width           int // of the names
}

const barWidth = 24

// WriteDiagnosis writes percentages as bars, further figures on a line each, and
// then the warnings.
func WriteDiagnosis(out io.Writer, d Diagnosis) error {
	p := diagText{Writer: bufio.NewWriter(out), color: HasColor(out), terminal: IsTerminal(out), width: len("file descriptors")}
	p.head(d)
	p.bars(d.System)
	p.lines(d.System)
	for _, w := range d.Warnings {
		p.warning(w)
	}
	p.unjudged(d.Unjudged)
	return p.Flush()
}

func (p diagText) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

func (p diagText) head(d Diagnosis) {
	source := "as seen by the daemon at " + d.Source
	if d.Source == Local {
		source = "as seen by this command; vega's own figures are those of this process"
	}
	p.printf("status: %s, %s\n", p.paint(d.Status, string(d.Status)), source)
	if d.Why != "" {
		p.printf("%s\n", d.Why)
	}
	p.printf("\n")
}

// bars writes each figure that has a limit as a bar, in the color of its level.
func (p diagText) bars(s monitor.System) {
	of := func(used, limit *uint64) string {
		if used == nil || limit == nil {
			return ""
		}
		return policies.Bytes.Format(float64(*used)) + " of " + policies.Bytes.Format(float64(*limit))
	}
	p.bar(s, "system.memory.percent", "", "memory", s.Memory.Percent, of(s.Memory.Used, s.Memory.Limit)+" ("+s.Memory.Source+")")
	p.bar(s, "system.cpu.system_percent", "", "processors", s.CPU.SystemPercent, fmt.Sprintf("of %.3g (%s)%s", s.CPU.LimitCores, s.CPU.Source, loads(s.CPU)))
	files := ""
	if f := s.FileDescriptors; f.Open != nil && f.SoftLimit != nil {
		files = fmt.Sprintf("%d of %d", *f.Open, *f.SoftLimit)
	}
	p.bar(s, "system.file_descriptors.percent", "", "file descriptors", s.FileDescriptors.Percent, files)
	for _, d := range s.Disks {
		p.bar(s, "system.disk", d.Path, "disk", d.Percent, strings.TrimPrefix(of(d.Used, d.Total)+", "+d.Path, ", "))
	}
}

func loads(c diagnostics.CPU) string {
	if c.Load1 == nil || c.Load5 == nil || c.Load15 == nil {
		return ""
	}
	return fmt.Sprintf(", load %.2f %.2f %.2f", *c.Load1, *c.Load5, *c.Load15)
}

// bar writes one percentage as a bar. resource is the prefix of the metrics
// whose warnings set its color.
func (p diagText) bar(s monitor.System, resource, subject, name string, percent *float64, more string) {
	full, empty := "█", "░"
	if !p.terminal {
		full, empty = "#", "-"
	}
	if percent == nil {
		p.printf("%-*s  %-*s  unknown: %s\n", p.width, name, barWidth+9, "", cmp.Or(unavailableOf(s, resource), "no reason given"))
		return
	}
	n := max(0, min(barWidth, int(*percent*barWidth/100+0.5)))
	bar := strings.Repeat(full, n) + strings.Repeat(empty, barWidth-n)
	p.printf("%-*s  %s  %5.1f %%  %s\n", p.width, name, p.paint(levelOf(s.Warnings, resource, subject), bar), *percent, more)
}

func unavailableOf(s monitor.System, resource string) string {
	path := strings.TrimPrefix(resource, "system.")
	if reason := s.Unavailable[path]; reason != "" {
		return reason
	}
	path, _, _ = strings.Cut(path, ".")
	return s.Unavailable[path]
}

func levelOf(warnings []monitor.Warning, resource, subject string) policies.Level {
	levels := []policies.Level{policies.LevelHealthy}
	for _, w := range warnings {
		if strings.HasPrefix(w.Resource, resource) && (subject == "" || w.Subject == subject) {
			levels = append(levels, w.Status)
		}
	}
	return policies.WorstLevel(levels...)
}

// lines writes the figures that have no limit.
func (p diagText) lines(s monitor.System) {
	p.printf("\n")
	line := func(name, text string) {
		if text != "" {
			p.printf("%-*s  %s\n", p.width, name, text)
		}
	}
	line("process", processLine(s))
	line("heap", fmt.Sprintf("%s in use, %s obtained from the system", policies.Bytes.Format(float64(s.Runtime.Heap.Used)), policies.Bytes.Format(float64(s.Runtime.Heap.Total))))
	line("connections", connectionsLine(s.Network))
	line("container", containerLine(s.Container))
	line("pressure", pressureLine(s.Pressure))
}

func processLine(s monitor.System) string {
	text := fmt.Sprintf("pid %d, %d goroutines", s.Process.PID, s.Threads.GoRoutines)
	if s.Threads.Total != nil {
		text += fmt.Sprintf(", %d threads", *s.Threads.Total)
	}
	if s.Memory.ProcessRSS != nil {
		text += ", " + policies.Bytes.Format(float64(*s.Memory.ProcessRSS))
	}
	if s.CPU.ProcessPercent != nil {
		text += ", processors " + policies.Percent.Format(*s.CPU.ProcessPercent)
	}
	return text
}

func connectionsLine(n diagnostics.Network) string {
	if n.Total == nil {
		return ""
	}
	names := slices.SortedFunc(maps.Keys(n.ByStatus), func(a, b string) int {
		return cmp.Or(cmp.Compare(n.ByStatus[b], n.ByStatus[a]), cmp.Compare(a, b))
	})
	text := fmt.Sprintf("%d", *n.Total)
	for i, name := range names {
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		text += fmt.Sprintf("%s%d %s", sep, n.ByStatus[name], name)
	}
	return text
}

func containerLine(c diagnostics.Container) string {
	if !c.Limited || c.Version == nil {
		return ""
	}
	text := "cgroups " + *c.Version
	if m := c.Memory; m != nil && m.Limit != nil {
		text += ", memory " + policies.Bytes.Format(float64(*m.Limit))
	}
	if c.CPU != nil {
		text += fmt.Sprintf(", processors %.3g", c.CPU.Cores)
	}
	return text
}

// pressureLine shows how much of the last minute some task waited for a resource.
func pressureLine(p diagnostics.Pressure) string {
	var parts []string
	for _, r := range []struct {
		name string
		of   *diagnostics.Stall
	}{{"processors", p.CPU}, {"memory", p.Memory}, {"disks", p.IO}} {
		if r.of != nil {
			parts = append(parts, r.name+" "+policies.Percent.Format(r.of.Some.Avg60))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "tasks waited, in the last minute, for " + strings.Join(parts, ", ")
}

func (p diagText) warning(w monitor.Warning) {
	p.printf("\n%s %s\n", p.paint(w.Status, string(w.Status)+":"), w.Explanation)
	p.printf("  %s\n", w.WhatToDo)
	for _, line := range w.Sentences {
		p.printf("  - %s\n", line)
	}
	if w.Evidence == monitor.EvidencePending {
		p.printf("  - evidence is still being collected\n")
	}
}

// unjudged writes the thresholds that can't be judged now. It omits the
// built-in ones, because many of them apply only to some machines.
func (p diagText) unjudged(all []monitor.Unjudged) {
	for _, u := range all {
		if !u.BuiltIn {
			p.printf("\nthreshold %q can't be evaluated: %s: %s\n", u.Threshold, u.Resource, u.Reason)
		}
	}
}

// paint colors text according to the level.
func (p diagText) paint(l policies.Level, text string) string {
	colors := map[policies.Level]string{policies.LevelHealthy: "\x1b[32m", policies.LevelWarning: "\x1b[33m", policies.LevelError: "\x1b[31m"}
	if !p.color || colors[l] == "" {
		return text
	}
	return colors[l] + text + "\x1b[0m"
}
