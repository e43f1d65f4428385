package web

import (
	"fmt"
	"maps"
	"net/http"
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

// failing are the statuses of runs that are listed as failures.
var failing = []check.Status{check.Unhealthy, check.Degraded, check.Unknown}

// past is what an integration was.
type past struct {
	name   string
	days   []day
	parts  []part
	recent []daemon.RunReport // that failed, the last one first
	chart  chart
}

// part is the uptime of a period until now.
type part struct {
	window string
	trends.UptimeReport
}

// windows are the names of trends.Windows, the shortest first.
var windows = []string{"24h", "7d", "30d", "90d"}

// pastOf reads what an integration was. The error is an *engine.UnknownError if nothing is
// known of it.
func (s integrationPages) pastOf(r *Request, name string) (p past, err error) {
	p.name = name
	now, ctx := time.Now(), r.Context()
	failures, err := s.sources.Runs(ctx, store.RunQuery{Integration: name, Statuses: failing, Limit: maxFailures})
	if err != nil {
		return p, err
	}
	p.recent = failures.Runs
	for _, window := range windows {
		one, err := s.sources.Uptime(ctx, name, trends.WindowSince(trends.Windows[window], now), now)
		if err != nil {
			return p, err
		}
		p.parts = append(p.parts, part{window, one})
	}
	if p.days, err = s.daysOf(r, name, now); err != nil {
		return p, err
	}
	p.chart, err = s.chartOf(r, name, "")
	return p, err
}

// day is how the time of a day (UTC) is divided.
type day struct {
	at                  time.Time
	*trends.StatusPoint // nil: nothing is known
}

// daysOf returns how each of the last days was, the oldest first.
func (s integrationPages) daysOf(r *Request, name string, now time.Time) ([]day, error) {
	const length = 24 * time.Hour
	first := now.UTC().Truncate(length).Add(-(barDays - 1) * length)
	span, err := trends.NewSpan(first, now, length, now)
	if err != nil {
		return nil, err
	}
	found, err := s.sources.Trend(r.Context(), name, "", span)
	if err != nil {
		return nil, err
	}
	days := make([]day, barDays)
	for n := range days {
		days[n].at = first.Add(time.Duration(n) * length)
	}
	for _, p := range found.Points {
		if n := int(p.At.Sub(first) / length); n >= 0 && n < barDays {
			days[n].StatusPoint = p.Status
		}
	}
	return days, nil
}

// bar returns a day for the bar.
func (d *day) bar() ui.Day {
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

// uptime shows the bar of the last days, the uptime of some periods, and the days with an
// interruption.
func (p *past) uptime() g.Node {
	facts := make([]ui.Fact, len(p.parts))
	for n, one := range p.parts {
		facts[n] = ui.Fact{Name: one.window, Value: one.node()}
	}
	bar, rows := make([]ui.Day, len(p.days)), []ui.Row{}
	for n := range p.days {
		bar[n] = p.days[n].bar()
	}
	for _, d := range slices.Backward(p.days) {
		if s := d.StatusPoint; s != nil && s.DownMS+s.UnknownMS+s.MaintenanceMS > 0 {
			rows = append(rows, ui.Row{g.Text(d.at.Format("2006-01-02")), span(s.DownMS), span(s.UnknownMS), span(s.MaintenanceMS)})
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
		text += ", down for " + ui.Duration(spent(p.DownMS))
	}
	return g.Text(text)
}

// percent formats an uptime. It rounds down, so that only an uptime without an interruption
// is 100 %.
func percent(v float64) string {
	return strconv.FormatFloat(float64(int64(v*1000))/1000, 'f', -1, 64) + " %"
}

// failures lists the last runs that failed. Runs in a row that say the same share an entry.
func (p *past) failures(r *Request) g.Node {
	all := h.A(h.Href(r.Link("/integrations/%s/runs", p.name)), g.Text("All runs"))
	if len(p.recent) == 0 {
		return h.Section(h.Class("failures"), h.H2(g.Text("Last failures")), ui.Empty("No run that is stored failed. ", all))
	}
	return h.Section(h.Class("failures"), h.H2(g.Text("Last failures")), runTable(r, "Last failures", p.name, streaks(p.recent), detailsOfFailure), h.P(all))
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
	detailsOfRun     = 1 << 10
	detailsAlone     = 1 << 20
)

// runTable lists runs. Of the details of each entry, it shows so many bytes.
func runTable(r *Request, label, name string, all []streak, details int) g.Node {
	rows := make([]ui.Row, len(all))
	for n, runs := range all {
		one := &runs[0]
		cause := ui.None()
		if one.Cause != check.NoCause {
			cause = g.Text(causes[one.Cause])
		}
		report, more := reportOf(one, details), runs[1:]
		if len(more) > 0 {
			report = g.Group{report, ui.Fold(g.Text(ui.Count(len(more), "run")+" before said the same"), h.Ul(g.Map(more, func(m daemon.RunReport) g.Node {
				return h.Li(runLink(r, name, &m), g.Text(", "+ui.Duration(spent(m.ResponseTimeMS))+", "), h.Code(cleaned(m.CorrelationID)))
			})))}
		}
		rows[n] = ui.Row{runLink(r, name, one), ui.Status(one.Status), cause, report, g.Text(ui.Duration(spent(one.ResponseTimeMS))), h.Code(cleaned(one.CorrelationID))}
	}
	return ui.Table(label, []string{"Time", "Status", "Cause", "Message and details", "#Took", "Correlation ID"}, rows)
}

// runLink leads to a run alone, by when it began.
func runLink(r *Request, name string, run *daemon.RunReport) g.Node {
	began := time.Time{}
	if run.CheckedAt != nil {
		began = *run.CheckedAt
	}
	return h.A(h.Href(r.Link("/integrations/%s/runs", name)+"?"+url.Values{"run": {decimal(run.ID)}, "at": {decimal(began.UnixMilli())}}.Encode()), ui.Time(began))
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
		facts = append(facts, ui.Fact{Name: ui.Clean(m.Name), Value: amount(policies.UnitOf(m.Unit), m.Value)})
	}
	if strain := strainOf(run.Contention); strain != "" {
		facts = append(facts, ui.Fact{Name: "Strain of the host", Value: g.Text(strain)})
	}
	if len(facts)+left == 0 {
		return ui.Text(run.Message)
	}
	return g.Group{ui.Text(run.Message), ui.Fold(g.Text("Details"), ui.Facts(facts...), g.If(left > 0, h.P(g.Text(ui.Count(left, "detail")+" more: open the run by its time."))))}
}

// strainOf describes what kept vega from running, or returns "".
func strainOf(c *engine.Contention) string {
	if c == nil {
		return ""
	}
	var all []string
	add := func(ms float64, text string) {
		if ms >= 1 {
			all = append(all, fmt.Sprintf(text, ui.Duration(spent(ms))))
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

// runs shows a page of the runs of an integration, or one run in full.
func (s integrationPages) runs(r *Request) error {
	q := r.URL.Query()
	name := r.Param("name")
	query := store.RunQuery{Integration: name, Cursor: q.Get("cursor")}
	if status := q.Get("status"); status != "" {
		query.Statuses = []check.Status{check.Status(status)}
	}
	if run := q.Get("run"); run != "" {
		return s.run(r, name, run, q.Get("at"))
	}
	page, err := s.sources.Runs(r.Context(), query)
	if err != nil {
		return err
	}
	table := ui.Empty("No run like that is stored.")
	if len(page.Runs) > 0 {
		table = runTable(r, "Runs", name, each(page.Runs), detailsOfRun)
	}
	here := r.Link("/integrations/%s/runs", name)
	return r.Show(Page{Title: "Runs of " + name, Nav: "/", Body: g.Group{
		h.H1(g.Text("Runs of "), integrationLinks(r, name)),
		h.Form(h.Method("get"), h.Action(here), h.Class("filter"), ui.Field("Status", h.Select(h.Name("status"),
			h.Option(h.Value(""), g.Text("all")),
			g.Map(slices.Concat([]check.Status{check.Healthy}, failing), func(one check.Status) g.Node {
				return h.Option(h.Value(string(one)), g.If(q.Get("status") == string(one), h.Selected()), g.Text(ui.Word(one)))
			}))), h.Button(h.Type("submit"), g.Text("Show"))),
		table,
		g.If(page.Next != "", h.P(h.A(h.Rel("next"), h.Href(here+"?"+url.Values{"status": {q.Get("status")}, "cursor": {page.Next}}.Encode()), g.Text("Earlier runs")))),
	}})
}

// run shows one run in full. Its ID and when it began, in milliseconds since 1970, say which.
func (s integrationPages) run(r *Request, name, id, at string) error {
	began, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return &store.InvalidError{Field: "at", Reason: "it is not the time of a run in milliseconds; open the run from the list of runs"}
	}
	from := time.UnixMilli(began)
	page, err := s.sources.Runs(r.Context(), store.RunQuery{Integration: name, Since: from, Until: from.Add(time.Millisecond)})
	if err != nil {
		return err
	}
	n := slices.IndexFunc(page.Runs, func(one daemon.RunReport) bool { return decimal(one.ID) == id })
	if n < 0 {
		return &Error{http.StatusNotFound, "this run is not stored any longer"}
	}
	return r.Show(Page{Title: "A run of " + name, Nav: "/", Body: g.Group{
		h.H1(g.Text("A run of "), integrationLinks(r, name)),
		runTable(r, "Run", name, each(page.Runs[n:n+1]), detailsAlone),
		h.P(g.Text("Plugin: "), h.Code(g.Text(page.Runs[n].Digest))),
	}})
}
