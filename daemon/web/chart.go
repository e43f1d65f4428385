package web

import (
	"encoding/json"
	"math"
	"net/url"
	"slices"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/trends"
	"vega/daemon/web/ui"
	"vega/policies"
	"vega/policies/check"
	"vega/store"
)

// The files of pages with charts.
var (
	chartScripts = []string{"uPlot.iife.min.js", "chart.js"}
	chartStyles  = []string{"uPlot.min.css", "chart.css"}
)

// period is what a chart shows, until now.
type period struct {
	name, title  string
	length, step time.Duration
}

// periods are those that charts have, and their steps. Each has at most 168 points, so that
// its table can be read.
var periods = []period{
	{"24h", "24 hours", 24 * time.Hour, 10 * time.Minute},
	{"7d", "7 days", 7 * 24 * time.Hour, time.Hour},
	{"30d", "30 days", 30 * 24 * time.Hour, 6 * time.Hour},
	{"90d", "90 days", 90 * 24 * time.Hour, 24 * time.Hour},
}

// chart is what a page shows of a series over a period.
type chart struct {
	period string
	unit   policies.Unit
	points []trends.Point
}

// period returns the name of the period that ?range= selects.
func (r *Request) period() string {
	if name := r.URL.Query().Get("range"); name != "" {
		return name
	}
	return periods[0].name
}

// spanOf returns the span of a period that ends now.
func spanOf(period string) (trends.Span, error) {
	now := time.Now()
	for _, p := range periods {
		if p.name == period {
			return trends.NewSpan(now.Add(-p.length), now, p.step, now)
		}
	}
	return trends.Span{}, &store.InvalidError{Field: "range", Reason: "it is one of 24h, 7d, 30d and 90d"}
}

// chartOf reads a chart of an integration: of a metric, or with "" of its response time.
func (s integrationPages) chartOf(r *Request, name, metric string) (chart, error) {
	c := chart{period: r.period()}
	span, err := spanOf(c.period)
	if err != nil {
		return c, err
	}
	found, err := s.sources.Trend(r.Context(), name, metric, span)
	c.unit, c.points = policies.UnitOf(found.Unit), found.Points
	return c, err
}

// periodLinks leads to the same page with another period.
func (r *Request) periodLinks(path string, query url.Values) g.Node {
	return h.Nav(h.Class("periods"), h.Aria("label", "Period"), g.Map(periods, func(p period) g.Node {
		return h.A(h.Href(path+"?"+with(query, "range", p.name)), g.If(p.name == r.period(), h.Aria("current", "true")), g.Text(p.title))
	}))
}

// with returns a query with another value, encoded.
func with(query url.Values, name, value string) string {
	all := url.Values{name: {value}}
	for k, v := range query {
		if k != name {
			all[k] = v
		}
	}
	return all.Encode()
}

// figure returns a place for a chart, which the script draws from an address. series is the
// name of one of its series.
func figure(caption g.Node, address, series string) g.Node {
	return h.Figure(h.Class("chart"), h.Data("chart", address), h.Data("series", ui.Clean(series)), h.FigCaption(caption), h.Div(h.Class("plot")))
}

// table returns the figures of a chart, the last ones first.
func (c *chart) table(label string) g.Node {
	columns := []string{"From (UTC)", "#Mean", "#Least", "#Most", "#Count"}
	states := len(c.points) > 0 && c.points[0].Status != nil
	if states {
		columns = append(columns, "#Down", "#Unknown")
	}
	rows := make([]ui.Row, 0, len(c.points))
	for _, p := range slices.Backward(c.points) {
		row := ui.Row{h.Time(h.DateTime(p.At.UTC().Format(time.RFC3339)), g.Text(p.At.UTC().Format("2006-01-02 15:04")))}
		for _, v := range []*float64{p.Mean, p.Min, p.Max} {
			row = append(row, c.value(v))
		}
		row = append(row, g.Text(decimal(p.Count)))
		if states {
			row = append(row, span(p.Status.DownMS), span(p.Status.UnknownMS))
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return ui.Empty("Nothing is stored of this period.")
	}
	return ui.Table(label, columns, rows)
}

func (c *chart) value(v *float64) g.Node {
	if v == nil {
		return ui.None()
	}
	return amount(c.unit, *v)
}

// amount returns a value with its unit, which may be any text of a probe.
func amount(u policies.Unit, v float64) g.Node { return nameOf(u.Format(v)) }

// span returns a duration in milliseconds, or nothing if it is 0.
func span(ms int64) g.Node {
	if ms == 0 {
		return ui.None()
	}
	return g.Text(ui.Duration(time.Duration(ms) * time.Millisecond))
}

// drawing is what the script draws.
type drawing struct {
	Unit   policies.Unit `json:"unit"`
	From   int64         `json:"from"` // of the first point, in seconds since 1970
	Step   int64         `json:"step"` // in seconds
	Series []line        `json:"series"`
}

// line has a value for each step, from the first one on.
type line struct {
	Name string   `json:"name"`
	Mean []sample `json:"mean"`
	Min  []sample `json:"min"`
	Max  []sample `json:"max"`
	Down []sample `json:"down,omitempty"` // the part of the step, from 0 to 1
}

// sample is a number, or nothing if it is NaN.
type sample float64

// MarshalJSON writes six digits, which are more than a screen has pixels.
func (s sample) MarshalJSON() ([]byte, error) {
	if v := float64(s); math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(s), 'g', 6, 64), nil
}

func newDrawing(s trends.Span, u policies.Unit) drawing {
	return drawing{Unit: u, From: s.From.Unix(), Step: s.StepMS / 1000, Series: []line{}}
}

// add adds a series. Steps without a point have no value.
func (d *drawing) add(name string, to time.Time, points []trends.Point) {
	size := int((to.Unix()-d.From)/d.Step) + 1
	blank := func() []sample {
		all := make([]sample, size)
		for n := range all {
			all[n] = sample(math.NaN())
		}
		return all
	}
	l := line{Name: ui.Clean(name), Mean: blank(), Min: blank(), Max: blank()}
	if len(points) > 0 && points[0].Status != nil {
		l.Down = make([]sample, size)
	}
	for _, p := range points {
		n := int((p.At.Unix() - d.From) / d.Step)
		if n < 0 || n >= size {
			continue
		}
		if p.Mean != nil {
			l.Mean[n], l.Min[n], l.Max[n] = sample(*p.Mean), sample(*p.Min), sample(*p.Max)
		}
		if l.Down != nil && p.Status != nil {
			l.Down[n] = sample(p.Status.DownMS) / sample(d.Step*1000)
		}
	}
	d.Series = append(d.Series, l)
}

// send answers with what the script draws.
func (d *drawing) send(r *Request) error {
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	r.w.Header().Set("Content-Type", "application/json")
	r.w.Header().Set("Cache-Control", "no-store")
	_, _ = r.w.Write(body) // the browser is gone
	return nil
}

// chart answers with a chart of an integration for the script.
func (s integrationPages) chart(r *Request) error {
	span, err := spanOf(r.period())
	if err != nil {
		return err
	}
	metric := r.URL.Query().Get("metric")
	found, err := s.sources.Trend(r.Context(), r.Param("name"), metric, span)
	if err != nil {
		return err
	}
	d := newDrawing(found.Span, policies.UnitOf(found.Unit))
	d.add("", found.To, found.Points)
	return d.send(r)
}

// history shows a chart of an integration with its figures.
func (s integrationPages) history(r *Request) error {
	name, metric := r.Param("name"), r.URL.Query().Get("metric")
	c, err := s.chartOf(r, name, metric)
	if err != nil {
		return err
	}
	query := url.Values{}
	title := "Response time"
	if metric != "" {
		query.Set("metric", metric)
		title = ui.Clean(metric)
	}
	return r.Show(Page{Title: title + " of " + name, Nav: "/", Scripts: chartScripts, Styles: chartStyles, Body: g.Group{
		h.H1(nameOf(title), g.Text(" of "), integrationLinks(r, name)),
		r.periodLinks(r.Link("/integrations/%s/history", name), query),
		figure(g.Text(title), r.Link("/integrations/%s/chart", name)+"?"+with(query, "range", c.period), ""),
		c.table(title),
	}})
}

// maxTitle limits the bytes of a name from a probe or a database.
const maxTitle = 200

// nameOf returns a name, whose direction and control characters change nothing around it.
func nameOf(text string) g.Node { return g.El("bdi", g.Text(ui.Clean(ui.Cut(text, maxTitle)))) }

// latency shows the response time, as a chart and as a table.
func (p *past) latency(r *Request) g.Node {
	address := r.Link("/integrations/%s/chart", p.name) + "?" + url.Values{"range": {p.chart.period}}.Encode()
	return h.Section(h.Class("latency"), h.H2(g.Text("Response time")),
		r.periodLinks(r.Link("/integrations/%s", p.name), nil),
		figure(g.Text("Mean, with the least and the most"), address, ""),
		ui.Fold(g.Text("As a table"), p.chart.table("Response time")))
}

// metrics shows each metric of the last run, with a chart.
func (i *integration) metrics(r *Request) g.Node {
	if len(i.Metrics) == 0 {
		return nil
	}
	return h.Section(h.Class("metrics"), h.H2(g.Text("Metrics")), h.Div(h.Class("charts"), g.Map(i.Metrics, func(m check.Metric) g.Node {
		query := url.Values{"metric": {m.Name}, "range": {r.period()}}.Encode()
		caption := g.Group{
			h.A(h.Href(r.Link("/integrations/%s/history", i.Name)+"?"+query), nameOf(m.Name)),
			g.Text(" "), h.Strong(amount(policies.UnitOf(m.Unit), m.Value)),
		}
		return figure(caption, r.Link("/integrations/%s/chart", i.Name)+"?"+query, "")
	})))
}

// decimal writes a number.
func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// spent returns a duration in milliseconds.
func spent[N int64 | float64](ms N) time.Duration {
	return time.Duration(float64(ms) * float64(time.Millisecond))
}
