package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/daemon/alerting"
	"vega/daemon/api/scope"
	"vega/daemon/config"
	"vega/daemon/live"
	"vega/daemon/web/assets"
	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
)

// alertingSources is what the pages of incidents read and change.
type alertingSources struct {
	Sources

	incidents []incident.Incident
	report    alerting.IncidentReport
	asked     []store.IncidentQuery
	next      string
	ack       incident.Acknowledgement
	silence   incident.Silence
	silences  []incident.Silence // that hold or begin later
	past      []incident.Silence
	by        string
	alerts    []alerting.AlertReport
	notifiers []alerting.NotifierReport
	test      alerting.TestReport
	serviced  map[string]bool
	err       error
}

func (f *alertingSources) Incidents(_ context.Context, q store.IncidentQuery) (alerting.IncidentPage, error) {
	f.asked = append(f.asked, q)
	all := slices.DeleteFunc(slices.Clone(f.incidents), func(i incident.Incident) bool { return q.Open != nil && *q.Open != i.Open() })
	return alerting.IncidentPage{Incidents: all, Next: f.next}, f.err
}

func (f *alertingSources) Incident(_ context.Context, id int64) (alerting.IncidentReport, error) {
	if id != f.report.ID {
		return alerting.IncidentReport{}, store.ErrNotFound
	}
	return f.report, nil
}

func (f *alertingSources) Acknowledge(_ context.Context, id int64, a incident.Acknowledgement) error {
	f.ack = a
	return f.change(id)
}

func (f *alertingSources) change(id int64) error {
	switch {
	case f.err != nil:
		return f.err
	case id != f.report.ID:
		return incident.ErrNotFound
	case !f.report.Open():
		return incident.ErrEnded
	}
	return nil
}

func (f *alertingSources) Unacknowledge(_ context.Context, id int64, by string) error {
	f.by = by
	return f.change(id)
}

func (f *alertingSources) Silences(context.Context, int, string) (store.SilencePage, error) {
	return store.SilencePage{Silences: slices.Concat(f.silences, f.past), Next: f.next}, nil
}

func (f *alertingSources) CurrentSilences() []incident.Silence { return slices.Clone(f.silences) }

func (f *alertingSources) Silence(_ context.Context, s incident.Silence) (incident.Silence, error) {
	if slices.Contains(s.Integrations, "nothing") {
		return s, &store.InvalidError{Field: "integrations", Reason: `"nothing" selects no integration`}
	}
	f.silence = s
	return s, f.err
}

func (f *alertingSources) EndSilence(_ context.Context, id int64, by string) error {
	f.by = by
	if id != 1 {
		return incident.ErrNotFound
	}
	return nil
}

func (f *alertingSources) Maintenance(time.Time) map[string]bool { return f.serviced }

func (*alertingSources) Live() *live.Board                      { return live.New() }
func (f *alertingSources) OpenIncidents() []incident.Incident   { return f.incidents }
func (*alertingSources) Ready() error                           { return nil }
func (f *alertingSources) Alerts() []alerting.AlertReport       { return f.alerts }
func (f *alertingSources) Notifiers() []alerting.NotifierReport { return slices.Clone(f.notifiers) }

func (f *alertingSources) TestNotifier(_ context.Context, name string) (alerting.TestReport, error) {
	if name != f.test.Notifier {
		return alerting.TestReport{}, store.ErrNotFound
	}
	return f.test, nil
}

func (f *alertingSources) RetryNotifier(_ context.Context, name string) error {
	if name != "chat" {
		return store.ErrNotFound
	}
	f.by = name
	return nil
}

// browser is somebody who looks at pages of a Site.
type browser struct {
	t      *testing.T
	site   *Site
	viewer Viewer
}

// operator returns a browser with a key that may read and write.
func operator(t *testing.T, from Sources) *browser {
	return &browser{t, New(from, nil, slog.New(slog.DiscardHandler)), Viewer{Name: "ann", Scopes: []scope.Scope{scope.Read, scope.Write}, known: true, session: true}}
}

// send sends a request past everything that decides who may: that is not tested here. The
// error is that of the page.
func (b *browser) send(method, target string, form url.Values) (*httptest.ResponseRecorder, error) {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, route := range b.site.Routes() {
		names, ok := fits(route.Path, r.URL.EscapedPath())
		if !ok || route.Method != method {
			continue
		}
		if !b.viewer.May(route.Scope) {
			return nil, errors.New("the viewer may not")
		}
		w := httptest.NewRecorder()
		q := &Request{Request: r, route: &route, Viewer: b.viewer, site: b.site, w: w, param: func(name string) string { return names[name] }}
		return w, q.serve()
	}
	b.t.Fatalf("no route for %s %s", method, target)
	return nil, nil
}

// fits returns the parameters of a path that fits a route.
func fits(pattern, path string) (map[string]string, bool) {
	names := map[string]string{}
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return nil, false
	}
	for n := range want {
		value, err := url.PathUnescape(have[n])
		if name, isParam := strings.CutPrefix(want[n], ":"); isParam && err == nil {
			names[name] = value
		} else if want[n] != have[n] {
			return nil, false
		}
	}
	return names, true
}

// page returns a page that must be found.
func (b *browser) page(target string) string {
	b.t.Helper()
	w, err := b.send(http.MethodGet, target, nil)
	if err != nil || w.Code != http.StatusOK {
		b.t.Fatalf("%s: %v", target, err)
	}
	return w.Body.String()
}

// post sends a form that must be accepted, and returns where the browser goes.
func (b *browser) post(target string, form url.Values) string {
	b.t.Helper()
	w, err := b.send(http.MethodPost, target, form)
	if err != nil || w.Code != http.StatusSeeOther {
		b.t.Fatalf("%s %v: %v", target, form, err)
	}
	return w.Header().Get("Location")
}

func lacks(t *testing.T, page string, unwanted ...string) {
	t.Helper()
	for _, text := range unwanted {
		if strings.Contains(page, text) {
			t.Errorf("%q is in %.5000s", text, page)
		}
	}
}

var someday = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func incidentOf(id int64, name string, s incident.Severity) incident.Incident {
	return incident.Incident{ID: id, Subject: incident.Subject{Kind: incident.OfIntegration, Name: name}, Severity: s, Summary: name + " is unhealthy: 503", Alerts: []string{"health-checks"}, Opened: someday}
}

func TestTheSelectionThatIsShownIsMarked(t *testing.T) {
	b := operator(t, &alertingSources{})
	for path, want := range map[string]string{"/incidents": "All", "/incidents?state=open": "Open", "/incidents?since=12h": "Last 12 hours"} {
		if page := b.page(path); strings.Count(page, `aria-current="page">`+want+"<") != 1 || strings.Count(page, `<a class="button"`) != 4 {
			t.Errorf("%s: %s", path, page)
		}
	}
	style, _, _ := assets.Get(strings.TrimPrefix(assets.Path("style.css"), "/static/"))
	if !strings.Contains(string(style), ".button[aria-current] {") {
		t.Error("a button that is marked looks like the others")
	}
}

// TestOpenIncidentsComeFirstByHarm checks the order of the list, and that what another
// incident explains is folded.
func TestOpenIncidentsComeFirstByHarm(t *testing.T) {
	acked, below, over := incidentOf(3, "acked", incident.Critical), incidentOf(5, "below", incident.Critical), incidentOf(1, "over", incident.Critical)
	acked.Acknowledged = &incident.Acknowledgement{By: "bob", At: someday}
	below.Root = 4
	over.Ended, over.End = someday.Add(90*time.Second), incident.Recovered
	f := &alertingSources{incidents: []incident.Incident{below, incidentOf(2, "warns", incident.Warning), acked, incidentOf(4, "root", incident.Critical), over}}
	page := operator(t, f).page("/incidents")
	inOrder(t, page, "<h2>Open</h2>", "#4 ", "#3 ", "acknowledged", "bob", "#2 ", "<details>", "1 more incident that these explain", "#5 ", "explained by", "<h2>Past</h2>", "#1 ", "1 min 30 s", "recovered")
	if len(f.asked) != 2 || !*f.asked[0].Open || *f.asked[1].Open {
		t.Errorf("%+v", f.asked)
	}
}

func TestIncidentsAreFilteredByTheAddress(t *testing.T) {
	f := &alertingSources{next: "n"}
	f.incidents = []incident.Incident{incidentOf(1, "a", incident.Critical)}
	b := operator(t, f)
	page := b.page("/incidents?state=open&subject=a&alert=b&since=2026-01-01&until=2026-01-02")
	q := f.asked[0]
	if len(f.asked) != 1 || q.Subject != "a" || q.Alert != "b" || !q.Since.Equal(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) || !q.Until.Equal(time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", f.asked)
	}
	inOrder(t, page, `name="subject" value="a"`, `name="since" value="2026-01-01"`, "More open incidents")
	for query, want := range map[string]string{
		"state=all":                        "state",
		"since=yesterday":                  "is not a time",
		"since=2026-01-02&until=1h&x=":     "",
		"since=1h&until=2h":                "not before until",
		"until=2026-13-01":                 "is not a time",
		"since=-1h":                        "is not a time",
		"since=9999999999999999999999h":    "is not a time",
		"since=4000d":                      "",
		"since=%00%1b[31m&until=&state=":   "is not a time",
		"since=0001-01-01T00:00:00Z":       "",
		"subject=%ff%fe&alert=<script>":    "",
		"since=" + strings.Repeat("9", 99): "is not a time",
	} {
		_, err := b.send(http.MethodGet, "/incidents?"+query, nil)
		if want == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", query, err)
		}
	}
}

// TestPagesOfIncidentsBelongToOneQuery follows the links to further pages, which must ask
// for the same times, or the store refuses the cursor.
func TestPagesOfIncidentsBelongToOneQuery(t *testing.T) {
	f := &alertingSources{next: "n+/="}
	f.incidents = []incident.Incident{incidentOf(1, "a", incident.Critical)}
	b := operator(t, f)
	page := b.page("/incidents?since=12h&until=1h&subject=a+b%26c")
	_, link, _ := strings.Cut(page, `<p><a href="/incidents?`)
	link, _, _ = strings.Cut(link, `"`)
	b.page("/incidents?" + strings.ReplaceAll(link, "&amp;", "&"))
	first, second := f.asked[0], f.asked[len(f.asked)-1]
	if second.Cursor != "n+/=" || first.Filter() != second.Filter() {
		t.Errorf("%s\n%+v\n%+v", link, first, second)
	}
}

func incidentReport(i incident.Incident) alerting.IncidentReport {
	return alerting.IncidentReport{Incident: i, DurationMS: 60_000}
}

// What a message links to is a page that a browser can open, not an answer of the API.
func TestLinksOfMessagesArePages(t *testing.T) {
	s := config.Server{ExternalURL: "https://ops.example.com/vega", Dashboard: true}
	b := operator(t, &alertingSources{report: incidentReport(incidentOf(7, "orders", incident.Critical))})
	for id, want := range map[int64]string{7: "Incident 7: ", 0: "No incident is open"} {
		path, ok := strings.CutPrefix(s.Incidents().Link(id), s.ExternalURL)
		if page := b.page(path); !ok || !strings.Contains(page, want) {
			t.Errorf("%d: %s: %.2000s", id, path, page)
		}
	}
	s.Dashboard = false
	if link := s.Incidents().Link(7); link != "https://ops.example.com/vega/admin/incidents/7" {
		t.Errorf("without the dashboard: %s", link)
	}
	if link := (&config.Server{Dashboard: true}).Incidents().Link(7); link != "" {
		t.Errorf("without an external_url: %s", link)
	}
}

func TestIncidentPage(t *testing.T) {
	i := incidentOf(7, "orders", incident.Critical)
	i.Runbook, i.Below, i.Reopened, i.Group = "https://wiki.example/orders", 30, 2, "shop"
	i.Evidence = incident.Evidence{
		Now:      &incident.Observation{At: someday, Status: check.Unhealthy, Cause: check.Target, Message: "503", Details: map[string]string{"header": "x"}, Metrics: []check.Metric{{Name: "ttfb", Value: 3, Unit: "ms"}}, CorrelationID: "c-1"},
		LastGood: &incident.Observation{At: someday.Add(-time.Minute), Status: check.Healthy, TookMS: 12},
		Below:    []string{"shop"}, Strain: []string{"memory at 97 %"}, Queries: []string{"SELECT 1"}, Config: "abc", Bound: "above 80 %",
	}
	r := incidentReport(i)
	r.Timeline = []incident.Event{{At: someday, Kind: "opened", Text: "health-checks: 503"}, {At: someday, Kind: "notified", Text: "chat: opening", By: "chat"}}
	r.Deliveries = []incident.Delivery{{Notifier: "chat", Notified: true, Kind: incident.Opening, Sent: someday}, {Notifier: "pager", Dead: true, Error: "401", Attempts: 3}}
	r.Explains = []incident.Incident{incidentOf(8, "shop", incident.Critical)}
	r.Silences = []incident.Silence{{ID: 1, Integrations: []string{"orders"}, From: someday, Until: time.Now().Add(time.Hour), By: "bob", Comment: "known"}}
	b := operator(t, &alertingSources{report: r})
	page := b.page("/incidents/7")
	inOrder(t, page, "Incident 7: ", "open", "for 1 min", "critical", `href="/integrations/orders"`, "Began again", "2 times", "shop", `href="https://wiki.example/orders" rel="noreferrer"`, "known",
		"What to do", `action="/incidents/7/ack"`, `action="/silences/1/end"`, `name="integrations" value="orders"`,
		"Who was notified", "chat", "notified that it is open", "pager", "given up", "401",
		"What vega saw", "above 80 %", "503", "c-1", "header", "ttfb", "3 ms", "Last good", "12 ms", "1 min before", "memory at 97 %", "SELECT 1", "1 integration below it", "abc",
		"What it explains: 30", "#8", "and 29 more", "Timeline", "opened", "notified")
	b.viewer.Scopes = []scope.Scope{scope.Read}
	lacks(t, b.page("/incidents/7"), `action="/incidents`, `action="/silences`, "What to do")
	for id, want := range map[string]string{"9": "there is no incident 9", "0": "positive", "-1": "positive", "01": "positive", "x": "positive", "99999999999999999999": "positive", "%2e%2e": "positive"} {
		if _, err := b.send(http.MethodGet, "/incidents/"+id, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestNobodyWasNotified(t *testing.T) {
	for want, change := range map[string]func(*alerting.IncidentReport, *alertingSources){
		"has been notified yet":      func(*alerting.IncidentReport, *alertingSources) {},
		"no notifier is configured":  func(_ *alerting.IncidentReport, f *alertingSources) { f.notifiers = nil },
		"silence by bob":             func(r *alerting.IncidentReport, _ *alertingSources) { r.Silenced = "silence by bob" },
		`href="/incidents/3">#3</a>`: func(r *alerting.IncidentReport, _ *alertingSources) { r.Root = 3 },
		"before a message was due":   func(r *alerting.IncidentReport, _ *alertingSources) { r.Ended, r.End = someday, incident.Recovered },
	} {
		f := &alertingSources{report: incidentReport(incidentOf(1, "a", incident.Warning)), notifiers: []alerting.NotifierReport{{Name: "chat"}}}
		change(&f.report, f)
		inOrder(t, operator(t, f).page("/incidents/1"), "Who was notified", want)
	}
}

func TestDeliveriesInWords(t *testing.T) {
	for want, d := range map[string]incident.Delivery{
		"being sent":                      {InFlight: true},
		"missed: it ended":                {Missed: true, Done: true},
		"too many at once":                {Storm: 4},
		"next try":                        {Error: "503", Next: someday},
		"unclear whether":                 {Unsure: true, Error: "timeout"},
		"notified, also of the end":       {Done: true, Sent: someday, Kind: incident.Resolve},
		"nothing to send":                 {Done: true},
		"waiting":                         {},
		"an integration of this notifier": {Notified: true, Kind: incident.BelowRoot},
	} {
		f := &alertingSources{report: incidentReport(incidentOf(1, "a", incident.Warning))}
		d.Notifier = "chat"
		f.report.Deliveries = []incident.Delivery{d}
		inOrder(t, operator(t, f).page("/incidents/1"), "<tbody>", want)
	}
}

func TestAcknowledgeAndTakeBack(t *testing.T) {
	f := &alertingSources{report: incidentReport(incidentOf(7, "a", incident.Critical))}
	b := operator(t, f)
	to := b.post("/incidents/7/ack", url.Values{"comment": {"on it\n\u202e"}, "duration": {"4h"}})
	if f.ack.By != "key ann" || f.ack.Comment != "on it" || f.ack.Until.Sub(f.ack.At) != 4*time.Hour || !strings.HasPrefix(to, "/incidents/7?done=") {
		t.Errorf("%s %+v", to, f.ack)
	}
	b.viewer.session = false
	b.post("/incidents/7/ack", url.Values{})
	if f.ack.By != "ann" || !f.ack.Until.IsZero() {
		t.Errorf("%+v", f.ack)
	}
	if to := b.post("/incidents/7/unack", url.Values{"next": {"//evil.example/"}}); f.by != "ann" || !strings.HasPrefix(to, "/?") {
		t.Errorf("%s %s", f.by, to)
	}
	for _, path := range []string{"/incidents/8/ack", "/incidents/8/unack"} {
		if _, err := b.send(http.MethodPost, path, url.Values{}); !errors.Is(err, store.ErrNotFound) || err.Error() != "there is no incident 8" {
			t.Errorf("%s: %v", path, err)
		}
	}
	f.report.Ended = someday
	if _, err := b.send(http.MethodPost, "/incidents/7/ack", url.Values{}); !errors.Is(err, incident.ErrEnded) || err.Error() != "incident 7 has already ended" {
		t.Error(err)
	}
	if _, err := b.send(http.MethodPost, "/incidents/7/ack", url.Values{"comment": {strings.Repeat("x", 501)}}); err == nil || !strings.Contains(err.Error(), "limit is 500") {
		t.Error(err)
	}
	b.viewer.Scopes = []scope.Scope{scope.Read}
	if _, err := b.send(http.MethodPost, "/incidents/7/ack", url.Values{}); err == nil {
		t.Error("a key that may only read acknowledged an incident")
	}
}

func TestTimelineIsCut(t *testing.T) {
	f := &alertingSources{report: incidentReport(incidentOf(1, "a", incident.Critical))}
	for n := range 5000 {
		f.report.Timeline = append(f.report.Timeline, incident.Event{At: someday, Kind: "notified", Text: fmt.Sprintf("event %d.", n)})
	}
	page := operator(t, f).page("/incidents/1")
	inOrder(t, page, "4900 earlier events", "The first 3900 events are left out", "event 3900.", "</details>", "event 4900.", "event 4999.")
	if lacks(t, page, "event 3899."); len(page) > 1<<20 {
		t.Errorf("%d bytes", len(page))
	}
}
