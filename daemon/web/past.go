package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon"
	"vega/daemon/web/history"
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

// view returns what the parts of a page about the past depend on.
func (r *Request) view() history.View {
	v := history.View{Link: r.Link, Period: r.URL.Query().Get("range")}
	if v.Period == "" {
		v.Period = history.DefaultPeriod
	}
	return v
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
	table := ui.Empty("No such run is stored.")
	if len(page.Runs) > 0 {
		table = r.view().Runs("Runs", name, page.Runs, history.DetailsOfRun)
	}
	here := r.Link("/integrations/%s/runs", name)
	return r.Show(Page{Title: "Runs of " + name, Nav: "/", Body: g.Group{
		h.H1(g.Text("Runs of "), integrationLinks(r, name)),
		h.Form(h.Method("get"), h.Action(here), h.Class("filter"), ui.Field("Status", h.Select(h.Name("status"),
			h.Option(h.Value(""), g.Text("all")),
			g.Map(slices.Concat([]check.Status{check.Healthy}, history.Failing), func(one check.Status) g.Node {
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
	n := slices.IndexFunc(page.Runs, func(one daemon.RunReport) bool { return history.Decimal(one.ID) == id })
	if n < 0 {
		return &Error{http.StatusNotFound, "this run is not stored any longer"}
	}
	return r.Show(Page{Title: "A run of " + name, Nav: "/", Body: g.Group{
		h.H1(g.Text("A run of "), integrationLinks(r, name)),
		r.view().Runs("Run", name, page.Runs[n:n+1], history.DetailsAlone),
		h.P(g.Text("Plugin: "), h.Code(g.Text(page.Runs[n].Digest))),
	}})
}

// chart answers with a chart of an integration for the script.
func (s integrationPages) chart(r *Request) error {
	span, err := history.SpanOf(r.view().Period)
	if err != nil {
		return err
	}
	found, err := s.sources.Trend(r.Context(), r.Param("name"), r.URL.Query().Get("metric"), span)
	if err != nil {
		return err
	}
	d := history.NewDrawing(found.Span, policies.UnitOf(found.Unit))
	d.Add("", found.To, found.Points)
	return r.data(d)
}

// data answers a script with JSON.
func (r *Request) data(v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	r.send(http.StatusOK, "application/json", body)
	return nil
}

// history shows a chart of an integration with its figures.
func (s integrationPages) history(r *Request) error {
	name, metric, v := r.Param("name"), r.URL.Query().Get("metric"), r.view()
	c, err := v.ChartOf(r.Context(), s.sources, name, metric)
	if err != nil {
		return err
	}
	query, title := url.Values{}, "Response time"
	if metric != "" {
		query.Set("metric", metric)
		title = metric
	}
	return r.Show(Page{Title: ui.Clean(title) + " of " + name, Nav: "/", Scripts: chartScripts, Styles: chartStyles, Body: g.Group{
		h.H1(ui.Name(title), g.Text(" of "), integrationLinks(r, name)),
		v.Periods(r.Link("/integrations/%s/history", name), query),
		history.Figure(ui.Name(title), r.Link("/integrations/%s/chart", name)+"?"+history.With(query, "range", v.Period), ""),
		c.Table(ui.Clean(title)),
	}})
}
