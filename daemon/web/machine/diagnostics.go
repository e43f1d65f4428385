package machine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/monitor"
	"vega/daemon/web/ui"
	"vega/policies"
)

// Diagnostics returns the warnings about the host, the container and vega, each with its
// evidence and what to do, and then the figures.
func Diagnostics(s monitor.System) g.Node {
	warnings := ui.Notice(ui.Good, g.Text("No resource has reached a threshold."))
	if len(s.Warnings) > 0 {
		warnings = g.Map(worstFirst(s.Warnings), resourceWarning)
	}
	return g.Group{warnings, unjudgedThresholds(s.Unjudged), h.H2(g.Text("Figures")), keyFigures(s), allFigures(s)}
}

// worstFirst returns the warnings with the errors first, each kind in its order.
func worstFirst(all []monitor.Warning) []monitor.Warning {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b monitor.Warning) int {
		return cmp.Compare(levelRank(b.Status), levelRank(a.Status))
	})
	return all
}

func levelRank(l policies.Level) int {
	return slices.Index([]policies.Level{policies.LevelHealthy, policies.LevelWarning, policies.LevelError}, l)
}

// resourceWarning shows a resource that has reached a threshold.
func resourceWarning(w monitor.Warning) g.Node {
	subject := w.Resource
	if w.Subject != "" {
		subject += " of " + ui.Clean(w.Subject)
	}
	return h.Article(h.Class("panel"),
		h.H2(Level(w.Status), g.Text(" "+subject)),
		h.P(cleaned(w.Explanation)),
		h.P(h.Strong(g.Text("What to do: ")), cleaned(w.WhatToDo)),
		warningEvidence(w),
		h.P(h.Class("dim"), g.Text("Since "), ui.Time(w.Since)),
		evidenceFigures(w.Behind),
	)
}

// maxSentence is the length of a shown sentence, in bytes. Names of files may be long.
const maxSentence = 2 << 10

// warningEvidence shows what was found about a warning, in sentences.
func warningEvidence(w monitor.Warning) g.Node {
	switch {
	case w.Evidence == monitor.EvidencePending:
		return ui.Notice(ui.Info, g.Text("vega is still looking for the cause. Reload the page in a second."))
	case len(w.Sentences) == 0:
		return nil
	}
	return g.Group{h.H3(g.Text("Evidence")), h.Ul(h.Class("evidence"), g.Map(w.Sentences, func(line string) g.Node { return h.Li(cleaned(ui.Cut(line, maxSentence))) }))}
}

// unjudgedThresholds lists the thresholds that can't be judged. The built-in ones are folded,
// because many of them apply only to some machines.
func unjudgedThresholds(all []monitor.Unjudged) g.Node {
	var own, builtIn []ui.Row
	for _, u := range all {
		row := ui.Row{ui.Text(strings.Trim(u.Resource+" "+u.Subject, " ")), ui.Text(u.Threshold), ui.Text(u.Reason)}
		if u.BuiltIn {
			builtIn = append(builtIn, row)
		} else {
			own = append(own, row)
		}
	}
	columns := []string{"Figure", "Threshold", "Why"}
	return g.Group{
		g.If(len(own) > 0, g.Group{h.H2(g.Text("Thresholds that vega can't judge")), ui.Table("Thresholds that vega can't judge", columns, own)}),
		g.If(len(builtIn) > 0, ui.Fold(g.Text(ui.Count(len(builtIn), "built-in threshold")+" without a figure on this machine"), ui.Table("Built-in thresholds without a figure", columns, builtIn))),
	}
}

// keyFigures shows what has a limit.
func keyFigures(s monitor.System) g.Node {
	of := func(used, limit *uint64) string {
		if used == nil || limit == nil {
			return ""
		}
		return ui.Bytes(int64(*used)) + " of " + ui.Bytes(int64(*limit))
	}
	rows := []ui.Row{
		figureRow(s, "Memory", "memory", "", s.Memory.Percent, of(s.Memory.Used, s.Memory.Limit)+" ("+s.Memory.Source+")"),
		figureRow(s, "Processors", "cpu", "", s.CPU.SystemPercent, fmt.Sprintf("of %.3g (%s)%s", s.CPU.LimitCores, s.CPU.Source, loadsOf(s))),
		figureRow(s, "Open files", "file_descriptors", "", s.FileDescriptors.Percent, openFilesOf(s)),
	}
	for _, d := range s.Disks {
		rows = append(rows, figureRow(s, "Disk "+ui.Clean(d.Path), "disk", d.Path, d.Percent, of(d.Used, d.Total)))
	}
	return ui.Table("Figures with a limit", []string{"Resource", "#Use", "Of", "State"}, rows)
}

// figureRow returns a row with the use of a resource. group is the first part of the paths of
// its figures.
func figureRow(s monitor.System, name, group, subject string, percent *float64, more string) ui.Row {
	if percent == nil {
		return ui.Row{g.Text(name), ui.None(), ui.Text(cmp.Or(whyMissing(s, group), "no reason is known")), Level(policies.LevelUnknown)}
	}
	level := policies.LevelHealthy
	for _, w := range s.Warnings {
		if strings.HasPrefix(w.Resource, "system."+group) && (subject == "" || w.Subject == subject) {
			level = policies.WorstLevel(level, w.Status)
		}
	}
	return ui.Row{g.Text(name), g.Text(policies.Percent.Format(*percent)), g.Text(more), Level(level)}
}

// whyMissing returns why a figure of a resource is missing.
func whyMissing(s monitor.System, group string) string {
	for _, path := range slices.Sorted(maps.Keys(s.Unavailable)) {
		if path == group || strings.HasPrefix(path, group+".") {
			return s.Unavailable[path]
		}
	}
	return ""
}

func loadsOf(s monitor.System) string {
	c := s.CPU
	if c.Load1 == nil || c.Load5 == nil || c.Load15 == nil {
		return ""
	}
	return fmt.Sprintf(", load %.2f %.2f %.2f", *c.Load1, *c.Load5, *c.Load15)
}

func openFilesOf(s monitor.System) string {
	f := s.FileDescriptors
	if f.Open == nil || f.SoftLimit == nil {
		return ""
	}
	return fmt.Sprintf("%d of %d", *f.Open, *f.SoftLimit)
}
