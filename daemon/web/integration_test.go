package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vega/daemon"
	"vega/daemon/alerting"
	"vega/daemon/api/scope"
	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/daemon/live"
	"vega/daemon/trends"
	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
)

// evil is text as a target, a plugin or a caller may send it.
const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>` + "\u202e\x1b[31m"

// watched has one integration, what it was, and what the pages ask for.
type watched struct {
	Sources
	now     engine.Integration
	gone    bool // the integration is not configured any longer
	history []daemon.RunReport
	points  []trends.Point
	uptime  trends.UptimeReport
	blocks  []trends.Metric
	series  []trends.SeriesHistory
	others  map[string]check.Status
	asked   []store.RunQuery

	incidents []incident.Incident
	silences  []incident.Silence
	checked   int
	broken    error // of the store
}

func (*watched) Notifiers() []alerting.NotifierReport  { return nil }
func (*watched) Maintenance(time.Time) map[string]bool { return nil }

func (f *watched) unknown(name string) error {
	return &engine.UnknownError{Name: name, Known: []string{f.now.Name}}
}

func (f *watched) Integration(name string) (engine.Integration, error) {
	if name != f.now.Name || f.gone {
		return engine.Integration{}, f.unknown(name)
	}
	return f.now, nil
}

func (f *watched) Health(_ context.Context, q engine.Query) (engine.Health, error) {
	f.checked++
	if !slices.Equal(q.Names, []string{f.now.Name}) || q.MaxAge != 0 {
		return engine.Health{}, fmt.Errorf("unexpected %+v", q)
	}
	return engine.Health{Integrations: []engine.Report{f.now.Report}}, nil
}

func (f *watched) Overview(q engine.Selection) (o engine.Overview, err error) {
	for _, name := range q.Names {
		o.Integrations = append(o.Integrations, engine.State{Report: engine.Report{Name: name, Status: f.others[name]}})
	}
	return o, nil
}

func (f *watched) Runs(_ context.Context, q store.RunQuery) (daemon.RunPage, error) {
	f.asked = append(f.asked, q)
	if q.Integration != f.now.Name {
		return daemon.RunPage{}, f.unknown(q.Integration)
	}
	return daemon.RunPage{Runs: f.history, Next: "next&page"}, f.broken
}

func (f *watched) Uptime(_ context.Context, name string, _, _ time.Time) (trends.UptimeReport, error) {
	if name != f.now.Name {
		return trends.UptimeReport{}, f.unknown(name)
	}
	return f.uptime, nil
}

func (f *watched) Trend(_ context.Context, name, metric string, s trends.Span) (trends.IntegrationHistory, error) {
	if name != f.now.Name {
		return trends.IntegrationHistory{}, f.unknown(name)
	}
	return trends.IntegrationHistory{Name: name, Metric: metric, Unit: "ms", Span: s, Points: f.points}, nil
}

func (f *watched) MetricBlocks() []trends.Metric { return f.blocks }

func (f *watched) MetricTrend(_ context.Context, name string, labels map[string]string, s trends.Span) (trends.MetricHistory, error) {
	out := trends.MetricHistory{Name: name, Span: s}
	for _, one := range f.series {
		if labels["state"] == "" || labels["state"] == one.Labels["state"] {
			out.Series = append(out.Series, one)
		}
	}
	return out, nil
}

func (f *watched) Incidents(_ context.Context, q store.IncidentQuery) (alerting.IncidentPage, error) {
	if q.Open == nil || !*q.Open || q.Subject != f.now.Name {
		return alerting.IncidentPage{}, fmt.Errorf("unexpected %+v", q)
	}
	return alerting.IncidentPage{Incidents: f.incidents}, f.broken
}

func (f *watched) OpenIncidents() []incident.Incident  { return f.incidents }
func (*watched) Ready() error                          { return nil }
func (f *watched) CurrentSilences() []incident.Silence { return slices.Clone(f.silences) }

func (f *watched) Silence(_ context.Context, s incident.Silence) (incident.Silence, error) {
	f.silences = append(f.silences, s)
	return s, nil
}

func (f *watched) Live() *live.Board { return live.New() }

func (f *watched) Block(name string) (config.Block, error) {
	return config.Block{File: "vega.hcl", Line: 3, Text: `integration "` + name + `" { # ` + evil}, nil
}

// ask sends a request as ann, who has scopes, to the row of the table that fits.
func (f *watched) ask(t *testing.T, method, address string, form url.Values, scopes ...scope.Scope) (*httptest.ResponseRecorder, error) {
	t.Helper()
	site := New(f, nil, slog.New(slog.DiscardHandler))
	site.Set(Settings{Dashboard: true, Origin: "https://ops.example", Prefix: "/ops"})
	r := httptest.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	given := strings.Split(r.URL.EscapedPath(), "/")
	for _, route := range site.Routes() {
		path, values := strings.Split(route.Path, "/"), map[string]string{}
		fits := route.Method == method && len(path) == len(given)
		for n := 0; fits && n < len(path); n++ {
			name, variable := strings.CutPrefix(path[n], ":")
			values[name], _ = url.PathUnescape(given[n])
			fits = variable || path[n] == given[n]
		}
		if !fits {
			continue
		}
		w := httptest.NewRecorder()
		q := &Request{Request: r, route: &route, site: site, w: w, param: func(name string) string { return values[name] }, Viewer: Viewer{Name: "ann", Scopes: scopes, known: true, session: true}}
		if !q.Viewer.May(route.Scope) {
			return w, &Error{http.StatusForbidden, "no scope"}
		}
		return w, q.serve()
	}
	t.Fatalf("no row for %s %s", method, address)
	return nil, nil
}

// read returns a page. Nothing of evil may be in it but text.
func (f *watched) read(t *testing.T, address string, scopes ...scope.Scope) string {
	t.Helper()
	w, err := f.ask(t, http.MethodGet, address, nil, scopes...)
	if err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	body := w.Body.String()
	for _, bad := range []string{"<script>", "<img src=x", "\u202e", "\x1b", " style=", `href="javascript`} {
		if strings.Contains(body, bad) {
			t.Errorf("%s has %q", address, bad)
		}
	}
	if strings.Count(body, "<h1") != 1 {
		t.Errorf("%s has not one h1", address)
	}
	return body
}

func expect(t *testing.T, body string, all ...string) {
	t.Helper()
	for _, one := range all {
		if !strings.Contains(body, one) {
			t.Errorf("no %q in %s", one, body)
		}
	}
}

// shop is an integration that fails, with evil in everything that is not vega's.
func shop() *watched {
	began := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	report := engine.Report{
		Name: "shop", Probe: "core.http", Status: check.Unhealthy, Cause: check.Target, Message: evil, ResponseTimeMS: 12.5, CheckedAt: &began,
		Details: map[string]string{evil: evil}, Metrics: []check.Metric{{Name: evil, Value: 3, Unit: evil}}, RootCause: []string{"db"},
		Contention:  &engine.Contention{Late: 40},
		Annotations: engine.Annotations{Group: evil, Labels: map[string]string{"team": evil}, Description: evil, Runbook: "javascript:alert(3)"},
	}
	return &watched{
		now: engine.Integration{
			State:     engine.State{Report: report, IntervalMS: 5000, TimeoutMS: 1000, DependsOn: []string{"cache", "db"}},
			DefinedAt: "vega.hcl:3", Dependents: []string{"web"},
			Grants: []engine.Grant{
				{Kind: "http", Allow: "GET http://a", From: "config.url"},
				{Kind: "http", Allow: "HEAD http://a", From: "config.url"},
				{Kind: "http", Allow: "GET http://b", From: "grant.http[0]"},
			},
		},
		others:  map[string]check.Status{"cache": check.Healthy, "db": check.Unhealthy, "web": check.Healthy},
		history: []daemon.RunReport{{ID: 7, Report: report, CorrelationID: "abc"}},
		points:  []trends.Point{{At: began, Count: 2, Mean: new(3.0), Min: new(1.0), Max: new(5.0), Status: &trends.StatusPoint{UpMS: 1000, DownMS: 2000}}},
		uptime:  trends.UptimeReport{MinPercent: new(99.9999), MaxPercent: new(100.0), DownMS: 61_000},
		incidents: []incident.Incident{{
			ID: 4, Summary: evil, Severity: incident.Critical, Opened: began, Root: 3, Acknowledged: &incident.Acknowledgement{By: evil},
		}},
	}
}

func TestIntegrationPageIsWhole(t *testing.T) {
	f := shop()
	f.silences = []incident.Silence{
		{ID: 1, Integrations: []string{"sh*"}, From: time.Unix(0, 0), Until: time.Now().Add(time.Hour), By: evil, Comment: evil, Alerts: []string{evil}},
		{ID: 2, Integrations: []string{"other"}, From: time.Unix(0, 0), Until: time.Now().Add(time.Hour), By: "nobody"},
		{ID: 3, Integrations: []string{"shop"}, From: time.Unix(0, 0), Until: time.Unix(9, 0), By: "past"},
	}
	body := f.read(t, "/integrations/shop")
	expect(t, body,
		`✕</span> unhealthy`, "the target", `href="/ops/integrations/db"`, `/ops/incidents/4"`, `/ops/incidents/3"`, "Silenced", "99.999 % to 100 %, down for 1 min 1 s",
		`action="/ops/integrations/shop/check"`, `value="4h"`, `data-chart="/ops/integrations/shop/chart?range=24h"`, "GET, HEAD http://a", "<code>GET http://b", "vega.hcl:3",
		"integration &#34;shop&#34; {", "vega waited 40 ms for a CPU", "abc", "every 5 s, for at most 1 s", "Depends on 2 integrations", "Needed by 1 integration", "2026-03-04 05:06:07 UTC")
	if strings.Contains(body, "nobody") || strings.Contains(body, "past") {
		t.Error("the page has silences of others, or that are over")
	}
	if strings.Index(body, `integrations/db"><bdi>db</bdi></a></li>`) > strings.Index(body, `integrations/cache"><bdi>cache</bdi></a></li>`) {
		t.Error("what is healthy stands before what is not")
	}
}

func TestIntegrationPageKeepsScopes(t *testing.T) {
	f := shop()
	body := f.read(t, "/integrations/shop", scope.Read)
	for _, no := range []string{"Check now", "Silence", "vega.hcl:3", "http://a", "integration &#34;"} {
		if strings.Contains(body, no) {
			t.Errorf("a key for reading sees %q", no)
		}
	}
	for _, action := range []string{"check", "silence"} {
		if _, err := f.ask(t, http.MethodPost, "/integrations/shop/"+action, url.Values{"for": {"1h"}}, scope.Read); err == nil {
			t.Errorf("a key for reading may %s", action)
		}
	}
	if f.checked+len(f.silences) != 0 {
		t.Error("a refused action was done")
	}
	if body := f.read(t, "/integrations/shop", scope.Read, scope.Write); !strings.Contains(body, "Check now") || strings.Contains(body, "http://a") {
		t.Error("a key for writing has no buttons, or sees the configuration")
	}
}

func TestRemovedIntegrationHasHistory(t *testing.T) {
	f := shop()
	f.gone = true
	body := f.read(t, "/integrations/shop")
	expect(t, body, "no integration with this name", "Uptime", "abc")
	if strings.Contains(body, "Check now") {
		t.Error("what is gone can be checked")
	}
	for _, path := range []string{"", "/runs", "/history", "/chart"} {
		_, err := f.ask(t, http.MethodGet, "/integrations/"+url.PathEscape("a/../"+evil)+path, nil)
		if _, ok := errors.AsType[*engine.UnknownError](err); !ok {
			t.Errorf("%s of an unknown name: %v", path, err)
		}
	}
	if _, err := f.ask(t, http.MethodPost, "/integrations/shop/check", nil); err == nil {
		t.Error("what is gone was checked")
	}
}

func TestStateIsShownWithoutStore(t *testing.T) {
	f := shop()
	f.broken = errors.New("the file is gone: /secret/path")
	body := f.read(t, "/integrations/shop")
	expect(t, body, "unhealthy", "Check now", "could not read its history, its incidents", `href="/ops/integrations/db"`)
	if strings.Contains(body, "/secret") || strings.Contains(body, "Uptime") {
		t.Error("the page has the error, or what could not be read")
	}
}

func TestCheckNowLeadsBack(t *testing.T) {
	for back, want := range map[string]string{
		"": "/ops/integrations/shop?done=", "/": "/ops/?done=", "/?q=group%3Aa": "/ops/?q=group%3Aa&done=",
		"//evil.example": "/ops/integrations/shop?done=", "https://evil.example": "/ops/integrations/shop?done=", `/\evil.example`: "/ops/integrations/shop?done=",
	} {
		f := shop()
		w, err := f.ask(t, http.MethodPost, "/integrations/shop/check", url.Values{"back": {back}})
		if to := w.Header().Get("Location"); err != nil || w.Code != http.StatusSeeOther || !strings.HasPrefix(to, want) || f.checked != 1 {
			t.Errorf("back %q: %d %q, %v", back, w.Code, to, err)
		}
	}
}

func TestSilenceFromPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it is 2000-01-01 00:00 UTC
		for _, tt := range []struct {
			form url.Values
			end  string // "": refused
		}{
			{url.Values{"for": {"1h"}}, "2000-01-01T01:00"},
			{url.Values{"for": {"4h"}}, "2000-01-01T04:00"},
			{url.Values{"until": {"2000-01-02T18:30"}, "comment": {"new\ndisk"}}, "2000-01-02T18:30"},
			{url.Values{}, ""},
			{url.Values{"for": {"-1h"}}, ""},
			{url.Values{"for": {"31d"}}, ""},
			{url.Values{"for": {evil}}, ""},
			{url.Values{"until": {"tomorrow"}}, ""},
		} {
			f := shop()
			_, err := f.ask(t, http.MethodPost, "/integrations/shop/silence", tt.form)
			if tt.end == "" {
				if _, ok := errors.AsType[*store.InvalidError](err); !ok || len(f.silences) > 0 {
					t.Errorf("%v: %v, %+v", tt.form, err, f.silences)
				}
				continue
			}
			if err != nil || len(f.silences) != 1 {
				t.Fatalf("%v: %v", tt.form, err)
			}
			s := f.silences[0]
			if s.Until.Format("2006-01-02T15:04") != tt.end || s.By != "key ann" || s.Comment == "" || strings.Contains(s.Comment, "\n") || !slices.Equal(s.Integrations, []string{"shop"}) {
				t.Errorf("%v: %+v", tt.form, s)
			}
		}
	})
}

func TestHeartbeatShowsHowToPush(t *testing.T) {
	f := shop()
	f.now.Probe = "core.heartbeat"
	body := f.read(t, "/integrations/shop")
	expect(t, body, "Authorization: Bearer $TOKEN", "https://ops.example/ops/push/shop")
	if strings.Contains(body, "Check now") {
		t.Error("a heartbeat can be checked")
	}
}

// TestRunsAreBounded checks that twenty runs with everything that a probe may report make
// no page that a browser can't show, and that each can be read whole.
func TestRunsAreBounded(t *testing.T) {
	f := shop()
	details := map[string]string{}
	for n := range 64 {
		details[fmt.Sprintf("detail%02d", n)] = strings.Repeat("x", 4<<10)
	}
	f.history = slices.Repeat([]daemon.RunReport{{ID: 7, Report: engine.Report{Status: check.Unhealthy, CheckedAt: new(time.UnixMilli(1234)), Details: details}}}, 50)
	if body := f.read(t, "/integrations/shop/runs?status=unhealthy"); len(body) > 200<<10 {
		t.Errorf("50 runs make %d bytes", len(body))
	} else {
		expect(t, body, "?at=1234&amp;run=7", `cursor=next%26page&amp;status=unhealthy`, "64 details more")
	}
	if q := f.asked[len(f.asked)-1]; !slices.Equal(q.Statuses, []check.Status{check.Unhealthy}) {
		t.Errorf("asked for %+v", q)
	}
	whole := f.read(t, "/integrations/shop/runs?run=7&at=1234")
	if strings.Count(whole, strings.Repeat("x", 4<<10)) != 64 {
		t.Error("a run alone lacks details")
	}
	for _, q := range []string{"?run=8&at=1234", "?run=7&at=x", "?run=7"} {
		if _, err := f.ask(t, http.MethodGet, "/integrations/shop/runs"+q, nil); err == nil {
			t.Errorf("%s is found", q)
		}
	}
}

func TestChartHasGaps(t *testing.T) {
	f := shop()
	now := time.Now()
	f.points = []trends.Point{
		{At: now.Add(-2 * time.Hour), Mean: new(1.23456789), Min: new(0.0), Max: new(math.MaxFloat64), Status: &trends.StatusPoint{DownMS: 300_000}},
		{At: now.Add(-time.Hour), Status: &trends.StatusPoint{}},
		{At: now.Add(-48 * time.Hour), Mean: new(1.0), Min: new(1.0), Max: new(1.0), Status: &trends.StatusPoint{}}, // out of the period
		{At: now.Add(time.Hour), Mean: new(1.0), Min: new(1.0), Max: new(1.0), Status: &trends.StatusPoint{}},
	}
	w, err := f.ask(t, http.MethodGet, "/integrations/shop/chart?metric="+url.QueryEscape(evil), nil)
	if err != nil || w.Header().Get("Content-Type") != "application/json" {
		t.Fatal(err, w.Header())
	}
	var d struct {
		Unit   string
		Step   int64
		Series []struct {
			Name                 string
			Mean, Min, Max, Down []*float64
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || strings.Contains(w.Body.String(), "<script") {
		t.Fatal(err, w.Body)
	}
	s := d.Series[0]
	values := 0
	for n, v := range s.Mean {
		if v == nil {
			continue
		}
		values++
		if *v != 1.23457 || *s.Min[n] != 0 || *s.Max[n] < 1e308 || *s.Down[n] != 0.5 {
			t.Errorf("step %d: %v, %v, %v, %v", n, *v, *s.Min[n], *s.Max[n], *s.Down[n])
		}
	}
	if values != 1 || d.Step != 600 || len(s.Mean) != 145 && len(s.Mean) != 146 || s.Name != "" || d.Unit != "milliseconds" {
		t.Errorf("%d values of %d, %+v", values, len(s.Mean), d)
	}
	for _, q := range []string{"", "?metric=m&range=90d", "?range=7d"} {
		f.read(t, "/integrations/shop/history"+q)
	}
	if _, err := f.ask(t, http.MethodGet, "/integrations/shop/history?range=1y", nil); err == nil {
		t.Error("a period that is not offered is shown")
	}
}

func TestMeasurements(t *testing.T) {
	f := shop()
	expect(t, f.read(t, "/measurements"), "no metric block")
	f.blocks = []trends.Metric{
		{Name: "fine", State: "up", Help: evil, Database: "shop", Values: slices.Repeat([]trends.Value{{Labels: map[string]string{"state": evil}, Value: 2}}, 9)},
		{Name: "orders", State: "down", Error: evil, IntervalMS: 5000},
	}
	body := f.read(t, "/measurements")
	expect(t, body, `href="/ops/measurements/fine"`, "and 4 more", "failed")
	if strings.Index(body, "orders") > strings.Index(body, "fine") {
		t.Error("what failed does not stand first")
	}
	f.series = []trends.SeriesHistory{{Labels: map[string]string{"state": `a"b\`}, Points: f.points}, {Labels: map[string]string{"state": evil}, Points: f.points}}
	body = f.read(t, "/measurements/orders")
	expect(t, body, `data-series="{state=&#34;a\&#34;b\\&#34;}"`, "failed", "every 5 s")
	if strings.Contains(body, "<table") {
		t.Error("two series have a table")
	}
	link := "/measurements/orders?labels=" + url.QueryEscape(`{state="a\"b\\"}`)
	expect(t, f.read(t, link), "<table", "2026-03-04 05:06")
	w, err := f.ask(t, http.MethodGet, "/measurements/orders/chart", nil)
	if err != nil || strings.Contains(w.Body.String(), "<script") || strings.Count(w.Body.String(), `"name"`) != 2 {
		t.Error(err, w.Body)
	}
	if _, err := f.ask(t, http.MethodGet, "/measurements/orders?labels=}{", nil); err == nil {
		t.Error("labels that are none are accepted")
	}
}

// TestHubIsBounded checks that the page of an integration on which ten thousand others
// depend names those that are not healthy, and counts the rest.
func TestHubIsBounded(t *testing.T) {
	f := shop()
	for n := range 10_000 {
		name := fmt.Sprintf("needs%05d", n)
		f.now.Dependents = append(f.now.Dependents, name)
		f.others[name] = check.Healthy
	}
	f.others["needs09999"] = check.Unhealthy
	body := f.read(t, "/integrations/shop")
	expect(t, body, "Needed by 10001 integrations", "integrations/needs09999", "and 9951 more, none of them worse")
	if len(body) > 60<<10 {
		t.Errorf("the page has %d bytes", len(body))
	}
}
