package publish

import (
	"fmt"
	"slices"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/web/ui"
)

// Link is a status page in a list.
type Link struct{ Title, Path string }

// Files has the paths of what a document loads.
type Files struct{ Style, Icon, Script string }

// List returns the document with links to all status pages.
func List(all []Link, files Files) g.Node {
	return document("Status", files,
		h.H1(g.Text("Status")),
		h.Ul(g.Map(all, func(l Link) g.Node { return h.Li(h.A(h.Href(l.Path), g.Text(l.Title))) })),
	)
}

func document(title string, files Files, body ...g.Node) g.Node {
	return h.Doctype(h.HTML(h.Lang("en"),
		h.Head(
			h.Meta(h.Charset("utf-8")), h.Meta(h.Name("viewport"), h.Content("width=device-width, initial-scale=1")),
			h.Meta(h.Name("color-scheme"), h.Content("light dark")),
			h.TitleEl(g.Text(title)),
			h.Link(h.Rel("icon"), h.Href(files.Icon)), h.Link(h.Rel("stylesheet"), h.Href(files.Style)), h.Script(h.Src(files.Script), h.Defer()),
		),
		h.Body(h.Class("public"), h.Main(h.ID("main"), g.Group(body))),
	))
}

// icons tell states apart without colour.
var icons = map[State]string{Operational: "✓", Degraded: "▲", Down: "✕", Unknown: "?", Maintenance: "⚒", NotChecked: "–"}

// classes are those of the statuses.
var classes = map[State]string{Operational: "healthy", Degraded: "degraded", Down: "unhealthy", Unknown: "unknown", Maintenance: "maintenance", NotChecked: "disabled"}

func stateNode(s State) g.Node {
	return h.Span(h.Class("status "+classes[s]), h.Span(h.Aria("hidden", "true"), g.Text(icons[s])), g.Text(" "+string(s)))
}

// sentences say what the worst state of a page means.
var sentences = map[State]string{
	Operational: "All systems are operational", Degraded: "Some systems are degraded", Down: "Some systems are down",
	Unknown: "The state of some systems is unknown", Maintenance: "Maintenance is in progress", NotChecked: "Nothing is checked",
}

// Document returns the document of a page. badge returns the path of a badge, given its
// file name.
func Document(p *Page, files Files, badge func(file string) string) g.Node {
	worst := p.State()
	return document(p.Title, files,
		h.H1(g.Text(p.Title)),
		h.P(h.Class("worst "+classes[worst]), h.Span(h.Aria("hidden", "true"), g.Text(icons[worst]+" ")), g.Text(sentences[worst])),
		openIncidents(p),
		h.Section(h.Aria("label", "Systems"), h.Ul(h.Class("systems"), g.Map(p.Entries, entry))),
		pastIncidents(p),
		h.Footer(h.P(g.Text("Read at "), h.Time(h.DateTime(p.At.Format(time.RFC3339)), g.Text(moment(p.At))), g.Text(". "), h.Span(h.ID("again"), g.Attr("hidden"), g.Text("The page loads itself again every minute."))),
			h.Details(h.Summary(g.Text("Badges")), h.Ul(g.Map(p.Entries, func(e Entry) g.Node {
				return h.Li(h.A(h.Href(badge(e.Name+".svg")), g.Text(e.Name)), g.Text(" · "), h.A(h.Href(badge(e.Name+".svg")+"?uptime=90d"), g.Text("uptime")), g.Text(" · "), h.A(h.Href(badge(e.Name+".json")), g.Text("JSON for shields.io")))
			}))),
		),
	)
}

func entry(e Entry) g.Node {
	uptime := "no uptime yet"
	if part, ok := Uptime(e.Days); ok {
		uptime = Percent(part) + " up " + period(e.Days)
	}
	return h.Li(
		h.Div(h.Class("system"), h.Strong(g.Text(e.Name)), g.Text(" "), stateNode(e.State)),
		bar(e.Days),
		h.Small(g.Text(uptime)),
	)
}

// period says which of the days count: all of them, or those since the first one of which
// something is known.
func period(days []Day) string {
	first := slices.IndexFunc(days, func(d Day) bool { return d.Up+d.Down+d.Maintenance > 0 })
	if first <= 0 {
		return fmt.Sprintf("in %d days", len(days))
	}
	return "since " + days[first].Date.Format("2 January 2006")
}

func openIncidents(p *Page) g.Node {
	var all g.Group
	for _, i := range p.Incidents {
		if i.Ended.IsZero() {
			now := ""
			if slices.ContainsFunc(p.Entries, func(e Entry) bool { return e.Name == i.Name && e.State == Operational }) {
				now = "; it works at the moment" // an incident ends when that lasts
			}
			all = append(all, h.Li(h.Strong(g.Textf("%s: %s", i.Name, i.State)), g.Text(" since "), when(i.Opened), g.Text(now)))
		}
	}
	if len(all) == 0 {
		return nil
	}
	return h.Section(h.H2(g.Text("Now")), h.Ul(h.Class("incidents"), all))
}

func pastIncidents(p *Page) g.Node {
	var all g.Group
	for _, i := range p.Incidents {
		if !i.Ended.IsZero() {
			all = append(all, h.Li(h.Strong(g.Textf("%s: %s", i.Name, i.State)), g.Text(", "), when(i.Opened), g.Textf(", for %s", lasted(i.Ended.Sub(i.Opened)))))
		}
	}
	if len(all) == 0 {
		return h.Section(h.H2(g.Text("Past incidents")), h.P(g.Text("There were none in the last 14 days.")))
	}
	return h.Section(h.H2(g.Text("Past incidents")), h.Ul(h.Class("incidents"), all))
}

func when(t time.Time) g.Node {
	return h.Time(h.DateTime(t.UTC().Format(time.RFC3339)), g.Text(moment(t)))
}

func moment(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// lasted returns a duration, to the minute.
func lasted(d time.Duration) string { return ui.Duration(max(d, time.Minute).Round(time.Minute)) }
