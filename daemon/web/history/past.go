// Package history shows what integrations were: their uptime, their failures and runs, and
// charts of what they measured. Metric blocks share the charts.
//
// A chart is drawn by assets/chart.js from a Drawing, and its figures are a table for
// browsers without scripts.
package history

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon"
	"vega/daemon/engine"
	"vega/daemon/trends"
	"vega/daemon/web/ui"
	"vega/policies"
	"vega/policies/check"
	"vega/store"
)

// The days of the bar, and the failures of the list, of the page of an integration.
const (
	barDays     = 90
	maxFailures = 20
)

// Failing are the statuses of runs that are listed as failures.
var Failing = []check.Status{check.Unhealthy, check.Degraded, check.Unknown}

// Sources is what is read of an integration.
type Sources interface {
	Runs(ctx context.Context, q store.RunQuery) (daemon.RunPage, error)
	Uptime(ctx context.Context, name string, since, until time.Time) (trends.UptimeReport, error)
	Trend(ctx context.Context, name, metric string, span trends.Span) (trends.IntegrationHistory, error)
}

// Past is what an integration was.
type Past struct {
	view   View
	name   string
	days   []trends.Day
	parts  []part
	recent []daemon.RunReport // that failed, the last one first
	chart  Chart
}

// part is the uptime of a period until now.
type part struct {
	window string
	trends.UptimeReport
}

// Read reads what an integration was. The error is an *engine.UnknownError if nothing is
// known of it.
func Read(ctx context.Context, from Sources, v View, name string) (p Past, err error) {
	p.view, p.name = v, name
	now := time.Now()
	failures, err := from.Runs(ctx, store.RunQuery{Integration: name, Statuses: Failing, Limit: maxFailures})
	if err != nil {
		return p, err
	}
	p.recent = failures.Runs
	for _, window := range trends.WindowNames {
		one, err := from.Uptime(ctx, name, trends.WindowSince(trends.Windows[window], now), now)
		if err != nil {
			return p, err
		}
		p.parts = append(p.parts, part{window, one})
	}
	if p.days, err = daysOf(ctx, from, name, now); err != nil {
		return p, err
	}
	p.chart, err = v.ChartOf(ctx, from, name, "")
	return p, err
}

// daysOf returns how each of the last days was, the oldest first.
func daysOf(ctx context.Context, from Sources, name string, now time.Time) ([]trends.Day, error) {
	span, err := trends.LastDays(barDays, now)
	if err != nil {
		return nil, err
	}
	found, err := from.Trend(ctx, name, "", span)
	if err != nil {
		return nil, err
	}
	return span.Days(found.Points), nil
}

// barOf returns a day for the bar.
func barOf(d *trends.Day) ui.Day {
	if d.StatusPoint == nil {
		return ui.Day{}
	}
	out := ui.Day{Known: true, Up: 1, Worst: check.Healthy}
	total := d.UpMS + d.DownMS + d.UnknownMS
	switch {
	case d.DownMS > 0:
		out.Worst = check.Unhealthy
	case d.UnknownMS > 0:
		out.Worst = check.Unknown
	case d.UpMS == 0:
		out.Worst = check.Disabled
	}
	if total > 0 {
		out.Up = float64(d.UpMS) / float64(total)
	}
	return out
}

// Uptime shows the bar of the last days, the uptime of some periods, and the days with an
// interruption.
func (p *Past) Uptime() g.Node {
	facts := make([]ui.Fact, len(p.parts))
	for n, one := range p.parts {
		facts[n] = ui.Fact{Name: one.window, Value: one.node()}
	}
	bar, rows := make([]ui.Day, len(p.days)), []ui.Row{}
	for n := range p.days {
		bar[n] = barOf(&p.days[n])
	}
	for _, d := range slices.Backward(p.days) {
		if s := d.StatusPoint; s != nil && s.DownMS+s.UnknownMS+s.MaintenanceMS > 0 {
			rows = append(rows, ui.Row{g.Text(d.At.Format("2006-01-02")), span(s.DownMS), span(s.UnknownMS), span(s.MaintenanceMS)})
		}
	}
	return h.Section(h.Class("uptime"), h.H2(g.Text("Uptime of 90 days")), ui.Uptime(bar), ui.Facts(facts...),
		g.Iff(len(rows) > 0, func() g.Node {
			return ui.Fold(g.Text(ui.Count(len(rows), "day")+" with an interruption"), ui.Table("Days with an interruption", []string{"Day (UTC)", "#Down", "#Unknown", "#Maintenance"}, rows))
		}))
}

// node shows a percentage, or the two between which it is if some time is unknown.
func (p part) node() g.Node {
	if p.MinPercent == nil || p.MaxPercent == nil {
		return g.Text("not known yet")
	}
	text := percent(*p.MinPercent)
	if most := percent(*p.MaxPercent); most != text {
		text += " to " + most
	}
	if p.DownMS > 0 {
		text += ", down for " + ui.Duration(Spent(p.DownMS))
	}
	return g.Text(text)
}

// percent formats an uptime. It rounds down, so that only an uptime without an interruption
// is 100 %.
func percent(v float64) string {
	return strconv.FormatFloat(math.Floor(v*1000+1e-6)/1000, 'f', -1, 64) + " %" // 64.1*1000 is less than 64100
}

// Failures lists the last runs that failed. Runs in a row that say the same share an entry.
func (p *Past) Failures() g.Node {
	v := p.view
	all := h.A(h.Href(v.Link("/integrations/%s/runs", p.name)), g.Text("All runs"))
	if len(p.recent) == 0 {
		return h.Section(h.Class("failures"), h.H2(g.Text("Last failures")), ui.Empty("No stored run failed. ", all))
	}
	return h.Section(h.Class("failures"), h.H2(g.Text("Last failures")), v.table("Last failures", p.name, streaks(p.recent), detailsOfFailure), h.P(all))
}

// streak is runs in a row that say the same, the last one first.
type streak []daemon.RunReport

// streaks divides runs.
func streaks(runs []daemon.RunReport) (all []streak) {
	for from := 0; from < len(runs); {
		to := from + 1
		for to < len(runs) && runs[to].Status == runs[from].Status && runs[to].Cause == runs[from].Cause && runs[to].Message == runs[from].Message {
			to++
		}
		all = append(all, runs[from:to])
		from = to
	}
	return all
}

// each returns every run as an entry of its own.
func each(runs []daemon.RunReport) []streak {
	all := make([]streak, len(runs))
	for n := range runs {
		all[n] = runs[n : n+1]
	}
	return all
}

// The bytes of details that are shown of a run: in a list, and alone.
const (
	detailsOfFailure = 4 << 10
	DetailsOfRun     = 1 << 10
	DetailsAlone     = 1 << 20
)

// Runs lists runs of an integration. Of the details of each, it shows so many bytes.
func (v View) Runs(label, name string, runs []daemon.RunReport, details int) g.Node {
	return v.table(label, name, each(runs), details)
}

func (v View) table(label, name string, all []streak, details int) g.Node {
	rows := make([]ui.Row, len(all))
	for n, runs := range all {
		one := &runs[0]
		cause := ui.None()
		if one.Cause != check.NoCause {
			cause = g.Text(Causes[one.Cause])
		}
		report, more := reportOf(one, details), runs[1:]
		if len(more) > 0 {
			report = g.Group{report, ui.Fold(g.Text(ui.Count(len(more), "earlier run")+" said the same"), h.Ul(g.Map(more, func(m daemon.RunReport) g.Node {
				return h.Li(v.link(name, &m), g.Text(", "+ui.Duration(Spent(m.ResponseTimeMS))+", "), h.Code(g.Text(ui.Clean(m.CorrelationID))))
			})))}
		}
		rows[n] = ui.Row{v.link(name, one), ui.Status(one.Status), cause, report, g.Text(ui.Duration(Spent(one.ResponseTimeMS))), h.Code(g.Text(ui.Clean(one.CorrelationID)))}
	}
	return ui.Table(label, []string{"Time", "Status", "Cause", "Message and details", "#Took", "Correlation ID"}, rows)
}

// link leads to a run alone, by when it began.
func (v View) link(name string, run *daemon.RunReport) g.Node {
	began := time.Time{}
	if run.CheckedAt != nil {
		began = *run.CheckedAt
	}
	return h.A(h.Href(v.Link("/integrations/%s/runs", name)+"?"+url.Values{"run": {Decimal(run.ID)}, "at": {Decimal(began.UnixMilli())}}.Encode()), ui.Time(began))
}

// reportOf shows the message of a run, and folded what else it reported.
func reportOf(run *daemon.RunReport, limit int) g.Node {
	facts, left := []ui.Fact{}, 0
	for _, name := range slices.Sorted(maps.Keys(run.Details)) {
		value := run.Details[name]
		if limit -= len(name) + len(value); limit < 0 {
			left++
			continue
		}
		facts = append(facts, ui.Fact{Name: ui.Clean(name), Value: ui.Text(value)})
	}
	for _, m := range run.Metrics {
		facts = append(facts, ui.Fact{Name: ui.Clean(m.Name), Value: Amount(policies.UnitOf(m.Unit), m.Value)})
	}
	if strain := StrainOf(run.Contention); strain != "" {
		facts = append(facts, ui.Fact{Name: "Strain of the host", Value: g.Text(strain)})
	}
	if len(facts)+left == 0 {
		return ui.Text(run.Message)
	}
	return g.Group{ui.Text(run.Message), ui.Fold(g.Text("Details"), ui.Facts(facts...), g.If(left > 0, h.P(g.Text(ui.Count(left, "detail")+" more: open the run by its time."))))}
}

// StrainOf describes what kept vega from running, or returns "".
func StrainOf(c *engine.Contention) string {
	if c == nil {
		return ""
	}
	var all []string
	add := func(ms float64, text string) {
		if ms >= 1 {
			all = append(all, fmt.Sprintf(text, ui.Duration(Spent(ms))))
		}
	}
	add(c.Late, "vega waited %s for a CPU")
	if c.Pressure != nil {
		add(*c.Pressure, "tasks on this host waited %s for a CPU")
	}
	if c.Throttled != nil {
		add(*c.Throttled, "the CPU quota stopped vega for %s")
	}
	return strings.Join(all, "; ")
}

// Latency shows the response time, as a chart and as a table.
func (p *Past) Latency() g.Node {
	address := p.view.Link("/integrations/%s/chart", p.name) + "?" + url.Values{"range": {p.view.Period}}.Encode()
	return h.Section(h.Class("latency"), h.H2(g.Text("Response time")),
		p.view.Periods(p.view.Link("/integrations/%s", p.name), nil),
		Figure(g.Text("Mean, minimum and maximum"), address, ""),
		ui.Fold(g.Text("As a table"), p.chart.Table("Response time")))
}

// Metrics shows the metrics of a run, each with a chart.
func (v View) Metrics(name string, all []check.Metric) g.Node {
	if len(all) == 0 {
		return nil
	}
	return h.Section(h.Class("metrics"), h.H2(g.Text("Metrics")), h.Div(h.Class("charts"), g.Map(all, func(m check.Metric) g.Node {
		query := url.Values{"metric": {m.Name}, "range": {v.Period}}.Encode()
		caption := g.Group{
			h.A(h.Href(v.Link("/integrations/%s/history", name)+"?"+query), ui.Name(m.Name)),
			g.Text(" "), h.Strong(Amount(policies.UnitOf(m.Unit), m.Value)),
		}
		return Figure(caption, v.Link("/integrations/%s/chart", name)+"?"+query, "")
	})))
}

// Causes says what a cause means.
var Causes = map[check.Cause]string{
	check.Target: "the target", check.Timeout: "the target did not answer in time", check.Probe: "the probe itself failed",
	check.Denied: "the probe may not do what it tried", check.Host: "vega, or the host that it runs on",
}
