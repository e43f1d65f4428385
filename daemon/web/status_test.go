package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"vega/daemon/alerting"
	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/daemon/live"
	"vega/daemon/trends"
	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
)

// publicSources has two integrations, with text that must not be published.
type publicSources struct {
	Sources
	reads int
}

const secretText = "internal-host.example:5432 refused"

func (f *publicSources) Overview(engine.Selection) (engine.Overview, error) {
	f.reads++
	return engine.Overview{Integrations: []engine.State{
		{Report: engine.Report{Name: "db-primary", Status: check.Unhealthy, Message: secretText, Details: map[string]string{"host": secretText}}},
		{Report: engine.Report{Name: "payroll", Status: check.Healthy, Message: secretText}},
		{Report: engine.Report{Name: "web", Status: check.Healthy, Message: secretText}},
	}}, nil
}

func (f *publicSources) Live() *live.Board { return live.New() }

func (f *publicSources) Maintenance(time.Time) map[string]bool { return nil }

func (f *publicSources) Trend(_ context.Context, name, _ string, span trends.Span) (trends.IntegrationHistory, error) {
	if name == "gone" {
		return trends.IntegrationHistory{}, &engine.UnknownError{}
	}
	return trends.IntegrationHistory{Points: []trends.Point{{At: span.From, Status: &trends.StatusPoint{UpMS: 3, DownMS: 1}}}}, nil
}

func (f *publicSources) Uptime(context.Context, string, time.Time, time.Time) (trends.UptimeReport, error) {
	return trends.UptimeReport{UpMS: 999, DownMS: 1}, nil
}

func (f *publicSources) Incidents(_ context.Context, q store.IncidentQuery) (alerting.IncidentPage, error) {
	seen := func(s check.Status) incident.Evidence {
		return incident.Evidence{Now: &incident.Observation{Status: s, Message: secretText}}
	}
	subject := incident.Subject{Kind: incident.OfIntegration, Name: q.Subject}
	if q.Subject != "db-primary" {
		return alerting.IncidentPage{}, nil
	}
	return alerting.IncidentPage{Incidents: []incident.Incident{
		{ID: 7, Subject: subject, Summary: secretText, Opened: time.Now().Add(-time.Hour), Evidence: seen(check.Unhealthy)},
		{ID: 6, Subject: subject, Summary: secretText, Opened: time.Now().Add(-9 * time.Hour), Ended: time.Now().Add(-8 * time.Hour), Evidence: seen(check.Unknown)},
		{ID: 5, Subject: subject, Summary: secretText, Opened: time.Now().Add(-7 * time.Hour), Ended: time.Now().Add(-6 * time.Hour), Evidence: seen(check.Degraded)},
	}}, nil
}

// publicSite returns a function that asks a site with a status page.
func publicSite(t *testing.T, f Sources, pages ...config.StatusPage) func(path string) *httptest.ResponseRecorder {
	t.Helper()
	s := New(f, nil, slog.New(slog.DiscardHandler))
	s.Set(Settings{Prefix: "/vega", StatusPages: pages})
	return func(path string) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
		parts := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
		for _, route := range (statusPages{s}).routes() {
			if strings.Count(route.Path, "/") != len(parts) {
				continue
			}
			err := route.serve(&Request{Request: r, site: s, w: w, param: func(name string) string {
				got, _ := url.PathUnescape(parts[map[string]int{"page": 1, "badge": 2}[name]])
				return got
			}})
			if e, ok := err.(*Error); ok { //nolint:errorlint // not wrapped
				w.Code = e.Status
			} else if err != nil {
				t.Fatal(err)
			}
		}
		return w
	}
}

var publicPage = config.StatusPage{
	Name: "public", Title: "Example & Co", Integrations: []string{"db-primary", "web", "gone"},
	Names: map[string]string{"db-primary": `Data <b>base`, "web": "Site/Shop"},
}

// TestStatusPage shows public names, states, uptime and incidents, and nothing else.
func TestStatusPage(t *testing.T) {
	f := &publicSources{}
	get := publicSite(t, f, publicPage)
	w := get("/status/public")
	body := w.Body.String()
	if w.Code != 200 || w.Header().Get("Cache-Control") != "public, max-age=10" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	for _, want := range []string{
		"<h1>Example &amp; Co</h1>", "Some systems are down", "Data &lt;b&gt;base: down", "Data &lt;b&gt;base: degraded", "75.00 % up in 90 days",
		`href="/vega/status/public/Site%2FShop.svg?uptime=90d"`, "not checked", "operational",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in %s", want, body)
		}
	}
	for _, hidden := range []string{secretText, "db-primary", "payroll", "refused", ">web<"} {
		if strings.Contains(body, hidden) {
			t.Errorf("%q is published", hidden)
		}
	}
	if n := strings.Count(body, "Data &lt;b&gt;base: "); n != 2 {
		t.Errorf("%d incidents; one that vega could not tell is none of the target", n)
	}
	for range 100 {
		get("/status/public")
	}
	if f.reads != 1 {
		t.Errorf("read %d times for 101 visitors", f.reads)
	}
}

// TestBadges answers only for names of the page, with the same answer for all others.
func TestBadges(t *testing.T) {
	get := publicSite(t, &publicSources{}, publicPage)
	for path, want := range map[string]string{
		"/status/public/Site%2FShop.svg":            ">operational<",
		"/status/public/Site%2FShop.svg?uptime=30d": ">99.90 %<",
		"/status/public/Site%2FShop.json":           `{"schemaVersion":1,"label":"Site/Shop","message":"operational","color":"brightgreen"}`,
	} {
		if w := get(path); w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	for path, want := range map[string]int{
		"/status/public/web.svg": 404, "/status/public/payroll.svg": 404, "/status/public/db-primary.json": 404, "/status/public/nothing.svg": 404,
		"/status/public/Site%2FShop": 404, "/status/other": 404, "/status/public/Site%2FShop.svg?uptime=1h": 400,
	} {
		if w := get(path); w.Code != want || w.Body.Len() > 0 {
			t.Errorf("%s: %d %s, want %d", path, w.Code, w.Body, want)
		}
	}
}

// TestStatusLeads leads to the only page, lists several, and answers 404 without any.
func TestStatusLeads(t *testing.T) {
	if w := publicSite(t, &publicSources{})("/status"); w.Code != 404 {
		t.Errorf("%d", w.Code)
	}
	if w := publicSite(t, &publicSources{}, publicPage)("/status"); w.Code != 303 || w.Header().Get("Location") != "/vega/status/public" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	other := config.StatusPage{Name: "inner", Title: "Inner"}
	if w := publicSite(t, &publicSources{}, publicPage, other)("/status"); w.Code != 200 || !strings.Contains(w.Body.String(), `<a href="/vega/status/inner">Inner</a>`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// flappingSources has a target that was down for two hours of its incident of four, and
// one that is in maintenance from noon and outlasts it, or an hour later.
type flappingSources struct {
	publicSources
	noon time.Time
	over bool
}

func (f *flappingSources) Maintenance(at time.Time) map[string]bool {
	if at.Before(f.noon) || f.over && !at.Before(f.noon.Add(time.Hour)) {
		return nil
	}
	return map[string]bool{"web": true}
}

func (f *flappingSources) Incidents(_ context.Context, q store.IncidentQuery) (alerting.IncidentPage, error) {
	i := incident.Incident{
		ID: 1, Subject: incident.Subject{Kind: incident.OfIntegration, Name: q.Subject},
		Opened: f.noon.Add(time.Minute), Ready: f.noon.Add(time.Minute), Evidence: incident.Evidence{Now: &incident.Observation{Status: check.Unhealthy}},
	}
	past := i
	switch {
	case q.Subject == "db-primary":
		i.Reopened = 1
		return alerting.IncidentPage{Incidents: []incident.Incident{i}}, nil
	case q.Subject != "web":
		return alerting.IncidentPage{}, nil
	case f.over:
		i.Ready = f.noon.Add(61 * time.Minute)
	}
	past.Opened, past.Ended = f.noon.Add(2*time.Minute), f.noon.Add(3*time.Minute)
	return alerting.IncidentPage{Incidents: []incident.Incident{i, past}}, nil
}

func (f *flappingSources) Incident(context.Context, int64) (alerting.IncidentReport, error) {
	at := func(minutes int, kind string) incident.Event {
		return incident.Event{At: f.noon.Add(time.Duration(minutes) * time.Minute), Kind: kind}
	}
	return alerting.IncidentReport{Timeline: []incident.Event{
		at(1, "opened"), at(5, "withdrawn"), at(31, "recovered"), at(32, "notified"), at(90, "reopened"), at(91, "relapsed"),
	}}, nil
}

// TestStatusPageTellsWhenItWasDown checks that a page counts neither the time between two
// openings of one incident (upptime#838) nor maintenance (cachet#4265).
func TestStatusPageTellsWhenItWasDown(t *testing.T) {
	noon := time.Now().UTC().Add(-3 * time.Hour).Truncate(time.Minute)
	since := func(minutes int) string {
		return noon.Add(time.Duration(minutes) * time.Minute).Format("2 January 2006, 15:04 UTC</time>")
	}
	for _, tt := range []struct {
		over         bool
		want, absent []string
	}{
		{false, []string{"base: down</strong> since <time", since(90), since(1) + ", for 30 min"}, []string{"Shop: down"}},
		{true, []string{"Shop: down</strong> since <time", since(61) + "; it works at the moment", since(90) + "</li>"}, []string{since(2), since(3)}},
	} {
		get := publicSite(t, &flappingSources{noon: noon, over: tt.over}, publicPage)
		page := get("/status/public").Body.String()
		for _, want := range tt.want {
			if !strings.Contains(page, want) {
				t.Errorf("over %v: no %q in %s", tt.over, want, page)
			}
		}
		for _, absent := range tt.absent {
			if strings.Contains(page, absent) {
				t.Errorf("over %v: %q in %s", tt.over, absent, page)
			}
		}
	}
}
