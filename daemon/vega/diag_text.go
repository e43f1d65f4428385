package main

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

// diagText writes a diagnosis for a person.
type diagText struct {
	*bufio.Writer
	color, people bool // people read it on a terminal
	width         int  // of the names
}

const barWidth = 24

func writeDiagnosis(out io.Writer, d diagnosis) error {
	p := diagText{Writer: bufio.NewWriter(out), color: inColor(out), people: onTerminal(out), width: len("file descriptors")}
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

func (p diagText) head(d diagnosis) {
	source := "as the vega on " + d.Source + " sees it"
	if d.Source == local {
		source = "as this command sees it; what it says of vega's own use is of itself"
	}
	p.printf("%s: %s\n", p.paint(d.Status, string(d.Status)), source)
	if d.why != "" {
		p.printf("%s\n", d.why)
	}
	p.printf("\n")
}

// bars are what has an end, in the color of its level.
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

// bar is a line for a percentage; resource is how the names of the warnings
// begin that are about it.
func (p diagText) bar(s monitor.System, resource, subject, name string, percent *float64, more string) {
	full, empty := "█", "░"
	if !p.people {
		full, empty = "#", "-"
	}
	if percent == nil {
		p.printf("%-*s  %-*s  not known: %s\n", p.width, name, barWidth+9, "", cmp.Or(unavailableOf(s, resource), "no reason was given"))
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

// lines are what has no end.
func (p diagText) lines(s monitor.System) {
	p.printf("\n")
	line := func(name, text string) {
		if text != "" {
			p.printf("%-*s  %s\n", p.width, name, text)
		}
	}
	line("process", processLine(s))
	line("heap", fmt.Sprintf("%s, at most %s from the system", policies.Bytes.Format(float64(s.Runtime.Heap.Used)), policies.Bytes.Format(float64(s.Runtime.Heap.Total))))
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

// pressureLine is what tasks waited for in the last minute.
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
	return "something waited, of the last minute, for " + strings.Join(parts, ", ")
}

func (p diagText) warning(w monitor.Warning) {
	p.printf("\n%s %s\n", p.paint(w.Status, string(w.Status)+":"), w.Explanation)
	p.printf("  %s\n", w.WhatToDo)
	for _, line := range w.Sentences {
		p.printf("  - %s\n", line)
	}
	if w.Evidence == monitor.EvidencePending {
		p.printf("  - what is behind it is still being looked for\n")
	}
}

// unjudged are the thresholds that the operator wrote and that say nothing at
// the moment. Of vega's own many are for what not every machine has.
func (p diagText) unjudged(all []monitor.Unjudged) {
	for _, u := range all {
		if !u.BuiltIn {
			p.printf("\nthreshold %q is not judged: %s: %s\n", u.Threshold, u.Resource, u.Reason)
		}
	}
}

// paint is text in the color of the level.
func (p diagText) paint(l policies.Level, text string) string {
	colors := map[policies.Level]string{policies.LevelHealthy: "\x1b[32m", policies.LevelWarning: "\x1b[33m", policies.LevelError: "\x1b[31m"}
	if !p.color || colors[l] == "" {
		return text
	}
	return colors[l] + text + "\x1b[0m"
}
