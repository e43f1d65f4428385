package web

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/alerting/respond"
	"vega/daemon/api/scope"
	"vega/daemon/web/oncall"
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

// onCall returns how the viewer sees incidents.
func (r *Request) onCall() oncall.View {
	return oncall.View{Link: r.Link, Write: r.Viewer.May(scope.Write)}
}

// maxOpen is how many open incidents are shown before the past ones.
const maxOpen = 200

// list shows the open incidents, and then the past ones. state=open and state=past show
// only these, and all of them page by page.
func (p incidentPages) list(r *Request) error {
	filter := oncall.FilterOf(r.URL.Query())
	q, err := filter.Query()
	if err != nil {
		return err
	}
	view, yes, no := r.onCall(), true, false
	seen, known := p.sources.Live().Generation(), p.known()
	body := g.Group{h.H1(g.Text("Incidents")), view.Selections(&filter)}
	if filter.State != oncall.Past {
		open := q
		open.Open = &yes
		if filter.State == "" {
			open.Limit, open.Cursor = maxOpen, ""
		}
		page, err := p.sources.Incidents(r.Context(), open)
		if err != nil {
			return err
		}
		body = append(body, view.OpenIncidents(page, &filter))
	}
	if filter.State != oncall.Open {
		q.Open = &no
		page, err := p.sources.Incidents(r.Context(), q)
		if err != nil {
			return err
		}
		body = append(body, view.PastIncidents(page, &filter))
	}
	return r.Show(Page{Title: "Incidents", Nav: "/incidents", Live: seen, Known: known, Body: body})
}

// one shows everything that is known of an incident.
func (p incidentPages) one(r *Request) error {
	id, err := r.pathID("an incident")
	if err != nil {
		return err
	}
	seen, known := p.sources.Live().Generation(), p.known()
	i, err := p.sources.Incident(r.Context(), id)
	if err != nil {
		return respond.Missing(err, "incident", id)
	}
	return r.Show(Page{Title: fmt.Sprintf("Incident %d", id), Nav: "/incidents", Live: seen, Known: known, Body: r.onCall().Incident(&i, len(p.sources.Notifiers()))})
}

func (p incidentPages) acknowledge(r *Request) error {
	id, err := r.pathID("an incident")
	if err != nil {
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
	if err := respond.Unacknowledge(r.Context(), p.sources, id, r.Viewer.By()); err != nil {
		return err
	}
	return r.Done(r.nextOr(fmt.Sprintf("/incidents/%d", id)), fmt.Sprintf("Removed the acknowledgement of incident %d", id))
}

// silencePages holds back messages.
type silencePages struct{ *Site }

func (p silencePages) routes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/silences", Scope: scope.Read, serve: p.list},
		{Method: http.MethodPost, Path: "/silences", Scope: scope.Write, MaxBody: maxForm, serve: p.create},
		{Method: http.MethodPost, Path: "/silences/:id/end", Scope: scope.Write, MaxBody: maxForm, serve: p.end},
	}
}

// list shows all silences, with a form that a link can fill in: integrations, alerts,
// duration, until and comment.
func (p silencePages) list(r *Request) error {
	return p.show(r, oncall.SilenceFormOf(r.URL.Query()), "", http.StatusOK)
}

// create adds the silence of a form, or shows the form again with what is wrong.
func (p silencePages) create(r *Request) error {
	form := oncall.SilenceFormOf(r.PostForm)
	s, err := p.add(r, &form)
	if e, ok := errors.AsType[*store.InvalidError](err); ok {
		return p.show(r, form, e.Error(), http.StatusBadRequest)
	}
	if err != nil {
		return err
	}
	return r.Done(r.nextOr("/silences"), "Silenced "+oncall.Silenced(&s)+" until "+s.Until.UTC().Format("2006-01-02 15:04 UTC"))
}

func (p silencePages) add(r *Request, f *oncall.SilenceForm) (incident.Silence, error) {
	in, err := f.Request(time.Now())
	if err != nil {
		return incident.Silence{}, err
	}
	return p.addSilence(r, &in)
}

// addSilence adds a silence, or returns the one that the same button has just made.
func (s *Site) addSilence(r *Request, in *respond.Silence) (incident.Silence, error) {
	by := r.Viewer.By()
	if made, ok := in.Made(s.sources.CurrentSilences(), by); ok {
		return made, nil
	}
	return in.Add(r.Context(), s.sources, by)
}

func (p silencePages) end(r *Request) error {
	id, err := r.pathID("a silence")
	if err != nil {
		return err
	}
	if err := respond.EndSilence(r.Context(), p.sources, id, r.Viewer.By()); err != nil {
		return err
	}
	return r.Done(r.nextOr("/silences"), fmt.Sprintf("Ended silence %d", id))
}

// show answers with all silences and the form. Those that hold come from memory: in the
// store, they may be behind pages of others.
func (p silencePages) show(r *Request, form oncall.SilenceForm, wrong string, status int) error {
	now, cursor := time.Now(), r.URL.Query().Get("cursor")
	page, err := p.sources.Silences(r.Context(), 0, cursor)
	if err != nil {
		return err
	}
	if form.Next != "" {
		form.Next = within(form.Next)
	}
	over := slices.DeleteFunc(page.Silences, func(s incident.Silence) bool { return respond.StateOf(&s, now) != respond.Ended })
	shown := oncall.Silences{Current: p.sources.CurrentSilences(), Serviced: slices.Sorted(maps.Keys(p.sources.Maintenance(now))), Ended: over, Next: page.Next, Turned: cursor != "", Form: form, Wrong: wrong}
	return r.Show(Page{Title: "Silences", Nav: "/silences", Status: status, Body: r.onCall().Silences(&shown)})
}

// alertPages shows alerts and notifiers, and tests notifiers.
type alertPages struct{ *Site }

func (p alertPages) routes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/alerts", Scope: scope.Read, serve: p.list},
		{Method: http.MethodGet, Path: "/notifiers/:name/test", Scope: scope.Read, serve: p.tested},
		{Method: http.MethodPost, Path: "/notifiers/:name/test", Scope: scope.Write, MaxBody: maxForm, Waits: true, serve: p.test},
		{Method: http.MethodPost, Path: "/notifiers/:name/retry", Scope: scope.Write, MaxBody: maxForm, serve: p.retry},
	}
}

func (p alertPages) list(r *Request) error { return p.show(r, nil) }

// test sends an opening and its resolve, marked as a test. The answer is the page with the
// result, which is kept nowhere.
func (p alertPages) test(r *Request) error {
	report, err := respond.TestNotifier(r.Context(), p.sources, r.Param("name"))
	if err != nil {
		return err
	}
	return p.show(r, oncall.Tested(&report))
}

// tested leads on from the address of a result, for those who open it again.
func (alertPages) tested(r *Request) error { return r.Done("/alerts#notifiers", "") }

func (p alertPages) retry(r *Request) error {
	name := r.Param("name")
	if err := respond.RetryNotifier(r.Context(), p.sources, name); err != nil {
		return err
	}
	return r.Done("/alerts", "Sending again what was given up for "+check.Clip(check.OneLine(name), 100))
}

func (p alertPages) show(r *Request, result g.Node) error {
	return r.Show(Page{Title: "Alerts and notifiers", Nav: "/alerts", Body: g.Group{
		h.H1(g.Text("Alerts and notifiers")), result, r.onCall().Alerts(p.sources.Notifiers(), p.sources.Alerts()),
	}})
}

// nextOr returns where a form leads: the path of the site in its field next, or otherwise.
func (r *Request) nextOr(otherwise string) string {
	if next := r.PostFormValue("next"); next != "" {
		return within(next)
	}
	return otherwise
}

// pathID returns the ID in the path of a page.
func (r *Request) pathID(of string) (int64, error) {
	id, err := strconv.ParseInt(r.Param("id"), 10, 64)
	if err != nil || id < 1 || strconv.FormatInt(id, 10) != r.Param("id") { // +1 and 01 are not IDs
		return 0, &Error{http.StatusNotFound, "the ID of " + of + " must be a positive number"}
	}
	return id, nil
}
