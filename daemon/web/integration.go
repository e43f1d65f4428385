package web

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/alerting/respond"
	"vega/daemon/api/scope"
	"vega/daemon/engine"
	"vega/daemon/heartbeat"
	"vega/daemon/live"
	"vega/daemon/web/history"
	"vega/daemon/web/ui"
	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
)

// integrationPages shows one integration, and acts on it.
type integrationPages struct{ *Site }

func (s integrationPages) routes() []Route {
	const path = "/integrations/:name"
	return []Route{
		{Method: http.MethodGet, Path: path, Scope: scope.Read, serve: s.page},
		{Method: http.MethodGet, Path: path + "/runs", Scope: scope.Read, serve: s.runs},
		{Method: http.MethodGet, Path: path + "/history", Scope: scope.Read, serve: s.history},
		{Method: http.MethodGet, Path: path + "/chart", Scope: scope.Read, serve: s.chart},
		{Method: http.MethodPost, Path: path + "/check", Scope: scope.Write, MaxBody: maxForm, Waits: true, serve: s.check},
		{Method: http.MethodPost, Path: path + "/silence", Scope: scope.Write, MaxBody: maxForm, serve: s.silence},
	}
}

// integration is what is read for the page of one.
type integration struct {
	engine.Integration
	live      live.Row
	incidents []incident.Incident
	silences  []holding
	serviced  bool // in maintenance
	past      history.Past
	related   map[string]check.Status
	missing   []string // what could not be read
}

// page shows an integration. One that is not configured any longer has only its history.
func (s integrationPages) page(r *Request) error {
	name, seen, known := r.Param("name"), s.sources.Live().Generation(), s.known()
	now, err := s.sources.Integration(name)
	if unknown, ok := errors.AsType[*engine.UnknownError](err); ok {
		return s.removed(r, name, unknown)
	}
	if err != nil {
		return err
	}
	i := integration{Integration: now, live: s.sources.Live().Row(name)}
	if err := s.complete(r, &i); err != nil {
		return err
	}
	return r.Show(Page{Title: name, Nav: "/", Live: seen, Known: known, Scripts: chartScripts, Styles: chartStyles, Body: g.Group{
		h.Div(h.Class("subject"), h.Data("n", name), h.H1(ui.Name(name)), ui.Status(i.Status), i.beats(), i.standing(r)),
		s.actions(r, &i),
		g.Iff(len(i.missing) > 0, func() g.Node {
			return ui.Notice(ui.Bad, g.Text("vega could not read "+strings.Join(i.missing, ", ")+". Its log says why."))
		}),
		i.trouble(r),
		i.details(),
		g.Iff(!slices.Contains(i.missing, "its history"), func() g.Node { return g.Group{i.past.Uptime(), i.past.Latency(), i.past.Failures()} }),
		r.view().Metrics(name, i.Metrics),
		i.relations(r),
		i.about(r),
		g.Iff(i.Probe == heartbeat.Probe, func() g.Node { return howToPush(r, name) }),
		s.configured(r, &i),
	}})
}

// complete reads what the page has besides the state, which is shown even if the store can't
// be read.
func (s integrationPages) complete(r *Request, i *integration) error {
	var err error
	i.past, err = history.Read(r.Context(), s.sources, r.view(), i.Name)
	if _, ok := errors.AsType[*store.InvalidError](err); ok { // an unknown period
		return err
	}
	s.note(r, i, "its history", err)
	open := true
	page, err := s.sources.Incidents(r.Context(), store.IncidentQuery{Open: &open, Subject: i.Name, Limit: 20})
	i.incidents = page.Incidents
	s.note(r, i, "its incidents", err)
	i.silences = slices.DeleteFunc(holdings(s.sources.CurrentSilences(), time.Now()), func(one holding) bool { return !one.of(&i.State) })
	i.serviced = s.sources.Maintenance(time.Now())[i.Name]
	i.related, err = s.statuses(i)
	s.note(r, i, "its dependencies", err)
	return r.Context().Err()
}

// note logs that a part of the page could not be read.
func (s integrationPages) note(r *Request, i *integration, what string, err error) {
	if err != nil && r.Context().Err() == nil {
		s.log.ErrorContext(r.Context(), "a part of a page could not be read", "integration", i.Name, "part", what, "err", err)
		i.missing = append(i.missing, what)
	}
}

// removed shows the history of an integration that is not configured any longer.
func (s integrationPages) removed(r *Request, name string, unknown error) error {
	past, err := history.Read(r.Context(), s.sources, r.view(), name)
	if _, ok := errors.AsType[*engine.UnknownError](err); ok {
		return unknown
	}
	if err != nil {
		return err
	}
	return r.Show(Page{Title: name, Nav: "/", Scripts: chartScripts, Styles: chartStyles, Body: g.Group{
		h.H1(ui.Name(name)),
		ui.Notice(ui.Info, g.Text("The configuration has no integration with this name. Only its history is left.")),
		past.Failures(), past.Uptime(), past.Latency(),
	}})
}

// statuses returns the status of everything that an integration depends on, or that depends
// on it.
func (s integrationPages) statuses(i *integration) (map[string]check.Status, error) {
	all := map[string]check.Status{}
	names := slices.Concat(i.DependsOn, i.Dependents)
	if len(names) == 0 {
		return all, nil
	}
	o, err := s.sources.Overview(engine.Selection{Names: names})
	if _, changed := errors.AsType[*engine.UnknownError](err); changed { // a reload removed one meanwhile
		return all, nil
	}
	for n := range o.Integrations {
		all[o.Integrations[n].Name] = o.Integrations[n].Status
	}
	return all, err
}

// actions are the buttons of an integration, for those who may press them.
func (s integrationPages) actions(r *Request, i *integration) g.Node {
	if !r.Viewer.May(scope.Write) {
		return nil
	}
	silence := r.Link("/integrations/%s/silence", i.Name)
	runs := i.Status != check.Disabled && i.Probe != heartbeat.Probe
	return h.Div(h.Class("actions"),
		g.If(runs, ui.Button(r.Link("/integrations/%s/check", i.Name), "Check now")),
		ui.Button(silence, "Silence 1 h", ui.Input{Name: "for", Value: "1h"}),
		ui.Button(silence, "Silence 4 h", ui.Input{Name: "for", Value: "4h"}),
		ui.Fold(g.Text("Silence until…"), h.Form(h.Method("post"), h.Action(silence),
			ui.Field("Until (UTC)", h.Input(h.Type("datetime-local"), h.Name("until"), h.Required())),
			ui.Field("Why", h.Input(h.Type("text"), h.Name("comment"), h.MaxLength(strconv.Itoa(respond.MaxComment)))),
			h.Button(h.Type("submit"), g.Text("Silence")))),
	)
}

// standing says what is known now, and why.
func (i *integration) standing(r *Request) g.Node {
	var facts []ui.Fact
	if i.Cause != check.NoCause {
		facts = append(facts, ui.Fact{Name: "Cause", Value: g.Text(history.Causes[i.Cause])})
	}
	if len(i.RootCause) > 0 {
		facts = append(facts, ui.Fact{Name: "Root cause", Value: integrationLinks(r, i.RootCause...)})
	}
	if !i.live.Since.IsZero() {
		facts = append(facts, ui.Fact{Name: "Since", Value: ui.Time(i.live.Since)})
	}
	if i.CheckedAt != nil {
		facts = append(facts, ui.Fact{Name: "Last check", Value: h.Span(h.Class("ran"), ui.Time(*i.CheckedAt))},
			ui.Fact{Name: "Response time", Value: h.Span(h.Class("ms"), g.Text(ui.Duration(history.Spent(i.ResponseTimeMS))))})
	}
	// The script replaces what has the class msg by as much as a row of the overview shows.
	class := "message"
	if message(i.Message) == i.Message {
		class = "message msg"
	}
	return h.Div(h.Class("standing"),
		g.If(i.Message != "", h.Div(h.Class(class), ui.Text(i.Message))),
		g.If(i.Stored, ui.Notice(ui.Info, g.Text("This is the state of an earlier run: it has not run since vega started or since it was changed."))),
		ui.Facts(facts...),
	)
}

// beats returns the bar of the last runs.
func (i *integration) beats() g.Node {
	return ui.Beats(live.Beats, i.live.Beats)
}

// trouble lists open incidents and silences.
func (i *integration) trouble(r *Request) g.Node {
	var all g.Group
	for n := range i.incidents {
		one := &i.incidents[n]
		all = append(all, h.Li(h.A(h.Href(r.Link("/incidents/%s", history.Decimal(one.ID))), g.Text("Incident "+history.Decimal(one.ID))),
			g.Text(", "+string(one.Severity)+", since "), ui.Time(one.Opened),
			g.Iff(one.Root != 0, func() g.Node {
				return g.Group{g.Text(", explained by "), h.A(h.Href(r.Link("/incidents/%s", history.Decimal(one.Root))), g.Text("incident "+history.Decimal(one.Root)))}
			}),
			g.Text(taken(one, time.Now())), g.Text(": "), ui.Text(one.Summary)))
	}
	if i.serviced {
		all = append(all, h.Li(h.Class("silenced"), h.A(h.Href(r.Link("/silences")), g.Text("In maintenance")), g.Text(": no opening is sent.")))
	}
	for n := range i.silences {
		one := &i.silences[n]
		all = append(all, h.Li(h.Class("silenced"), h.A(h.Href(r.Link("/silences")), g.Text("Silenced")), g.Text(" until "), ui.At(one.Until),
			g.Text(" by "+ui.Clean(one.By)+": "), ui.Text(one.Comment),
			g.If(len(one.Alerts) > 0, g.Text(" Only for the alerts "+ui.Clean(strings.Join(one.Alerts, ", "))+"."))))
	}
	return g.If(len(all) > 0, h.Section(h.Class("open"), h.H2(g.Text("Incidents and silences")), h.Ul(all)))
}

// details shows what the probe reported in the last run.
func (i *integration) details() g.Node {
	strain := history.StrainOf(i.Contention)
	if len(i.Details) == 0 && strain == "" {
		return nil
	}
	facts := make([]ui.Fact, 0, len(i.Details)+1)
	for _, name := range slices.Sorted(maps.Keys(i.Details)) {
		facts = append(facts, ui.Fact{Name: ui.Clean(name), Value: ui.Text(i.Details[name])})
	}
	if strain != "" {
		facts = append(facts, ui.Fact{Name: "Strain of the host", Value: g.Text(strain)})
	}
	return h.Section(h.Class("reported"), h.H2(g.Text("Details of the last run")), ui.Facts(facts...))
}

// maxRelated limits the names in a list; those that are not healthy come first.
const maxRelated = 50

// relations lists what an integration depends on, and what depends on it.
func (i *integration) relations(r *Request) g.Node {
	part := func(title string, names []string) g.Node {
		if len(names) == 0 {
			return nil
		}
		slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(ui.Harm(i.related[a]), ui.Harm(i.related[b])) })
		shown := names[:min(len(names), maxRelated)]
		return g.Group{h.H3(g.Text(title + " " + ui.Count(len(names), "integration"))), h.Ul(h.Class("related"),
			g.Map(shown, func(name string) g.Node {
				return h.Li(ui.Status(i.related[name]), g.Text(" "), integrationLinks(r, name))
			}),
			g.If(len(shown) < len(names), h.Li(g.Textf("and %d more, none of them worse", len(names)-len(shown)))))}
	}
	if len(i.DependsOn)+len(i.Dependents) == 0 {
		return nil
	}
	return h.Section(h.H2(g.Text("Dependencies")), part("Depends on", i.DependsOn), part("Needed by", i.Dependents))
}

// about shows what the configuration says about an integration for people.
func (i *integration) about(r *Request) g.Node {
	facts := []ui.Fact{{Name: "Probe", Value: h.Code(g.Text(i.Probe))}}
	add := func(name string, value g.Node) { facts = append(facts, ui.Fact{Name: name, Value: value}) }
	if i.Description != "" {
		add("Description", ui.Text(i.Description))
	}
	if i.Runbook != "" {
		add("Runbook", ui.Link(i.Runbook, i.Runbook))
	}
	if i.Group != "" {
		add("Group", h.A(h.Href(r.Link("/")+"?"+url.Values{"q": {"group:" + i.Group}}.Encode()), ui.Name(i.Group)))
	}
	for _, label := range slices.Sorted(maps.Keys(i.Labels)) {
		add("Label "+label, ui.Name(i.Labels[label]))
	}
	switch {
	case i.Probe == heartbeat.Probe: // its block says when it is expected
	case i.IntervalMS > 0:
		add("Checked", g.Textf("every %s, for at most %s", ui.Duration(history.Spent(i.IntervalMS)), ui.Duration(history.Spent(i.TimeoutMS))))
	default:
		add("Checked", g.Text("only on request"))
	}
	return h.Section(h.Class("annotations"), h.H2(g.Text("About")), ui.Facts(facts...))
}

// howToPush shows how the job of a heartbeat reports. Its token is not known here.
func howToPush(r *Request, name string) g.Node {
	origin := r.site.settings.Load().Origin
	switch {
	case origin != "":
	case r.site.encrypted(r.Request):
		origin = "https://" + r.Host
	default:
		origin = "http://" + r.Host
	}
	command := `curl -fsS -m 10 --retry 5 -o /dev/null -X POST -H "Authorization: Bearer $TOKEN" ` + origin + r.Link("/push/%s", name)
	return h.Section(h.H2(g.Text("How the job reports")),
		h.P(g.Text("With the token of the heartbeat in $TOKEN, at the end of the job:")), h.Pre(h.TabIndex("0"), h.Code(g.Text(command))),
		h.P(g.Text("Append ?status=start when it begins, ?status=fail when it fails, or ?exit=CODE with its exit code.")))
}

// configured shows the grants of an integration and its block, to those who may see the
// configuration.
func (s integrationPages) configured(r *Request, i *integration) g.Node {
	if !r.Viewer.May(scope.Admin) {
		return nil
	}
	rows := grantRows(i.Grants)
	grants := ui.Empty("The probe may not reach anything.")
	if len(rows) > 0 {
		grants = ui.Table("Grants", []string{"Kind", "Allowed", "Granted by"}, rows)
	}
	block, err := s.sources.Block(i.Name)
	return h.Section(h.Class("configured"), h.H2(g.Text("Configuration")), h.P(g.Text("Defined at "), h.Code(g.Text(i.DefinedAt))),
		h.H3(g.Text("What it may reach")), grants,
		g.If(err == nil && block.Text != "", g.Group{h.H3(g.Text("Its block, without secrets")), h.Pre(h.TabIndex("0"), h.Code(g.Text(ui.Clean(block.Text))))}),
	)
}

// grantRows lists grants. Those that differ only in the method share a row.
func grantRows(all []engine.Grant) (rows []ui.Row) {
	for from := 0; from < len(all); {
		first, to := all[from], from+1
		methods, rest, ok := strings.Cut(first.Allow, " ")
		for ; ok && to < len(all); to++ {
			method, same, _ := strings.Cut(all[to].Allow, " ")
			if all[to].Kind != first.Kind || all[to].From != first.From || same != rest {
				break
			}
			methods += ", " + method
		}
		if to > from+1 {
			first.Allow = methods + " " + rest
		}
		rows = append(rows, ui.Row{g.Text(first.Kind), h.Code(g.Text(ui.Clean(first.Allow))), h.Code(g.Text(first.From))})
		from = to
	}
	return rows
}

// integrationLinks returns links to integrations.
func integrationLinks(r *Request, names ...string) g.Node {
	var all g.Group
	for n, name := range names {
		all = append(all, g.If(n > 0, g.Text(", ")), h.A(h.Href(r.Link("/integrations/%s", name)), ui.Name(name)))
	}
	return all
}

// check runs an integration, and waits for it.
func (s integrationPages) check(r *Request) error {
	name := r.Param("name")
	if _, err := s.sources.Integration(name); err != nil {
		return err
	}
	health, err := s.sources.Health(r.Context(), engine.Query{Names: []string{name}})
	if err != nil {
		return err
	}
	if gone := r.Context().Err(); gone != nil {
		return gone
	}
	message := name + " was checked"
	if len(health.Integrations) == 1 {
		message += ": " + ui.Word(health.Integrations[0].Status)
	}
	return r.Done(r.back("/integrations/%s", name), message)
}

// silence holds back messages about an integration.
func (s integrationPages) silence(r *Request) error {
	name := r.Param("name")
	if _, err := s.sources.Integration(name); err != nil { // a name that stands for several is refused
		return err
	}
	in := respond.Silence{Integrations: []string{name}, Duration: r.PostFormValue("for"), Comment: cmp.Or(r.PostFormValue("comment"), "silenced from the dashboard")}
	if text := r.PostFormValue("until"); text != "" {
		until, err := time.Parse("2006-01-02T15:04", text)
		if err != nil {
			return &store.InvalidError{Field: "until", Reason: "write it as 2026-01-31T18:30, in UTC"}
		}
		in.Until = until
	}
	added, err := s.addSilence(r, &in)
	if err != nil {
		return err
	}
	return r.Done(r.back("/integrations/%s", name), name+" is silenced until "+added.Until.UTC().Format("2006-01-02 15:04 UTC"))
}
