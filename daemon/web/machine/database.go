package machine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/databases"
	"vega/daemon/web/ui"
	"vega/policies"
	"vega/store/profile"
)

// The lengths of lists in a section. Further entries are folded, or left out.
const (
	shownStatements = 20
	maxStatements   = 200
)

// Databases returns vega's own database and the configured ones. Those with a problem come
// first and are open.
func Databases(s databases.Stats) g.Node {
	var all []databaseView
	for n, report := range append([]databases.Report{s.Report}, s.Databases...) {
		all = append(all, newDatabaseView(report, fmt.Sprintf("database-%d", n)))
	}
	slices.SortStableFunc(all, byTrouble)
	return g.Group{databaseTable(all), g.Map(all, databaseView.section)}
}

// databaseTable compares the databases.
func databaseTable(all []databaseView) g.Node {
	var rows []ui.Row
	for _, v := range all {
		q := v.Queries
		half, most := ui.None(), ui.None()
		if q.Total > 0 {
			half, most = milliseconds(q.P50MS), milliseconds(q.P99MS)
		}
		rows = append(rows, ui.Row{
			h.A(h.Href("#"+v.id), ui.Text(v.Name)), v.mark(), cleaned(v.Driver), countOf(q.Total), countOf(q.Slow), countOf(q.Failed), half, most,
		})
	}
	return ui.Table("Databases", []string{"Database", "State", "Driver", "#Queries", "#Slow", "#Failed", "#p50", "#p99"}, rows)
}

// databaseView is a report with what the page shows of it first.
type databaseView struct {
	databases.Report
	id   string                       // of its section
	slow []databases.AdvisedStatement // that had slow runs, or that vega knows a remedy for, the worst first
}

func newDatabaseView(r databases.Report, id string) databaseView {
	v := databaseView{Report: r, id: id}
	for _, s := range r.Statements {
		if s.Slow > 0 || hasRemedy(s.Advice) && r.Name != databases.OwnDatabase { // its statements are not the operator's to change
			v.slow = append(v.slow, s)
		}
	}
	slices.SortStableFunc(v.slow, func(a, b databases.AdvisedStatement) int {
		return cmp.Or(cmp.Compare(b.Slow, a.Slow), cmp.Compare(b.TotalMS, a.TotalMS))
	})
	return v
}

// byTrouble orders databases by what is wrong, and then by the share of slow queries.
func byTrouble(a, b databaseView) int {
	slow := func(v databaseView) float64 { return float64(v.Queries.Slow) / float64(max(v.Queries.Total, 1)) }
	return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(slow(b), slow(a)))
}

// rank orders databases: those that can't be reached, those with slow statements or
// advice, those with notes, the others.
func (v databaseView) rank() int {
	switch {
	case v.Unavailable != "":
		return 0
	case len(v.slow) > 0 || v.Queries.Failed > 0 || v.Server != nil && len(v.Server.MissingIndexes) > 0:
		return 1
	case len(v.Notes) > 0:
		return 2
	default:
		return 3
	}
}

func (v databaseView) mark() g.Node {
	switch v.rank() {
	case 0:
		return ui.Mark(ui.Bad, "unavailable")
	case 1:
		return ui.Mark(ui.Warning, v.complaint())
	case 2:
		return ui.Mark(ui.Info, ui.Count(len(v.Notes), "note"))
	}
	if v.Queries.Total == 0 {
		return ui.Mark(ui.Info, "no queries yet")
	}
	return ui.Mark(ui.Good, "fine")
}

// complaint says what is wrong in a few words.
func (v databaseView) complaint() string {
	var parts []string
	if n := len(v.slow); n > 0 {
		parts = append(parts, fmt.Sprintf("%s to look at", ui.Count(n, "statement")))
	}
	if n := v.Queries.Failed; n > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", n))
	}
	if v.Server != nil && len(v.Server.MissingIndexes) > 0 {
		parts = append(parts, ui.Count(len(v.Server.MissingIndexes), "table")+" without a fitting index")
	}
	return strings.Join(parts, ", ")
}

// section returns everything about a database.
func (v databaseView) section() g.Node {
	return h.Details(h.Class("group database"), h.ID(v.id), g.If(v.rank() < 3, g.Attr("open")),
		h.Summary(h.H2(cleaned(v.Name)), g.Text(" "), v.mark()),
		g.If(v.Unavailable != "", ui.Notice(ui.Bad, ui.Text(v.Unavailable))),
		g.Map(v.Notes, func(note string) g.Node { return ui.Notice(ui.Warning, ui.Text(note)) }),
		v.slowStatements(), v.server(), v.failedQueries(), v.openRows(), v.statements(), v.pools(), v.file(),
	)
}

// slowStatements shows each statement that is slow or has advice, with its plan.
func (v databaseView) slowStatements() g.Node {
	if len(v.slow) == 0 {
		return g.If(v.Unavailable == "", ui.Empty("No query took "+policies.Milliseconds.Format(v.SlowMS)+" or longer, and no statement reads more than it needs."))
	}
	var rest g.Node
	if n := len(v.slow) - shownStatements; n > 0 {
		rest = h.P(g.Text(ui.Count(n, "further statement") + " with slow queries: see the list of all statements."))
	}
	return g.Group{
		h.H3(g.Text("Slow statements, and those that read too much")),
		g.Map(v.slow[:min(len(v.slow), shownStatements)], v.statement), rest,
	}
}

// statement shows a statement with its advice, and the plan of its last slow query.
func (v databaseView) statement(s databases.AdvisedStatement) g.Node {
	return h.Article(h.Class("panel statement"),
		h.Div(h.Class("sql"), ui.Text(s.Statement.Statement)),
		h.P(h.Class("dim"), g.Textf("%d of %d slow · p50 %s · p99 %s · longest %s · in total %s", s.Slow, s.Total,
			policies.Milliseconds.Format(s.P50MS), policies.Milliseconds.Format(s.P99MS), policies.Milliseconds.Format(s.MaxMS), policies.Milliseconds.Format(s.TotalMS))),
		adviceOn(s.Advice), v.lastSlow(s.Statement),
	)
}

// lastSlow shows the last slow query of a statement, and the plan that it had.
func (v databaseView) lastSlow(s profile.Statement) g.Node {
	by := g.Group{g.Text("Sent by "), h.Code(cleaned(s.Function))}
	n := slices.IndexFunc(v.Slow, func(q databases.AdvisedQuery) bool { return q.Fingerprint == s.Fingerprint })
	if n < 0 {
		return h.P(h.Class("dim"), by)
	}
	q := v.Slow[n]
	var plan g.Node
	if q.Plan != "" {
		plan = ui.Fold(g.Text("Plan of the last slow query"), preformatted("Plan", strings.Split(ui.Cut(q.Plan, maxPlan), "\n")...))
	}
	return g.Group{
		plan,
		h.P(h.Class("dim"), by, g.Text(". Last slow query: "), ui.Time(q.At), g.Textf(", %s, %s, pool ", policies.Milliseconds.Format(q.DurationMS), ui.Count(int(q.Rows), "row")), h.Code(cleaned(q.Pool)), correlationOf(q.CorrelationID)),
	}
}

const maxPlan = 16 << 10

// correlationOf returns what to search the log for.
func correlationOf(id string) g.Node {
	if id == "" {
		return nil
	}
	return g.Group{g.Text(", correlation ID "), h.Code(cleaned(id))}
}

// failedQueries shows the last queries with errors.
func (v databaseView) failedQueries() g.Node {
	if len(v.Failed) == 0 {
		return nil
	}
	var rows []ui.Row
	for _, q := range v.Failed {
		rows = append(rows, ui.Row{ui.Time(q.At), ui.Text(q.Error), ui.Text(q.Statement), h.Code(cleaned(q.Function)), h.Code(cleaned(q.CorrelationID))})
	}
	return g.Group{h.H3(g.Text("Last failed queries")), ui.Table("Last failed queries", []string{"At", "Error", "Statement", "Sent by", "Correlation ID"}, rows)}
}

// openRows shows results that are not closed, because they hold a connection.
func (v databaseView) openRows() g.Node {
	if len(v.Open) == 0 {
		return nil
	}
	var rows []ui.Row
	for _, o := range v.Open {
		rows = append(rows, ui.Row{milliseconds(o.OpenMS), ui.Text(o.Statement), h.Code(cleaned(o.Function)), cleaned(o.Pool), h.Code(cleaned(o.CorrelationID))})
	}
	return ui.Fold(g.Text("Results that are open now"), ui.Table("Open results", []string{"#Open for", "Statement", "Sent by", "Pool", "Correlation ID"}, rows))
}

// statements shows all statements by what they cost in total.
func (v databaseView) statements() g.Node {
	if len(v.Statements) == 0 {
		return nil
	}
	var rows []ui.Row
	for _, s := range v.Statements[:min(len(v.Statements), maxStatements)] {
		rows = append(rows, ui.Row{ui.Text(s.Statement.Statement), countOf(s.Total), countOf(s.Slow), countOf(s.Failed), milliseconds(s.AvgMS), milliseconds(s.P95MS), milliseconds(s.P99MS), milliseconds(s.TotalMS)})
	}
	return ui.Fold(g.Text("All statements, by their total time, since "+v.Since.UTC().Format("2006-01-02 15:04 UTC")),
		ui.Table("All statements", []string{"Statement", "#Queries", "#Slow", "#Failed", "#Average", "#p95", "#p99", "#Total"}, rows),
		g.If(v.Other > 0, h.P(g.Textf("%d queries belong to statements beyond those that vega counts one by one.", v.Other))),
	)
}

func (v databaseView) pools() g.Node {
	if len(v.Pools) == 0 {
		return nil
	}
	var rows []ui.Row
	for _, p := range v.Pools {
		limit := "no limit"
		if p.MaxOpen > 0 {
			limit = fmt.Sprint(p.MaxOpen)
		}
		rows = append(rows, ui.Row{cleaned(p.Name), countOf(p.InUse), countOf(p.Idle), g.Text(limit), countOf(p.Waiting), countOf(p.WaitCount), milliseconds(p.WaitMS)})
	}
	return ui.Fold(g.Text("Connections"), ui.Table("Connections", []string{"Pool", "#In use", "#Idle", "#Limit", "#Waiting", "#Waited", "#Time waited"}, rows))
}
