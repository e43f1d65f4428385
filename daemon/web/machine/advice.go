package machine

import (
	"maps"
	"slices"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/databases"
	"vega/daemon/web/ui"
	"vega/policies"
	"vega/store/sqlite"
)

// hasRemedy reports whether advice says what solves a problem.
func hasRemedy(a *sqlite.Advice) bool {
	return a != nil && (len(a.Indexes) > 0 || a.Analyze || a.Rewrite != "")
}

// adviceOn shows what is wrong with a statement's plan, and what solves it.
func adviceOn(a *sqlite.Advice) g.Node {
	if a == nil {
		return nil
	}
	var rewrite g.Node
	if a.Rewrite != "" {
		rewrite = g.Group{h.P(g.Text("A query that reads only the rows of its page:")), preformatted("Rewritten statement", a.Rewrite)}
	}
	label := "The plan: "
	if hasRemedy(a) {
		label = "What to do: "
	}
	return h.Div(h.Class("advice"),
		h.P(h.Strong(g.Text(label)), cleaned(a.Text)),
		g.Map(a.Indexes, func(x sqlite.Index) g.Node { return preformatted("Index", x.SQL) }),
		g.If(a.Analyze, preformatted("Command", "ANALYZE")), rewrite,
		ui.Fold(g.Text("Plan"), advicePlans(a)),
	)
}

// advicePlans shows the plan as it is, its problems, and the plan with the advice.
func advicePlans(a *sqlite.Advice) g.Node {
	var after g.Node
	if len(a.PlanAfter) > 0 {
		after = g.Group{h.P(g.Text("With the advice:")), preformatted("Plan with the advice", a.PlanAfter...)}
	}
	return g.Group{
		preformatted("Plan", a.Plan...),
		h.Ul(g.Map(a.Problems, func(p string) g.Node { return h.Li(cleaned(p)) })),
		after,
	}
}

// file shows a SQLite file.
func (v databaseView) file() g.Node {
	f := v.File
	if f == nil {
		return nil
	}
	var findings g.Group
	var indexes []ui.Row
	for _, x := range f.Indexes {
		if x.Finding != nil {
			findings = append(findings, ui.Notice(ui.Warning, h.P(cleaned(x.Finding.Text)), preformatted("Command", x.Finding.SQL)))
		}
		columns := strings.Join(x.Columns, ", ")
		indexes = append(indexes, ui.Row{ui.Text(x.Name), ui.Text(x.Table), ui.Text(columns), g.Text(indexKind(x))})
	}
	var tables []ui.Row
	for _, name := range slices.Sorted(maps.Keys(f.Tables)) {
		tables = append(tables, ui.Row{ui.Text(name), countOf(f.Tables[name])})
	}
	return g.Group{findings, ui.Fold(g.Textf("File: %.1f MiB, write-ahead log %.1f MiB, %s", f.SizeMB, f.WALMB, ui.Count(len(f.Tables), "table")),
		ui.Facts(ui.Fact{Name: "Path", Value: ui.Text(f.Path)}),
		ui.Table("Tables", []string{"Table", "#Rows, about"}, tables),
		ui.Table("Indexes", []string{"Index", "Table", "Columns", "Kind"}, indexes),
	)}
}

func indexKind(x sqlite.IndexInfo) string {
	var words []string
	if x.Unique {
		words = append(words, "unique")
	}
	if x.Partial {
		words = append(words, "partial")
	}
	return strings.Join(words, ", ")
}

// server shows the statistics of a PostgreSQL server, which cover all of its clients.
func (v databaseView) server() g.Node {
	s := v.Server
	if s == nil {
		return g.If(v.ServerUnavailable != "", ui.Notice(ui.Info, g.Text("Server statistics are not available: "), ui.Text(v.ServerUnavailable)))
	}
	return g.Group{
		g.Map(s.MissingIndexes, func(t databases.ScannedTable) g.Node {
			return ui.Notice(ui.Warning, h.P(h.Strong(cleaned(t.Schema+"."+t.Table))), ui.Text(t.Hint),
				h.P(g.Textf("%d rows, %d sequential scans that read %d rows, %d index scans.", t.Rows, t.SeqScans, t.RowsRead, t.IndexScans)))
		}),
		ui.Fold(g.Text("Server, over all its clients"), serverFacts(s), deadRows(s), serverStatements(s)),
	}
}

func serverFacts(s *databases.ServerStats) g.Node {
	states := make([]string, 0, len(s.Connections.ByState))
	for _, name := range slices.Sorted(maps.Keys(s.Connections.ByState)) {
		states = append(states, name+": "+policies.Count.Format(float64(s.Connections.ByState[name])))
	}
	return ui.Facts(
		ui.Fact{Name: "Version", Value: ui.Text(s.Version)},
		ui.Fact{Name: "From", Value: ui.Time(s.Since)},
		ui.Fact{Name: "To", Value: ui.Time(s.At)},
		ui.Fact{Name: "Connections", Value: g.Textf("%d of %d", s.Connections.Total, s.Connections.Max)},
		ui.Fact{Name: "By state", Value: ui.Text(strings.Join(states, ", "))},
		ui.Fact{Name: "Oldest open transaction", Value: milliseconds(s.Connections.LongestTransactionMS)},
		ui.Fact{Name: "Read from the cache", Value: valueOf(policies.Percent, s.CacheHitPercent)},
		ui.Fact{Name: "Commits", Value: countOf(s.Commits)},
		ui.Fact{Name: "Rollbacks", Value: countOf(s.Rollbacks)},
		ui.Fact{Name: "Deadlocks", Value: countOf(s.Deadlocks)},
		ui.Fact{Name: "Temporary files", Value: g.Text(ui.Bytes(s.TempBytes))},
	)
}

func deadRows(s *databases.ServerStats) g.Node {
	if len(s.Tables) == 0 {
		return nil
	}
	var rows []ui.Row
	for _, t := range s.Tables {
		vacuumed := ui.None()
		if t.LastAutovacuum != nil {
			vacuumed = ui.Time(*t.LastAutovacuum)
		}
		rows = append(rows, ui.Row{ui.Text(t.Schema + "." + t.Table), countOf(t.LiveRows), countOf(t.DeadRows), g.Text(policies.Percent.Format(t.DeadPercent)), vacuumed})
	}
	return g.Group{h.H3(g.Text("Tables with dead rows")), ui.Table("Tables with dead rows", []string{"Table", "#Rows", "#Dead rows", "#Dead", "Last autovacuum"}, rows)}
}

func serverStatements(s *databases.ServerStats) g.Node {
	var missing g.Node
	if s.StatementsUnavailable != "" {
		missing = ui.Notice(ui.Info, ui.Text(s.StatementsUnavailable))
	}
	var rows []ui.Row
	for _, q := range s.Statements {
		text := q.Statement
		if text == "" {
			text = "hidden: the role that vega logs in with may not see it"
		}
		rows = append(rows, ui.Row{ui.Text(text), countOf(q.Calls), countOf(q.Rows), milliseconds(q.AvgMS), milliseconds(q.TotalMS)})
	}
	if len(rows) == 0 {
		return missing
	}
	return g.Group{missing, h.H3(g.Text("Statements that took the most time")), ui.Table("Statements that took the most time", []string{"Statement", "#Calls", "#Rows", "#Average", "#Total"}, rows)}
}
