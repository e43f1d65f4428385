package web

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/alerting"
	"vega/daemon/api/scope"
	"vega/daemon/engine"
	"vega/daemon/heartbeat"
	"vega/daemon/web/ui"
	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/incident"
)

const (
	// maxTrouble is how many rows the list of what is not healthy has at most. The others
	// are in their groups.
	maxTrouble = 200
	// maxUnfolded is how many rows that another cause explains are shown unfolded.
	maxUnfolded = 10
	// maxNames limits the names in one cell.
	maxNames = 5
)

// others is what the page shows besides the state of integrations.
type others struct {
	known     string // what Site.known returned before
	ready     error
	incidents []incident.Incident // that are open
	byName    map[string]*incident.Incident
	silences  []holding
	failing   []alerting.NotifierReport // notifiers whose messages do not get out
	serviced  map[string]bool           // integrations in maintenance
}

// holding is a silence of integrations that holds now.
type holding struct {
	incident.Silence
	matches *alert.Matcher
}

// holdings returns the silences of integrations that hold.
func holdings(all []incident.Silence, now time.Time) (out []holding) {
	for _, s := range all {
		selectors := make([]alert.Selector, len(s.Integrations))
		for n, text := range s.Integrations {
			selectors[n] = alert.Selector(text)
		}
		if s.Active(now) && len(selectors) > 0 {
			out = append(out, holding{s, alert.NewMatcher(selectors)})
		}
	}
	return out
}

// of reports whether an integration is silenced.
func (s *holding) of(i *engine.State) bool {
	return s.matches.Match(&alert.Integration{Name: i.Name, Group: i.Group, Labels: i.Labels})
}

// failing returns the notifiers whose messages do not get out.
func (s *Site) failing() []alerting.NotifierReport {
	return slices.DeleteFunc(s.sources.Notifiers(), func(r alerting.NotifierReport) bool { return r.Status != alerting.Failing })
}

func (s overviewPage) others() others {
	o := others{known: s.known(), ready: s.sources.Ready(), incidents: s.sources.OpenIncidents(), byName: map[string]*incident.Incident{}, silences: holdings(s.sources.CurrentSilences(), time.Now()), failing: s.failing(), serviced: s.sources.Maintenance(time.Now())}
	for n := range o.incidents {
		if i := &o.incidents[n]; i.Subject.Kind == incident.OfIntegration {
			o.byName[i.Subject.Name] = i
		}
	}
	return o
}

// now has what is not healthy, and the counts.
func (o *overview) now() g.Node {
	nodes := g.Group{h.H1(g.Text(o.headline())), o.tiles(), o.notices()}
	t := o.trouble()
	if len(t.roots) > 0 {
		nodes = append(nodes, o.troubles("Not healthy", t.roots))
	}
	nodes = append(nodes, o.folded("explained", "not healthy because of others", t.explained, nil),
		o.folded("blind", "not checked because of vega itself", t.blind, h.P(h.A(h.Href(o.r.Link("/diagnostics")), g.Text("Diagnostics")), g.Text(" say whether this machine lacks something."))))
	if t.more > 0 {
		nodes = append(nodes, h.P(g.Textf("%d more are in their groups below.", t.more)))
	}
	if o.r.Viewer.May(scope.Write) {
		back := "/"
		if o.text != "" {
			back += "?" + url.Values{"q": {o.text}}.Encode()
		}
		nodes = append(nodes, h.Form(h.Method("post"), h.ID("act"), g.Attr("hidden"), h.Input(h.Type("hidden"), h.Name("back"), h.Value(back))))
	}
	return h.Div(h.ID("now"), h.Data("bad", fmt.Sprint(o.bad())), h.Data("known", o.known), nodes)
}

// headline says in a few words how things are.
func (o *overview) headline() string {
	checked := o.Summary.Total - o.Summary.Disabled
	switch n := o.bad(); {
	case checked == 0:
		return "Nothing is checked"
	case n > 0:
		return fmt.Sprintf("%d of %d not healthy", n, checked)
	case checked == 1:
		return "1 integration, healthy"
	default:
		return fmt.Sprintf("All %d healthy", checked)
	}
}

// tiles count the integrations by status, the most harmful first. Each is a filter.
func (o *overview) tiles() g.Node {
	counts := [len(ui.Statuses)]int{o.Summary.Unhealthy, o.Summary.Degraded, o.Summary.Unknown, o.Summary.Healthy, o.Summary.Disabled}
	var nodes g.Group
	for n, status := range ui.Statuses {
		if counts[n] > 0 || status == check.Unhealthy || status == check.Healthy {
			address := o.r.Link("/") + "?" + url.Values{"q": {"status:" + string(status)}}.Encode()
			nodes = append(nodes, h.Li(h.A(h.Class("tile "+string(status)), h.Href(address), h.B(g.Textf("%d", counts[n])), g.Text(" "), ui.Status(status))))
		}
	}
	return h.Ul(h.Class("tiles"), nodes)
}

// notices are about vega itself, and about incidents that are not of an integration.
func (o *overview) notices() g.Node {
	var nodes g.Group
	if o.ready != nil {
		nodes = append(nodes, ui.Notice(ui.Warning, h.P(g.Text("vega is not ready: "+ui.Clean(o.ready.Error())+"."))))
	}
	for n := range o.failing {
		if n == maxNames {
			break
		}
		r := &o.failing[n]
		nodes = append(nodes, ui.Notice(ui.Bad, h.P(g.Text("The notifier "), ui.Text(r.Name), g.Text(" fails"+unsent(r)+": "+message(r.LastError)+". "), h.A(h.Href(o.r.Link("/alerts")), g.Text("Test and retry")))))
	}
	if o.Stored > 0 {
		nodes = append(nodes, ui.Notice(ui.Info, h.P(g.Text(ui.Count(o.Stored, "state")+" from before vega started or the configuration changed; the next run replaces them."))))
	}
	var lines g.Group
	for n := range o.incidents {
		if i := &o.incidents[n]; i.Subject.Kind != incident.OfIntegration && len(lines) < maxNames {
			lines = append(lines, h.P(h.A(h.Href(o.r.Link("/incidents/%s", fmt.Sprint(i.ID))), g.Text("Incident "+fmt.Sprint(i.ID))), g.Text(": "+message(i.Summary)+", since "), ui.Time(i.Opened)))
		}
	}
	if len(lines) > 0 {
		nodes = append(nodes, ui.Notice(ui.Bad, lines...))
	}
	return nodes
}

// unsent says how many incidents a notifier has not heard of.
func unsent(r *alerting.NotifierReport) string {
	var parts []string
	if r.Waiting > 0 {
		parts = append(parts, ui.Count(r.Waiting, "message")+" waiting")
	}
	if r.Dead > 0 {
		parts = append(parts, ui.Count(r.Dead, "message")+" given up")
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// trouble is the rows that are not healthy and that the page shows.
type trouble struct {
	roots     []*row // those with the most that fail because of them first
	explained []*row // that fail because of roots
	blind     []*row // that vega itself kept from being checked, of which one cause makes many
	more      int    // how many are left out
}

func (o *overview) trouble() (t trouble) {
	for n := range o.groups {
		for m := range o.groups[n].rows {
			one := &o.groups[n].rows[m]
			switch {
			case ui.Harm(one.Status) > 2:
			case len(one.RootCause) > 0:
				t.explained = append(t.explained, one)
			case one.Cause == check.Host:
				t.blind = append(t.blind, one)
			default:
				t.roots = append(t.roots, one)
			}
		}
	}
	o.explain(slices.Concat(t.roots, t.blind), t.explained)
	left := maxTrouble
	for _, list := range []*[]*row{&t.roots, &t.explained, &t.blind} {
		slices.SortFunc(*list, func(a, b *row) int {
			return cmp.Or(cmp.Compare(ui.Harm(a.Status), ui.Harm(b.Status)), cmp.Compare(len(b.explains), len(a.explains)), b.since.Compare(a.since), cmp.Compare(a.Name, b.Name))
		})
		shown := min(len(*list), left)
		t.more += len(*list) - shown
		left -= shown
		*list = (*list)[:shown]
	}
	return t
}

// explain notes in each root what fails because of it.
func (o *overview) explain(roots, explained []*row) {
	if len(explained) == 0 {
		return
	}
	byName := map[string]*row{}
	for _, one := range slices.Concat(roots, explained) {
		byName[one.Name] = one
	}
	for _, one := range explained {
		for _, name := range one.RootCause {
			if root := byName[name]; root != nil {
				root.explains = append(root.explains, one.Name)
			}
		}
	}
}

// folded is a table of rows that one cause explains, folded if there are many. As with
// groups, data-bad tells the script that it was open by itself: it folds when it grows.
func (o *overview) folded(id, what string, rows []*row, more g.Node) g.Node {
	return g.Iff(len(rows) > 0, func() g.Node {
		return h.Details(h.ID(id), g.If(len(rows) <= maxUnfolded, g.Group{g.Attr("open"), h.Data("bad", "")}), h.Summary(g.Textf("%d %s", len(rows), what)), more, o.troubles(strings.ToUpper(what[:1])+what[1:], rows))
	})
}

// troubles is a table of rows that are not healthy.
func (o *overview) troubles(label string, rows []*row) g.Node {
	columns := []string{"Integration", "Status", "Why", "Since", "Last runs"}
	if o.r.Viewer.May(scope.Write) {
		columns = append(columns, "Actions")
	}
	return h.Table(h.Class("trouble cards"), h.Aria("label", label),
		h.THead(h.Tr(g.Map(columns, func(name string) g.Node { return h.Th(h.Scope("col"), g.Text(name)) }))),
		h.TBody(g.Map(rows, o.troubled)))
}

// troubled is the row of an integration that is not healthy.
func (o *overview) troubled(one *row) g.Node {
	shown := g.Group{
		h.Data("n", one.Name), h.Data("p", one.Probe), h.Data("g", one.group), g.If(one.hidden, g.Attr("hidden")),
		h.Th(h.Scope("row"), h.A(h.Href(o.r.Link("/integrations/%s", one.Name)), g.El("bdi", g.Text(ui.Clean(one.Name)))), h.Span(h.Class("dim"), g.Text(" "+ui.Clean(one.group)))),
		h.Td(ui.Status(one.Status)),
		h.Td(o.why(one)),
		h.Td(h.Data("label", "Since"), ui.Time(one.since)),
		h.Td(one.bar()),
	}
	if o.r.Viewer.May(scope.Write) {
		shown = append(shown, h.Td(o.actions(one)))
	}
	return h.Tr(shown)
}

// causeWords say what kept an integration from being healthy.
var causeWords = map[check.Cause]string{
	check.Target: "target", check.Timeout: "timeout", check.Probe: "the probe failed", check.Denied: "not granted", check.Host: "vega itself",
}

// why says what is known of the reason.
func (o *overview) why(one *row) g.Node {
	nodes := g.Group{}
	if cause := causeWords[one.Cause]; cause != "" {
		nodes = append(nodes, h.Span(h.Class("cause"), g.Text(cause)), g.Text(" "))
	}
	nodes = append(nodes, h.Span(h.Class("msg"), g.Text(message(one.Message))))
	if len(one.RootCause) > 0 {
		nodes = append(nodes, h.Div(h.Class("root"), g.Text("because of "), o.names(one.RootCause)))
	}
	if len(one.explains) > 0 {
		nodes = append(nodes, h.Div(h.Class("root"), g.Text(ui.Count(len(one.explains), "other")+" because of it: "), o.names(one.explains)))
	}
	var about g.Group
	if i := o.byName[one.Name]; i != nil {
		about = append(about, h.Span(h.A(h.Href(o.r.Link("/incidents/%s", fmt.Sprint(i.ID))), g.Textf("Incident %d", i.ID)), g.Text(taken(i, time.Now())+" ")))
	}
	for n := range o.silences {
		if s := &o.silences[n]; s.of(one.State) {
			about = append(about, h.Span(h.A(h.Href(o.r.Link("/silences")), g.Text("Silenced")), g.Text(" until "), ui.At(s.Until), g.If(len(s.Alerts) > 0, g.Text(" for some alerts")), g.Text(" ")))
			break
		}
	}
	if o.serviced[one.Name] {
		about = append(about, h.Span(h.A(h.Href(o.r.Link("/silences")), g.Text("In maintenance")), g.Text(" ")))
	}
	if one.Runbook != "" {
		about = append(about, h.Span(ui.Link(one.Runbook, "Runbook")))
	}
	if len(about) > 0 {
		nodes = append(nodes, h.Div(h.Class("about"), about))
	}
	return nodes
}

// names links to integrations.
func (o *overview) names(all []string) g.Node {
	var nodes g.Group
	for n, name := range all {
		if n == maxNames {
			return append(nodes, g.Textf(" and %d more", len(all)-n))
		}
		nodes = append(nodes, g.If(n > 0, g.Text(", ")), h.A(h.Href(o.r.Link("/integrations/%s", name)), g.El("bdi", g.Text(ui.Clean(name)))))
	}
	return nodes
}

// taken says who takes care of an incident.
func taken(i *incident.Incident, now time.Time) string {
	var parts []string
	if a := i.Acknowledged; a != nil && (a.Until.IsZero() || now.Before(a.Until)) {
		parts = append(parts, "acknowledged by "+message(a.By))
	}
	if i.Muted != nil {
		parts = append(parts, message(i.Muted.By)) // such as "silence by ann"
	}
	if len(parts) == 0 {
		return ""
	}
	return ", " + strings.Join(parts, ", ")
}

// actions are the buttons of a row. They belong to the form "act".
func (o *overview) actions(one *row) g.Node {
	button := func(action, label, spoken string, more ...g.Node) g.Node {
		return h.Button(h.Type("submit"), g.Attr("form", "act"), g.Attr("formaction", o.r.Link("/integrations/%s/"+action, one.Name)), h.Aria("label", spoken), g.Group(more), g.Text(label))
	}
	return h.Div(h.Class("actions"),
		button("silence", "Silence 1 h", "Silence 1 h: "+one.Name, h.Name("for"), h.Value("1h")),
		g.If(one.Probe != heartbeat.Probe, button("check", "Check now", "Check now: "+one.Name)))
}
