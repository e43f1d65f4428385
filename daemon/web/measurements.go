package web

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/api/scope"
	"vega/daemon/trends"
	"vega/daemon/web/history"
	"vega/daemon/web/ui"
	"vega/policies"
)

// measurementPages shows the metric blocks of the configuration, and what they measured.
type measurementPages struct{ *Site }

func (s measurementPages) routes() []Route {
	const path = "/measurements"
	return []Route{
		{Method: http.MethodGet, Path: path, Scope: scope.Read, serve: s.list},
		{Method: http.MethodGet, Path: path + "/:name", Scope: scope.Read, serve: s.page},
		{Method: http.MethodGet, Path: path + "/:name/chart", Scope: scope.Read, serve: s.chart},
	}
}

// blockStates says how the last query of a metric block ended.
var blockStates = map[string]struct {
	kind ui.Kind
	word string
}{"up": {ui.Good, "measured"}, "down": {ui.Bad, "failed"}, "unknown": {ui.Info, "not measured yet"}}

// list shows all metric blocks. Those that failed come first.
func (s measurementPages) list(r *Request) error {
	all := s.sources.MetricBlocks()
	slices.SortStableFunc(all, func(a, b trends.Metric) int { return strings.Compare(a.State, b.State) }) // down, unknown, up
	rows := make([]ui.Row, len(all))
	for n := range all {
		m := &all[n]
		rows[n] = ui.Row{
			h.A(h.Href(r.Link("/measurements/%s", m.Name)), h.Code(g.Text(m.Name))), stateOf(m), ui.Text(m.Help),
			lastValues(m.Values), h.A(h.Href(r.Link("/database")), g.Text(m.Database)), timeOf(m.LastRun),
		}
	}
	body := ui.Table("Measurements", []string{"Metric", "State", "What it is", "Values", "Database", "Last query"}, rows)
	if len(all) == 0 {
		body = ui.Empty("The configuration has no metric block. One runs a query on an interval, and keeps what it returns: see the output of vega docs config.")
	}
	return r.Show(Page{Title: "Measurements", Nav: "/measurements", Body: g.Group{h.H1(g.Text("Measurements")), body}})
}

func stateOf(m *trends.Metric) g.Node {
	state, ok := blockStates[m.State]
	if !ok {
		return g.Text(m.State)
	}
	return ui.Mark(state.kind, state.word)
}

func timeOf(t *time.Time) g.Node {
	if t == nil {
		return ui.None()
	}
	return ui.Time(*t)
}

// maxValues limits the values in the list of blocks.
const maxValues = 5

func lastValues(all []trends.Value) g.Node {
	if len(all) == 0 {
		return ui.None()
	}
	shown := all[:min(len(all), maxValues)]
	return h.Ul(h.Class("values"), g.Map(shown, func(v trends.Value) g.Node {
		return h.Li(ui.Name(labelText(v.Labels)), g.Text(" "), h.Strong(g.Text(policies.Count.Format(v.Value))))
	}), g.If(len(shown) < len(all), h.Li(g.Textf("and %d more", len(all)-len(shown)))))
}

// labelText writes labels as trends.ParseLabels reads them; no labels are "".
func labelText(labels map[string]string) string {
	if len(labels) == 0 {
		return ""
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		all = append(all, name+`="`+strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(labels[name])+`"`)
	}
	return "{" + strings.Join(all, ",") + "}"
}

// page shows a metric block with the charts of its series. If labels select one series, its
// figures are shown, too.
func (s measurementPages) page(r *Request) error {
	name, v := r.Param("name"), r.view()
	found, err := s.read(r, name)
	if err != nil {
		return err
	}
	address := r.Link("/measurements/%s", name)
	query := url.Values{}
	if labels := r.URL.Query().Get("labels"); labels != "" {
		query.Set("labels", labels)
	}
	body := g.Group{h.H1(ui.Name(name)), s.block(r, name), v.Periods(address, query)}
	for n := range found.Series {
		one := &found.Series[n]
		labels := labelText(one.Labels)
		caption := ui.Name(labels)
		if len(found.Series) > 1 {
			caption = h.A(h.Href(address+"?"+url.Values{"labels": {labels}, "range": {v.Period}}.Encode()), caption)
		}
		body = append(body, history.Figure(caption, address+"/chart?"+history.With(query, "range", v.Period), labels))
	}
	switch {
	case len(found.Series) == 0:
		body = append(body, ui.Empty("Nothing is stored for this period."))
	case len(found.Series) == 1:
		c := history.Chart{Unit: policies.Count, Points: found.Series[0].Points}
		body = append(body, c.Table(name))
	case found.More > 0:
		body = append(body, h.P(g.Text(ui.Count(found.More, "more series")+"; select some with ?labels=NAME=VALUE in the address.")))
	}
	return r.Show(Page{Title: name, Nav: "/measurements", Scripts: chartScripts, Styles: chartStyles, Body: body})
}

// block shows how the last query of a metric block ended. One that is not configured any
// longer has only its history.
func (s measurementPages) block(r *Request, name string) g.Node {
	all := s.sources.MetricBlocks()
	n := slices.IndexFunc(all, func(m trends.Metric) bool { return m.Name == name })
	if n < 0 {
		return ui.Notice(ui.Info, g.Text("The configuration has no metric block with this name. Only its history is left."))
	}
	m := &all[n]
	var failed g.Node
	if m.Error != "" {
		failed = ui.Text(m.Error)
	}
	return ui.Facts(
		ui.Fact{Name: "State", Value: stateOf(m)}, ui.Fact{Name: "Error", Value: failed}, ui.Fact{Name: "What it is", Value: ui.Text(m.Help)},
		ui.Fact{Name: "Database", Value: h.A(h.Href(r.Link("/database")), g.Text(m.Database))},
		ui.Fact{Name: "Queried", Value: g.Text("every " + ui.Duration(history.Spent(m.IntervalMS)))},
		ui.Fact{Name: "Last query", Value: timeOf(m.LastRun)}, ui.Fact{Name: "It took", Value: g.Text(ui.Duration(history.Spent(m.TookMS)))},
		ui.Fact{Name: "Values", Value: lastValues(m.Values)},
	)
}

// read returns the history of the series that a request selects.
func (s measurementPages) read(r *Request, name string) (trends.MetricHistory, error) {
	span, err := history.SpanOf(r.view().Period)
	if err != nil {
		return trends.MetricHistory{}, err
	}
	labels, err := trends.ParseLabels(r.URL.Query().Get("labels"))
	if err != nil {
		return trends.MetricHistory{}, err
	}
	return s.sources.MetricTrend(r.Context(), name, labels, span)
}

// chart answers with the charts of a metric block for the script.
func (s measurementPages) chart(r *Request) error {
	found, err := s.read(r, r.Param("name"))
	if err != nil {
		return err
	}
	d := history.NewDrawing(found.Span, policies.Count)
	for n := range found.Series {
		d.Add(labelText(found.Series[n].Labels), found.To, found.Series[n].Points)
	}
	return r.data(d)
}
