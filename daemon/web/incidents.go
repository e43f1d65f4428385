package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/alerting"
	"vega/daemon/alerting/respond"
	"vega/daemon/api/scope"
	"vega/daemon/web/ui"
	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
)

// incidentPages shows incidents, and acknowledges them.
type incidentPages struct{ *Site }

func (p incidentPages) routes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/incidents", Scope: scope.Read, serve: p.list},
		{Method: http.MethodGet, Path: "/incidents/:id", Scope: scope.Read, serve: p.one},
		{Method: http.MethodPost, Path: "/incidents/:id/ack", Scope: scope.Write, MaxBody: maxForm, serve: p.acknowledge},
		{Method: http.MethodPost, Path: "/incidents/:id/unack", Scope: scope.Write, MaxBody: maxForm, serve: p.unacknowledge},
	}
}

// The most open incidents before the past ones, and incidents on a page of one kind.
const (
	maxOpen = 200
	perPage = 50
)

// maxField is how much of a field of the filter counts, in bytes.
const maxField = 500

// incidentFilter is the filter in the address of the list.
type incidentFilter struct {
	state, subject, alert string // state: "" (open, then past), open, past
	since, until          string // as moment reads them
	cursor                string
	now                   time.Time
}

func incidentFilterOf(v url.Values) incidentFilter {
	text := func(name string) string { return check.OneLine(ui.Cut(v.Get(name), maxField)) }
	return incidentFilter{text("state"), text("subject"), text("alert"), text("since"), text("until"), text("cursor"), time.Now()}
}

// query returns what the filter selects. A day of until counts whole.
func (f *incidentFilter) query() (q store.IncidentQuery, err error) {
	q = store.IncidentQuery{Subject: f.subject, Alert: f.alert, Cursor: f.cursor, Limit: perPage}
	if q.Since, err = moment("since", f.since, f.now); err != nil {
		return q, err
	}
	if q.Until, err = moment("until", f.until, f.now); err != nil {
		return q, err
	}
	if _, err := time.Parse(time.DateOnly, f.until); err == nil {
		q.Until = q.Until.AddDate(0, 0, 1)
	}
	if !q.Until.IsZero() && !q.Since.Before(q.Until) {
		return q, &store.InvalidError{Field: "since", Reason: "it is not before until"}
	}
	switch f.state {
	case "", "open", "past":
		return q, nil
	}
	return q, &store.InvalidError{Field: "state", Reason: "it is not one of open and past"}
}

// list shows the open incidents, and then the past ones. state=open and state=past show
// only these, and all of them page by page.
func (p incidentPages) list(r *Request) error {
	filter := incidentFilterOf(r.URL.Query())
	q, err := filter.query()
	if err != nil {
		return err
	}
	body := g.Group{h.H1(g.Text("Incidents")), r.incidentLinks(&filter)}
	if filter.state != "past" {
		part, err := p.open(r, q, &filter)
		if err != nil {
			return err
		}
		body = append(body, part)
	}
	if filter.state != "open" {
		part, err := p.past(r, q, &filter)
		if err != nil {
			return err
		}
		body = append(body, part)
	}
	return r.Show(Page{Title: "Incidents", Nav: "/incidents", Body: body})
}

// open returns the open incidents: the most severe first, and those that another one
// explains folded.
func (p incidentPages) open(r *Request, q store.IncidentQuery, f *incidentFilter) (g.Node, error) {
	yes := true
	q.Open = &yes
	if f.state == "" {
		q.Limit, q.Cursor = maxOpen, ""
	}
	page, err := p.sources.Incidents(r.Context(), q)
	if err != nil {
		return nil, err
	}
	if len(page.Incidents) == 0 {
		return ui.Empty("No incident is open" + f.words() + "."), nil
	}
	slices.SortStableFunc(page.Incidents, func(a, b incident.Incident) int { return cmp.Compare(harm(&b), harm(&a)) })
	var roots, below []ui.Row
	for n := range page.Incidents {
		row := r.openIncident(&page.Incidents[n])
		if page.Incidents[n].Root != 0 {
			below = append(below, row)
		} else {
			roots = append(roots, row)
		}
	}
	columns := []string{"Incident", "Severity", "Open since", "State", "Alerts"}
	return g.Group{
		h.H2(g.Text("Open")),
		g.Iff(len(roots) > 0, func() g.Node { return ui.Table("Open incidents", columns, roots) }),
		g.Iff(len(below) > 0, func() g.Node {
			return ui.Fold(g.Text(ui.Count(len(below), "more incident")+" that these explain"), ui.Table("Explained incidents", columns, below))
		}),
		r.nextIncidents(f, "open", page, "More open incidents"),
	}, nil
}

// harm orders open incidents: by severity, and among those of one severity first those that
// nobody takes care of.
func harm(i *incident.Incident) int {
	n := 2 * i.Severity.Rank()
	if i.Acknowledged == nil {
		n++
	}
	return n
}

func (r *Request) openIncident(i *incident.Incident) ui.Row {
	return ui.Row{r.incidentLink(i), severity(i.Severity), ui.Time(i.Opened), r.handling(i), ui.Text(strings.Join(i.Alerts, ", "))}
}

// handling says who takes care of an open incident, or why nobody is notified of it.
func (r *Request) handling(i *incident.Incident) g.Node {
	var all g.Group
	add := func(parts ...g.Node) { all = append(all, h.Div(parts...)) }
	if i.Root != 0 {
		add(g.Text("explained by "), r.incidentRef(i.Root))
	}
	switch a := i.Acknowledged; {
	case a != nil:
		add(ui.Mark(ui.Good, "acknowledged"), g.Text(" by "), ui.Text(a.By))
	case i.Silenced != "":
		add(ui.Mark(ui.Info, "silenced"), g.Text(" "), ui.Text(i.Silenced))
	case i.Root == 0:
		add(g.Text("nobody has acknowledged it"))
	}
	if i.Below > 0 {
		add(g.Text("explains " + ui.Count(i.Below, "other")))
	}
	return all
}

// past returns the incidents that ended, the last opened first.
func (p incidentPages) past(r *Request, q store.IncidentQuery, f *incidentFilter) (g.Node, error) {
	no := false
	q.Open = &no
	page, err := p.sources.Incidents(r.Context(), q)
	if err != nil {
		return nil, err
	}
	if len(page.Incidents) == 0 {
		return g.Group{h.H2(g.Text("Past")), ui.Empty("No incident has ended" + f.words() + ".")}, nil
	}
	rows := make([]ui.Row, len(page.Incidents))
	for n := range page.Incidents {
		i := &page.Incidents[n]
		rows[n] = ui.Row{r.incidentLink(i), severity(i.Severity), ui.Time(i.Opened), g.Text(ui.Duration(i.Ended.Sub(i.Opened).Round(time.Second))), ended(i.End), ui.Text(strings.Join(i.Alerts, ", "))}
	}
	return g.Group{
		h.H2(g.Text("Past")),
		ui.Table("Past incidents", []string{"Incident", "Severity", "Opened", "#Lasted", "End", "Alerts"}, rows),
		r.nextIncidents(f, "past", page, "Older incidents"),
	}, nil
}

// ended says how an incident ended.
func ended(e incident.End) g.Node {
	switch e {
	case incident.Recovered:
		return ui.Mark(ui.Good, "recovered")
	case incident.Withdrawn:
		return ui.Mark(ui.Info, "withdrawn: its alert or integration is gone or disabled")
	default:
		return ui.Mark(ui.Info, cmp.Or(brief(string(e), 40), "ended"))
	}
}

// nextIncidents links to the next page. What was given as how long ago is fixed there, so
// that all pages belong to one query.
func (r *Request) nextIncidents(f *incidentFilter, state string, page alerting.IncidentPage, label string) g.Node {
	if page.Next == "" {
		return nil
	}
	next := *f
	next.state, next.cursor, next.since, next.until = state, page.Next, f.fixed(f.since), f.fixed(f.until)
	return h.P(h.A(h.Href(r.Link("/incidents")+"?"+next.address()), g.Text(label)))
}

// address returns the filter as the query of an address.
func (f *incidentFilter) address() string {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("state", f.state)
	set("subject", f.subject)
	set("alert", f.alert)
	set("since", f.since)
	set("until", f.until)
	set("cursor", f.cursor)
	return v.Encode()
}

// fixed returns a moment that was given as how long ago it is as a time.
func (f *incidentFilter) fixed(given string) string {
	if ago, err := check.ParseSpan(given); err == nil && ago >= 0 {
		return f.now.Add(-ago).UTC().Format(time.RFC3339Nano)
	}
	return given
}

// words says what a filter selects, with a space in front.
func (f *incidentFilter) words() string {
	text := ""
	for _, part := range []struct{ name, value string }{{"for", f.subject}, {"of the alert", f.alert}, {"since", f.since}, {"until", f.until}} {
		if part.value != "" {
			text += " " + part.name + " " + brief(part.value, 100)
		}
	}
	return text
}

// incidentLinks returns links to common selections, and the form of the filter, folded unless
// it selects something.
func (r *Request) incidentLinks(f *incidentFilter) g.Node {
	address := f.address()
	link := func(query, name string) g.Node {
		return h.A(h.Class("button"), h.Href(r.Link("/incidents")+query), g.If("?"+address == query || query == "" && address == "", h.Aria("current", "page")), g.Text(name))
	}
	return g.Group{
		h.Div(h.Class("actions"), link("", "All"), link("?state=open", "Open"), link("?since=12h", "Last 12 hours"), link("?since=7d", "Last 7 days")),
		h.Details(g.If(f.subject+f.alert+f.since+f.until != "", g.Attr("open")), h.Summary(g.Text("Filter")), r.incidentFilter(f)),
	}
}

// incidentFilter returns the form of the filter. It is a GET, so that a link can have it.
func (r *Request) incidentFilter(f *incidentFilter) g.Node {
	option := func(value, name string) g.Node {
		return h.Option(h.Value(value), g.If(value == f.state, h.Selected()), g.Text(name))
	}
	text := func(name, value, hint string) g.Node {
		return h.Input(h.Name(name), h.Value(value), h.Placeholder(hint))
	}
	return h.Form(h.Action(r.Link("/incidents")), h.Class("row"), h.Role("search"), h.Aria("label", "Filter incidents"),
		ui.Field("Show", h.Select(h.Name("state"), option("", "open, then past"), option("open", "open"), option("past", "past"))),
		ui.Field("Integration, figure or event", text("subject", f.subject, "any")),
		ui.Field("Alert", text("alert", f.alert, "any")),
		ui.Field("Since (UTC, or 12h, 7d)", text("since", f.since, "any time")),
		ui.Field("Until", text("until", f.until, "now")),
		h.Button(h.Type("submit"), g.Text("Filter")),
	)
}

// incidentLink names an incident and leads to its page.
func (r *Request) incidentLink(i *incident.Incident) g.Node {
	return g.Group{
		h.A(h.Href(r.Link("/incidents/%s", strconv.FormatInt(i.ID, 10))), g.Text(fmt.Sprintf("#%d ", i.ID)), g.El("bdi", g.Text(brief(i.Subject.Label(), 120)))),
		h.Div(ui.Text(i.Summary)),
	}
}

// incidentRef links to an incident by its ID.
func (r *Request) incidentRef(id int64) g.Node {
	text := strconv.FormatInt(id, 10)
	return h.A(h.Href(r.Link("/incidents/%s", text)), g.Text("#"+text))
}

// severity returns a severity as an icon and a word, in its colour.
func severity(s incident.Severity) g.Node {
	switch s {
	case incident.Critical:
		return ui.Mark(ui.Bad, string(s))
	case incident.Warning:
		return ui.Mark(ui.Warning, string(s))
	default:
		return ui.Mark(ui.Info, cmp.Or(brief(string(s), 40), "unknown"))
	}
}

func (p incidentPages) acknowledge(r *Request) error {
	id, err := r.pathID("an incident")
	if err != nil {
		return err
	}
	if err := r.readForm(); err != nil {
		return err
	}
	in := respond.Acknowledgement{Comment: r.PostFormValue("comment"), Duration: strings.TrimSpace(r.PostFormValue("duration"))}
	if err := respond.Acknowledge(r.Context(), p.sources, id, in, r.Viewer.By()); err != nil {
		return err
	}
	return r.Done(r.nextOr(fmt.Sprintf("/incidents/%d", id)), fmt.Sprintf("Acknowledged incident %d", id))
}

func (p incidentPages) unacknowledge(r *Request) error {
	id, err := r.pathID("an incident")
	if err != nil {
		return err
	}
	if err := r.readForm(); err != nil {
		return err
	}
	if err := respond.Unacknowledge(r.Context(), p.sources, id, r.Viewer.By()); err != nil {
		return err
	}
	return r.Done(r.nextOr(fmt.Sprintf("/incidents/%d", id)), fmt.Sprintf("Took back the acknowledgement of incident %d", id))
}
