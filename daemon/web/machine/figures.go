package machine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/diagnostics"
	"vega/daemon/monitor"
	"vega/daemon/web/ui"
	"vega/policies"
)

// evidenceFigures shows the evidence of a warning as figures.
func evidenceFigures(e *diagnostics.Evidence) g.Node {
	if e == nil {
		return nil
	}
	var parts g.Group
	add := func(name string, columns []string, rows []ui.Row) {
		if len(rows) > 0 {
			parts = append(parts, h.H3(g.Text(name)), ui.Table(name, columns, rows))
		}
	}
	add("Most memory", []string{"Process", "#Memory"}, rowsOf(e.TopMemory, func(p diagnostics.ProcessUse) ui.Row {
		return ui.Row{ui.Text(p.String()), g.Text(ui.Bytes(int64(p.RSS)))}
	}))
	add("Busiest processes", []string{"Process", "#Of all processors"}, rowsOf(e.TopCPU, func(p diagnostics.ProcessUse) ui.Row {
		return ui.Row{ui.Text(p.String()), nodeOrNone(valueOf(policies.Percent, p.CPUPercent))}
	}))
	add("Goroutines", []string{"Started in", "Now at", "#Count"}, rowsOf(e.Goroutines, func(x diagnostics.GoroutineGroup) ui.Row {
		return ui.Row{h.Code(cleaned(x.Function)), h.Code(cleaned(x.At)), countOf(x.Count)}
	}))
	add("Open files of vega", []string{"Kind", "#Count"}, countRows(e.OpenFiles))
	if c := e.Connections; c != nil {
		add("Connections", []string{"State", "#Count"}, countRows(c.ByStatus))
		add("Most connections", []string{"Address", "#Count", "#Of vega"}, rowsOf(c.Remotes, func(x diagnostics.Remote) ui.Row {
			return ui.Row{ui.Text(x.Address), countOf(x.Count), countOf(x.Own)}
		}))
	}
	if d := e.DataFiles; d != nil {
		add("Largest files", []string{"File", "#Size"}, rowsOf(d.Largest, func(f diagnostics.FileSize) ui.Row {
			return ui.Row{ui.Text(f.Name), g.Text(ui.Bytes(int64(f.Bytes)))}
		}))
	}
	for _, path := range slices.Sorted(maps.Keys(e.Unavailable)) {
		parts = append(parts, h.P(g.Text(path+" is not available: "+ui.Clean(e.Unavailable[path]))))
	}
	if len(parts) == 0 {
		return nil
	}
	return ui.Fold(g.Textf("Evidence in figures, as of %s", e.CheckedAt.UTC().Format("15:04:05 UTC")), parts)
}

func rowsOf[T any](all []T, row func(T) ui.Row) []ui.Row {
	rows := make([]ui.Row, 0, len(all))
	for _, x := range all {
		rows = append(rows, row(x))
	}
	return rows
}

func nodeOrNone(n g.Node) g.Node {
	if n == nil {
		return ui.None()
	}
	return n
}

// countRows returns a row for each name, those with the highest count first.
func countRows(counts map[string]int) []ui.Row {
	return rowsOf(byCount(counts), func(name string) ui.Row { return ui.Row{ui.Text(name), countOf(counts[name])} })
}

func byCount(counts map[string]int) []string {
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
}

// allFigures shows everything that vega knows of the machine, folded.
func allFigures(s monitor.System) g.Node {
	return g.Group{
		ui.Fold(g.Text("vega's process"), processFacts(s)),
		ui.Fold(g.Text("Host and container"), hostFacts(s), pressureTable(s)),
		g.If(len(s.Unavailable) > 0, ui.Fold(g.Text(ui.Count(len(s.Unavailable), "figure")+" that this machine doesn't have"),
			ui.Table("Missing figures", []string{"Figure", "Why"}, rowsOf(slices.Sorted(maps.Keys(s.Unavailable)), func(path string) ui.Row {
				return ui.Row{g.Text(path), ui.Text(s.Unavailable[path])}
			})))),
	}
}

func processFacts(s monitor.System) g.Node {
	facts := []ui.Fact{
		{Name: "Process ID", Value: countOf(s.Process.PID)},
		{Name: "User", Value: textOf(s.Process.Username)},
		{Name: "Directory", Value: textOf(s.Process.CWD)},
		{Name: "Program", Value: textOf(s.Process.Executable)},
		{Name: "Memory", Value: sizeOf(s.Memory.ProcessRSS)},
		{Name: "Processors", Value: valueOf(policies.Percent, s.CPU.ProcessPercent)},
		{Name: "Threads", Value: valueOf(policies.Count, s.Threads.Total)},
		{Name: "Goroutines", Value: countOf(s.Threads.GoRoutines)},
		{Name: "Heap", Value: g.Text(ui.Bytes(int64(s.Runtime.Heap.Used)) + " in use, " + ui.Bytes(int64(s.Runtime.Heap.Total)) + " obtained from the system")},
		{Name: "Garbage collection", Value: valueOf(policies.Percent, s.Runtime.GC.CPUPercent)},
		{Name: "Wait for a processor, p99", Value: valueOf(policies.Milliseconds, s.Runtime.Sched.P99)},
	}
	if p := s.Process.CreateTime; p != nil {
		facts = append(facts, ui.Fact{Name: "Started", Value: ui.Time(*p)})
	}
	if p := s.Places; p != nil {
		facts = append(facts, ui.Fact{Name: "Places for checks", Value: g.Textf("%d of %d in use, %s waiting; %d found no place since the start", p.Used, p.Size, ui.Count(p.Waiting, "check"), p.NotStarted)},
			ui.Fact{Name: "Their number is set by", Value: ui.Text(p.Limit)})
	}
	if r := s.Release; r != nil {
		facts = append(facts, ui.Fact{Name: "Version", Value: g.Text(strings.TrimSpace(r.Version + " " + r.Commit))}, ui.Fact{Name: "Built with", Value: g.Text(r.Go + ", " + r.Platform)})
	}
	return ui.Facts(facts...)
}

func hostFacts(s monitor.System) g.Node {
	facts := []ui.Fact{
		{Name: "Memory of the host", Value: sizeOf(s.Memory.SystemTotal)},
		{Name: "Available", Value: sizeOf(s.Memory.SystemAvailable)},
		{Name: "Processors of the host", Value: valueOf(policies.Count, s.CPU.HostCores)},
		{Name: "Use of the processors", Value: valueOf(policies.Percent, s.CPU.HostPercent)},
		{Name: "Throttled", Value: valueOf(policies.Percent, s.CPU.ThrottledPercent)},
	}
	if n := s.Network; n.Total != nil {
		var states []string
		for _, name := range byCount(n.ByStatus) {
			states = append(states, fmt.Sprintf("%d %s", n.ByStatus[name], name))
		}
		facts = append(facts, ui.Fact{Name: "Connections", Value: ui.Text(fmt.Sprintf("%d: %s", *n.Total, strings.Join(states, ", ")))})
	}
	if c := s.Container; c.Limited && c.Version != nil {
		facts = append(facts, ui.Fact{Name: "Container", Value: g.Text("cgroups " + *c.Version)})
		if m := c.Memory; m != nil {
			facts = append(facts, ui.Fact{Name: "Memory of the container", Value: sizeOf(m.Limit)}, ui.Fact{Name: "Out-of-memory kills", Value: valueOf(policies.Count, m.OOMKills)})
		}
		if c.CPU != nil {
			facts = append(facts, ui.Fact{Name: "Processors of the container", Value: g.Textf("%.3g", c.CPU.Cores)})
		}
		if p := c.PIDs; p != nil {
			facts = append(facts, ui.Fact{Name: "Tasks of the container", Value: g.Textf("%d of %d", p.Current, p.Limit)})
		}
	}
	return ui.Facts(facts...)
}

// pressureTable shows how long some task waited for a resource.
func pressureTable(s monitor.System) g.Node {
	var rows []ui.Row
	for _, r := range []struct {
		name string
		of   *diagnostics.Stall
	}{{"Processors", s.Pressure.CPU}, {"Memory", s.Pressure.Memory}, {"Disks", s.Pressure.IO}} {
		if r.of != nil {
			rows = append(rows, ui.Row{g.Text(r.name), g.Text(policies.Percent.Format(r.of.Some.Avg10)), g.Text(policies.Percent.Format(r.of.Some.Avg60)), g.Text(policies.Percent.Format(r.of.Some.Avg300))})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return g.Group{h.H3(g.Text("Time for which tasks waited")), ui.Table("Time for which tasks waited", []string{"For", "#Last 10 s", "#Last minute", "#Last 5 min"}, rows)}
}

func textOf(s *string) g.Node {
	if s == nil {
		return nil
	}
	return ui.Text(*s)
}

func sizeOf(n *uint64) g.Node {
	if n == nil {
		return nil
	}
	return g.Text(ui.Bytes(int64(min(*n, 1<<62))))
}
