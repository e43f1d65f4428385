package oncall

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/alerting"
	"vega/daemon/web/ui"
	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
)

// The states that a filter can select.
const (
	Open = "open"
	Past = "past"
)

// perPage is how many incidents are on a page.
const perPage = 50

// maxField is how much of a field of the filter counts, in bytes.
const maxField = 500

// Filter is the filter in the address of the list.
type Filter struct {
	State          string // "" (open, then past), Open or Past
	subject, alert string
	since, until   string // as moment reads them
	cursor         string
	now            time.Time
}

// FilterOf returns the filter in the query of an address.
func FilterOf(v url.Values) Filter {
	text := func(name string) string { return check.OneLine(ui.Cut(v.Get(name), maxField)) }
	return Filter{text("state"), text("subject"), text("alert"), text("since"), text("until"), text("cursor"), time.Now()}
}

// Query returns what the filter selects. A day of until counts whole.
func (f *Filter) Query() (q store.IncidentQuery, err error) {
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
	switch f.State {
	case "", Open, Past:
		return q, nil
	}
	return q, &store.InvalidError{Field: "state", Reason: "it must be open or past"}
}

// OpenIncidents returns the open incidents: the most severe first, and those that another
// one explains folded.
func (v View) OpenIncidents(page alerting.IncidentPage, f *Filter) g.Node {
	if len(page.Incidents) == 0 {
		return ui.Empty("No incident is open" + f.words() + ".")
	}
	all := slices.Clone(page.Incidents)
	slices.SortStableFunc(all, func(a, b incident.Incident) int { return cmp.Compare(harm(&b), harm(&a)) })
	var roots, below []ui.Row
	for n := range all {
		row := v.openIncident(&all[n])
		if all[n].Root != 0 {
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
		v.nextIncidents(f, Open, page, "More open incidents"),
	}
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

func (v View) openIncident(i *incident.Incident) ui.Row {
	return ui.Row{v.incidentLink(i), severity(i.Severity), ui.Time(i.Opened), v.handling(i), ui.Text(strings.Join(i.Alerts, ", "))}
}

// handling says who takes care of an open incident, or why nobody is notified of it.
func (v View) handling(i *incident.Incident) g.Node {
	var all g.Group
	add := func(parts ...g.Node) { all = append(all, h.Div(parts...)) }
	if i.Root != 0 {
		add(g.Text("explained by "), v.incidentRef(i.Root))
	}
	switch a := i.Acknowledged; {
	case a != nil:
		add(ui.Mark(ui.Good, "acknowledged"), g.Text(" by "), ui.Text(a.By))
	case i.Muted != nil:
		add(ui.Mark(ui.Info, brief(i.Muted.By, 200)))
	case i.Root == 0:
		add(g.Text("nobody has acknowledged it"))
	}
	if i.Below > 0 {
		add(g.Text("explains " + ui.Count(i.Below, "other")))
	}
	return all
}

// PastIncidents returns the incidents that ended, in their order.
func (v View) PastIncidents(page alerting.IncidentPage, f *Filter) g.Node {
	head := h.H2(g.Text("Past"))
	if len(page.Incidents) == 0 {
		return g.Group{head, ui.Empty("No incident has ended" + f.words() + ".")}
	}
	rows := make([]ui.Row, len(page.Incidents))
	for n := range page.Incidents {
		i := &page.Incidents[n]
		rows[n] = ui.Row{v.incidentLink(i), severity(i.Severity), ui.Time(i.Opened), g.Text(ui.Duration(i.Ended.Sub(i.Opened).Round(time.Second))), ended(i.End), ui.Text(strings.Join(i.Alerts, ", "))}
	}
	return g.Group{
		head,
		ui.Table("Past incidents", []string{"Incident", "Severity", "Opened", "#Lasted", "End", "Alerts"}, rows),
		v.nextIncidents(f, Past, page, "Older incidents"),
	}
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
func (v View) nextIncidents(f *Filter, state string, page alerting.IncidentPage, label string) g.Node {
	if page.Next == "" {
		return nil
	}
	next := *f
	next.State, next.cursor, next.since, next.until = state, page.Next, f.fixed(f.since), f.fixed(f.until)
	return h.P(h.A(h.Href(v.Link("/incidents")+"?"+next.address()), g.Text(label)))
}

// address returns the filter as the query of an address.
func (f *Filter) address() string {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("state", f.State)
	set("subject", f.subject)
	set("alert", f.alert)
	set("since", f.since)
	set("until", f.until)
	set("cursor", f.cursor)
	return v.Encode()
}

// fixed returns a moment that was given as how long ago it is as a time.
func (f *Filter) fixed(given string) string {
	if ago, err := check.ParseSpan(given); err == nil && ago >= 0 {
		return f.now.Add(-ago).UTC().Format(time.RFC3339Nano)
	}
	return given
}

// words says what a filter selects, with a space in front.
func (f *Filter) words() string {
	text := ""
	for _, part := range []struct{ name, value string }{{"for", f.subject}, {"of the alert", f.alert}, {"since", f.since}, {"until", f.until}} {
		if part.value != "" {
			text += " " + part.name + " " + brief(part.value, 100)
		}
	}
	return text
}

// Selections returns links to common selections, and the form of the filter, folded unless
// it selects something.
func (v View) Selections(f *Filter) g.Node {
	address := f.address()
	link := func(query, name string) g.Node {
		return h.A(h.Class("button"), h.Href(v.Link("/incidents")+query), g.If("?"+address == query || query == "" && address == "", h.Aria("current", "page")), g.Text(name))
	}
	return g.Group{
		h.Div(h.Class("actions"), link("", "All"), link("?state=open", "Open"), link("?since=12h", "Last 12 hours"), link("?since=7d", "Last 7 days")),
		h.Details(g.If(f.subject+f.alert+f.since+f.until != "", g.Attr("open")), h.Summary(g.Text("Filter")), v.incidentFilter(f)),
	}
}

// incidentFilter returns the form of the filter. It is a GET, so that a link can have it.
func (v View) incidentFilter(f *Filter) g.Node {
	option := func(value, name string) g.Node {
		return h.Option(h.Value(value), g.If(value == f.State, h.Selected()), g.Text(name))
	}
	text := func(name, value, hint string) g.Node {
		return h.Input(h.Name(name), h.Value(value), h.Placeholder(hint))
	}
	return h.Form(h.Action(v.Link("/incidents")), h.Class("row"), h.Role("search"), h.Aria("label", "Filter incidents"),
		ui.Field("Show", h.Select(h.Name("state"), option("", "open, then past"), option(Open, "open"), option(Past, "past"))),
		ui.Field("Integration, figure or event", text("subject", f.subject, "any")),
		ui.Field("Alert", text("alert", f.alert, "any")),
		ui.Field("Since (UTC, or 12h, 7d)", text("since", f.since, "any time")),
		ui.Field("Until", text("until", f.until, "now")),
		h.Button(h.Type("submit"), g.Text("Filter")),
	)
}

// incidentLink names an incident and leads to its page.
func (v View) incidentLink(i *incident.Incident) g.Node {
	return g.Group{
		h.A(h.Href(v.Link("/incidents/%s", strconv.FormatInt(i.ID, 10))), g.Text(fmt.Sprintf("#%d ", i.ID)), g.El("bdi", g.Text(brief(i.Subject.Label(), 120)))),
		h.Div(ui.Text(i.Summary)),
	}
}

// incidentRef links to an incident by its ID.
func (v View) incidentRef(id int64) g.Node {
	text := strconv.FormatInt(id, 10)
	return h.A(h.Href(v.Link("/incidents/%s", text)), g.Text("#"+text))
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
