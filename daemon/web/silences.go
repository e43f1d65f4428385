package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/alerting/respond"
	"vega/daemon/api/scope"
	"vega/daemon/web/ui"
	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
)

// silencePages holds back messages.
type silencePages struct{ *Site }

func (p silencePages) routes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/silences", Scope: scope.Read, serve: p.list},
		{Method: http.MethodPost, Path: "/silences", Scope: scope.Write, MaxBody: maxForm, serve: p.create},
		{Method: http.MethodPost, Path: "/silences/:id/end", Scope: scope.Write, MaxBody: maxForm, serve: p.end},
	}
}

// spans are the durations that forms offer.
var spans = []struct{ value, name string }{{"30m", "30 minutes"}, {"1h", "1 hour"}, {"4h", "4 hours"}, {"12h", "12 hours"}, {"1d", "1 day"}, {"7d", "7 days"}}

// silenceForm has what was entered, to show it again if it is not valid.
type silenceForm struct {
	integrations, alerts           string // one selector a line
	duration, from, until, comment string
	next                           string
}

// list shows all silences, with a form that a link can fill in: integrations, alerts,
// duration, until and comment.
func (p silencePages) list(r *Request) error {
	q := r.URL.Query()
	return p.show(r, silenceFormOf(q), "", http.StatusOK)
}

func silenceFormOf(v url.Values) silenceForm {
	return silenceForm{
		strings.Join(v["integrations"], "\n"), strings.Join(v["alerts"], "\n"),
		v.Get("duration"), v.Get("from"), v.Get("until"), v.Get("comment"), v.Get("next"),
	}
}

// create adds the silence of a form. The fields are integrations and alerts (one selector a
// line), duration, or until, which wins; from, comment, and next, a path of the site.
func (p silencePages) create(r *Request) error {
	if err := r.readForm(); err != nil {
		return err
	}
	form := silenceFormOf(r.PostForm)
	s, err := p.add(r, &form)
	if e, ok := errors.AsType[*store.InvalidError](err); ok {
		return p.show(r, form, e.Error(), http.StatusBadRequest)
	}
	if err != nil {
		return err
	}
	return r.Done(r.nextOr("/silences"), "Silenced "+brief(silenced(&s), 100)+" until "+s.Until.Format("2006-01-02 15:04 UTC"))
}

func (p silencePages) add(r *Request, f *silenceForm) (incident.Silence, error) {
	in, err := f.request(time.Now())
	if err != nil {
		return incident.Silence{}, err
	}
	return in.Add(r.Context(), p.sources, r.Viewer.By())
}

// request returns what the form asks for.
func (f *silenceForm) request(now time.Time) (in respond.Silence, err error) {
	in = respond.Silence{Integrations: textLines(f.integrations), Alerts: textLines(f.alerts), Duration: strings.TrimSpace(f.duration), Comment: f.comment}
	if in.From, err = moment("from", f.from, now); err != nil {
		return in, err
	}
	if in.Until, err = moment("until", f.until, now); err == nil && !in.Until.IsZero() {
		in.Duration = ""
	}
	return in, err
}

// textLines returns the lines of a text that are not empty.
func textLines(text string) (all []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

func (p silencePages) end(r *Request) error {
	id, err := r.pathID("a silence")
	if err != nil {
		return err
	}
	if err := r.readForm(); err != nil {
		return err
	}
	if err := respond.EndSilence(r.Context(), p.sources, id, r.Viewer.By()); err != nil {
		return err
	}
	return r.Done(r.nextOr("/silences"), fmt.Sprintf("Ended silence %d", id))
}

// show answers with all silences and the form.
func (p silencePages) show(r *Request, form silenceForm, wrong string, status int) error {
	now, cursor := time.Now(), r.URL.Query().Get("cursor")
	page, err := p.sources.Silences(r.Context(), 0, cursor)
	if err != nil {
		return err
	}
	current := p.sources.CurrentSilences()
	slices.SortStableFunc(current, func(a, b incident.Silence) int {
		return cmp.Or(cmp.Compare(later(&a, now), later(&b, now)), a.Until.Compare(b.Until))
	})
	past := slices.DeleteFunc(page.Silences, func(s incident.Silence) bool { return respond.StateOf(&s, now) != respond.Ended })
	body := g.Group{
		h.H1(g.Text("Silences")),
		g.If(wrong != "", ui.Notice(ui.Bad, h.P(h.Role("alert"), g.Text("Nothing was silenced. "+wrong)))),
		h.P(g.Text("A silence holds back messages. Checks go on, and incidents still open and close.")),
		r.currentSilences(current, now),
		g.Iff(r.Viewer.May(scope.Write), func() g.Node { return r.silenceForm(&form) }),
		r.pastSilences(past, page.Next, cursor != ""),
	}
	return r.Show(Page{Title: "Silences", Nav: "/silences", Status: status, Body: body})
}

// later returns 1 for a silence that has not begun, and 0 for others.
func later(s *incident.Silence, now time.Time) int {
	if respond.StateOf(s, now) == respond.Pending {
		return 1
	}
	return 0
}

// silenced says what a silence is about.
func silenced(s *incident.Silence) string {
	var parts []string
	if len(s.Integrations) > 0 {
		parts = append(parts, strings.Join(s.Integrations, ", "))
	}
	if len(s.Alerts) > 0 {
		parts = append(parts, "alerts "+strings.Join(s.Alerts, ", "))
	}
	return check.OneLine(strings.Join(parts, "; "))
}

func (r *Request) currentSilences(all []incident.Silence, now time.Time) g.Node {
	if len(all) == 0 {
		return ui.Empty("Nothing is silenced.")
	}
	columns := []string{"Silenced", "State", "Until", "By", "Comment", "Change"}
	rows := make([]ui.Row, len(all))
	for n := range all {
		s := &all[n]
		rows[n] = ui.Row{ui.Text(silenced(s)), silenceState(s, now), ui.Time(s.Until), ui.Text(s.By), ui.Text(s.Comment), r.endButton(s, "/silences")}
	}
	return g.Group{h.H2(g.Textf("Now: %d", len(all))), ui.Table("Silences that hold or begin later", columns, rows)}
}

func silenceState(s *incident.Silence, now time.Time) g.Node {
	if respond.StateOf(s, now) == respond.Pending {
		return g.Group{ui.Mark(ui.Info, "begins"), g.Text(" "), ui.Time(s.From)}
	}
	return ui.Mark(ui.Warning, "for another "+ui.Duration(s.Until.Sub(now).Round(time.Second)))
}

// endButton returns a button that ends a silence.
func (r *Request) endButton(s *incident.Silence, back string) g.Node {
	return g.Iff(r.Viewer.May(scope.Write), func() g.Node {
		return ui.Button(r.Link("/silences/%s/end", fmt.Sprint(s.ID)), "End", ui.Input{Name: "next", Value: back})
	})
}

// pastSilences returns those that ended, folded unless the viewer turned the page.
func (r *Request) pastSilences(all []incident.Silence, next string, open bool) g.Node {
	if len(all) == 0 && next == "" && !open {
		return nil
	}
	rows := make([]ui.Row, len(all))
	for n := range all {
		s := &all[n]
		ended, by := s.Until, ""
		if !s.Ended.IsZero() {
			ended, by = s.Ended, s.EndedBy
		}
		rows[n] = ui.Row{ui.Text(silenced(s)), ui.Time(s.From), g.Group{ui.Time(ended), g.If(by != "", g.Group{g.Text(" by "), ui.Text(by)})}, ui.Text(s.By), ui.Text(s.Comment)}
	}
	return h.Details(g.If(open, g.Attr("open")), h.ID("past"), h.Summary(h.H2(g.Text("Past"))),
		ui.Table("Silences that ended", []string{"Silenced", "Began", "Ended", "By", "Comment"}, rows),
		g.If(next != "", h.P(h.A(h.Href(r.Link("/silences")+"?cursor="+url.QueryEscape(next)+"#past"), g.Text("Older silences")))))
}

// field returns what somebody wrote, to be shown in a form again.
func field(text string) string { return ui.Clean(ui.Cut(text, maxForm)) }

// silenceForm returns the form that adds a silence.
func (r *Request) silenceForm(f *silenceForm) g.Node {
	chosen := f.duration
	if chosen == "" && f.until == "" {
		chosen = "1h"
	}
	return g.Group{h.H2(h.ID("new"), g.Text("Silence something")), h.Form(h.Method("post"), h.Action(r.Link("/silences")),
		ui.Field("Integrations, one a line: a name, orders-*, group:payments/*, label:team=core; * is all", h.Textarea(h.Name("integrations"), h.Rows("2"), g.Text("\n"+field(f.integrations)))),
		ui.Field("Alerts, one a line; if there are integrations too, both must fit", h.Textarea(h.Name("alerts"), h.Rows("1"), g.Text("\n"+field(f.alerts)))),
		h.Div(h.Class("actions"),
			ui.Field("For", durations(chosen, "until the time on the right")),
			ui.Field("Or until (UTC)", h.Input(h.Type("datetime-local"), h.Name("until"), h.Value(brief(f.until, 40)))),
			ui.Field("Begins (UTC; empty: now)", h.Input(h.Type("datetime-local"), h.Name("from"), h.Value(brief(f.from, 40)))),
		),
		ui.Field("Why? Others see this when nothing is sent", h.Input(h.Type("text"), h.Name("comment"), h.Required(), h.MaxLength(fmt.Sprint(respond.MaxComment)), h.Value(field(f.comment)))),
		g.If(f.next != "", h.Input(h.Type("hidden"), h.Name("next"), h.Value(within(f.next)))),
		h.Button(h.Type("submit"), h.Class("main"), g.Text("Silence")),
	)}
}

// durations returns a choice of durations. Unless it is "", none names the choice of none.
func durations(chosen, none string) g.Node {
	var all g.Group
	if none != "" {
		all = append(all, h.Option(h.Value(""), g.Text(none)))
	}
	known := chosen == ""
	for _, s := range spans {
		known = known || s.value == chosen
		all = append(all, h.Option(h.Value(s.value), g.If(s.value == chosen, h.Selected()), g.Text(s.name)))
	}
	if !known {
		all = append(all, h.Option(h.Value(brief(chosen, 40)), h.Selected(), g.Text(brief(chosen, 40))))
	}
	return h.Select(h.Name("duration"), all)
}
