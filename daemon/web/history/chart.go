package history

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/trends"
	"vega/daemon/web/ui"
	"vega/policies"
	"vega/store"
)

// View is what the parts of a page depend on.
type View struct {
	Link   func(path string, args ...string) string // to a page of the site
	Period string                                   // the name of the period of its charts
}

// DefaultPeriod is the name of the period of a page whose address names none.
const DefaultPeriod = "24h"

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

// Chart is a series over a period.
type Chart struct {
	Unit   policies.Unit
	Points []trends.Point
}

// SpanOf returns the span of a period that ends now. The error is a *store.InvalidError for
// an unknown period.
func SpanOf(period string) (trends.Span, error) {
	now := time.Now()
	for _, p := range periods {
		if p.name == period {
			return trends.NewSpan(now.Add(-p.length), now, p.step, now)
		}
	}
	return trends.Span{}, &store.InvalidError{Field: "range", Reason: "it must be 24h, 7d, 30d or 90d"}
}

// ChartOf reads a chart of an integration: of a metric, or with "" of its response time.
func (v View) ChartOf(ctx context.Context, from Sources, name, metric string) (Chart, error) {
	span, err := SpanOf(v.Period)
	if err != nil {
		return Chart{}, err
	}
	found, err := from.Trend(ctx, name, metric, span)
	return Chart{policies.UnitOf(found.Unit), found.Points}, err
}

// Periods leads to the same page with another period.
func (v View) Periods(path string, query url.Values) g.Node {
	return h.Nav(h.Class("periods"), h.Aria("label", "Period"), g.Map(periods, func(p period) g.Node {
		return h.A(h.Href(path+"?"+With(query, "range", p.name)), g.If(p.name == v.Period, h.Aria("current", "true")), g.Text(p.title))
	}))
}

// With returns a query with another value, encoded.
func With(query url.Values, name, value string) string {
	all := url.Values{name: {value}}
	for k, v := range query {
		if k != name {
			all[k] = v
		}
	}
	return all.Encode()
}

// Figure returns a place for a chart, which the script draws from an address. series is the
// name of one of its series.
func Figure(caption g.Node, address, series string) g.Node {
	return h.Figure(h.Class("chart"), h.Data("chart", address), h.Data("series", ui.Clean(series)), h.FigCaption(caption), h.Div(h.Class("plot")))
}

// Table returns the figures of a chart, the last ones first.
func (c *Chart) Table(label string) g.Node {
	columns := []string{"From (UTC)", "#Mean", "#Min", "#Max", "#Count"}
	states := len(c.Points) > 0 && c.Points[0].Status != nil
	if states {
		columns = append(columns, "#Down", "#Unknown")
	}
	rows := make([]ui.Row, 0, len(c.Points))
	for _, p := range slices.Backward(c.Points) {
		row := ui.Row{h.Time(h.DateTime(p.At.UTC().Format(time.RFC3339)), g.Text(p.At.UTC().Format("2006-01-02 15:04")))}
		for _, v := range []*float64{p.Mean, p.Min, p.Max} {
			row = append(row, c.value(v))
		}
		row = append(row, g.Text(Decimal(p.Count)))
		if states {
			row = append(row, span(p.Status.DownMS), span(p.Status.UnknownMS))
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return ui.Empty("Nothing is stored for this period.")
	}
	return ui.Table(label, columns, rows)
}

func (c *Chart) value(v *float64) g.Node {
	if v == nil {
		return ui.None()
	}
	return Amount(c.Unit, *v)
}

// Amount returns a value with its unit, which may be any text of a probe.
func Amount(u policies.Unit, v float64) g.Node { return ui.Name(u.Format(v)) }

// span returns a duration in milliseconds, or nothing if it is 0.
func span(ms int64) g.Node {
	if ms == 0 {
		return ui.None()
	}
	return g.Text(ui.Duration(time.Duration(ms) * time.Millisecond))
}

// Spent returns a duration in milliseconds.
func Spent[N int64 | float64](ms N) time.Duration {
	return time.Duration(float64(ms) * float64(time.Millisecond))
}

// Decimal writes a number.
func Decimal(n int64) string { return strconv.FormatInt(n, 10) }
