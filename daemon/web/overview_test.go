package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/daemon/alerting"
	"vega/daemon/api/scope"
	"vega/daemon/engine"
	"vega/daemon/live"
	"vega/policies/check"
	"vega/policies/incident"
)

// fleet is a Sources with integrations.
type fleet struct {
	Sources
	states    []engine.State
	board     *live.Board
	incidents []incident.Incident
	notifiers []alerting.NotifierReport
	serviced  map[string]bool
	ready     error
}

func (f *fleet) Notifiers() []alerting.NotifierReport  { return slices.Clone(f.notifiers) }
func (f *fleet) Maintenance(time.Time) map[string]bool { return f.serviced }

func (f *fleet) Overview(engine.Selection) (engine.Overview, error) {
	reports := make([]engine.Report, len(f.states))
	for n := range f.states {
		reports[n] = f.states[n].Report
	}
	return engine.Overview{Summary: engine.Count(reports), Integrations: slices.Clone(f.states)}, nil
}

func (f *fleet) Live() *live.Board                  { return f.board }
func (f *fleet) OpenIncidents() []incident.Incident { return f.incidents }
func (f *fleet) CurrentSilences() []incident.Silence {
	now := time.Now()
	return []incident.Silence{
		{ID: 1, Integrations: []string{"web.*"}, From: now.Add(-time.Minute), Until: now.Add(time.Hour)},
		{ID: 2, Integrations: []string{"card"}, From: now.Add(time.Minute), Until: now.Add(time.Hour)},
		{ID: 3, Alerts: []string{"slow"}, From: now.Add(-time.Minute), Until: now.Add(time.Hour)},
	}
}

func (f *fleet) Ready() error { return f.ready }

// add adds an integration that ran 30 times.
func (f *fleet) add(s engine.State, last check.Status) {
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	s.Status, s.CheckedAt = last, &at
	if s.Probe == "" {
		s.Probe = "core.http"
	}
	f.states = append(f.states, s)
	for n := range live.Beats {
		status := check.Healthy
		if n == live.Beats-1 {
			status = last
		}
		_ = f.board.Record(context.Background(), check.Run{Integration: s.Name, Status: status, Began: at.Add(time.Duration(n-live.Beats) * time.Minute), Took: 12 * time.Millisecond})
	}
}

func named(name, message string) engine.State {
	return engine.State{Report: engine.Report{Name: name, Message: message, ResponseTimeMS: 12.4}}
}

// fleetOf returns n integrations in groups of 40, of which each 50th is not healthy.
func fleetOf(n int) *fleet {
	f := &fleet{board: live.New()}
	for i := range n {
		status, message := check.Healthy, fmt.Sprintf("HTTP 200 in %d ms", 10+i*7%90)
		if i%50 == 7 {
			status, message = ui5(i), fmt.Sprintf("HTTP 503 Service Unavailable: upstream %d", i)
		}
		s := named(fmt.Sprintf("team%02d-service-%04d", i/40, i), message)
		s.ResponseTimeMS = float64(10 + i*7%90)
		f.add(s, status)
	}
	return f
}

func ui5(i int) check.Status {
	return []check.Status{check.Unhealthy, check.Degraded, check.Unknown}[i/50%3]
}

// get shows the overview to a viewer with scopes.
func (f *fleet) get(t testing.TB, address string, header http.Header, scopes ...scope.Scope) (*httptest.ResponseRecorder, error) {
	t.Helper()
	s := New(f, nil, slog.New(slog.DiscardHandler))
	s.Set(Settings{Dashboard: true, Prefix: "/vega"})
	w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	for name, values := range header {
		r.Header[name] = values
	}
	return w, overviewPage{s}.show(&Request{Request: r, site: s, w: w, Viewer: Viewer{Name: "k", Scopes: scopes, known: true}})
}

func (f *fleet) page(t testing.TB, address string, scopes ...scope.Scope) string {
	t.Helper()
	w, err := f.get(t, address, nil, scopes...)
	if err != nil {
		t.Fatal(err)
	}
	return w.Body.String()
}

// small is a fleet with a database that is down and what fails because of it.
func small() *fleet {
	f := &fleet{board: live.New()}
	f.add(named("db-main", "connection refused"), check.Unhealthy)
	f.states[0].Cause, f.states[0].Runbook = check.Timeout, "https://wiki.example/db"
	for _, name := range []string{"shop-api", "shop-web"} {
		one := named(name, "no database")
		one.RootCause = []string{"db-main"}
		f.add(one, check.Unhealthy)
	}
	f.add(named("shop-mail", "250 OK"), check.Healthy)
	f.add(named("single", "pong"), check.Healthy)
	f.add(named("web.eu-1", "HTTP 200"), check.Healthy)
	f.add(named("web.us-1", "out of memory"), check.Unknown)
	eu := named("card", "slow")
	eu.Group = "payments/eu"
	f.add(eu, check.Degraded)
	f.add(named("off", ""), check.Disabled)
	f.incidents = []incident.Incident{
		{ID: 7, Subject: incident.Subject{Kind: incident.OfIntegration, Name: "db-main"}, Acknowledged: &incident.Acknowledgement{By: "ann"}},
		{ID: 9, Subject: incident.Subject{Kind: incident.OfMetric, Name: "system.memory.percent"}, Summary: "memory is at 97 %"},
	}
	return f
}

// ordered expects texts in a page, one after the other.
func ordered(t *testing.T, page string, texts ...string) {
	t.Helper()
	rest := page
	for _, text := range texts {
		_, after, ok := strings.Cut(rest, text)
		if !ok {
			t.Fatalf("%q is missing, or too early, in %s", text, page)
		}
		rest = after
	}
}

func TestOverviewBeginsWithWhatIsNotHealthy(t *testing.T) {
	ordered(t, small().page(t, "/", scope.Read),
		"<title>(5) Overview · vega</title>",
		`<div id="now" data-bad="5" data-known="`, "<h1>5 of 8 not healthy</h1>",
		`q=status%3Aunhealthy"><b>3</b>`, `q=status%3Adegraded"><b>1</b>`, `q=status%3Aunknown"><b>1</b>`, `q=status%3Ahealthy"><b>3</b>`, `q=status%3Adisabled"><b>1</b>`,
		`<a href="/vega/incidents/9">Incident 9</a>: memory is at 97 %`,
		`data-n="db-main" data-p="core.http" data-g="other"`, `<a href="/vega/integrations/db-main">`, "✕</span> unhealthy", "timeout", "connection refused",
		"2 others because of it: ", "shop-api", "shop-web", `<a href="/vega/incidents/7">Incident 7</a>, acknowledged by ann`, `<a href="https://wiki.example/db" rel="noreferrer">`, `<time datetime="2026-11-30T11:59:00Z"`,
		`data-n="card"`, "▲</span> degraded",
		`data-n="web.us-1"`, "?</span> vega can&#39;t tell", `<a href="/vega/silences">Silenced</a> until <time`,
		`<details id="explained" open data-bad=""><summary>2 not healthy because of others`, `data-n="shop-api"`, `because of <a href="/vega/integrations/db-main">`,
		`<section id="all">`,
	)
	if page := small().page(t, "/", scope.Read); strings.Count(page, "Silenced</a>") != 1 {
		t.Error("silences that don't hold, or that select no integrations, are shown")
	}
}

// TestVegaItselfIsOneLine checks that checks that a busy machine kept vega from doing don't
// stand before, or in place of, targets that are down.
func TestVegaItselfIsOneLine(t *testing.T) {
	f := small()
	blind := func(n int) {
		for range n {
			one := named(fmt.Sprintf("blind-%03d", len(f.states)), "no processor to spare")
			one.Cause = check.Host
			f.add(one, check.Unknown)
		}
	}
	blind(3)
	ordered(t, f.page(t, "/", scope.Read), `data-n="db-main"`, `data-n="web.us-1"`, `<details id="explained" open data-bad="">`, `data-n="shop-web"`,
		`<details id="blind" open data-bad=""><summary>3 not checked because of vega itself</summary>`, `href="/vega/diagnostics">Diagnostics</a>`, `data-n="blind-`)
	blind(maxTrouble)
	ordered(t, f.page(t, "/", scope.Read), `data-n="db-main"`, `data-n="shop-web"`, fmt.Sprintf(`<details id="blind"><summary>%d not checked`, maxTrouble-5), "8 more are in their groups below")
}

func TestGroupsAreFoldedUnlessSomethingIsWrong(t *testing.T) {
	page := small().page(t, "/", scope.Read)
	_, list, _ := strings.Cut(page, `<section id="all">`)
	ordered(t, list,
		`<details class="group" data-g="other" data-bad open>`, "✕</span> 1 unhealthy", "✓</span> 1 healthy", "–</span> 1 disabled",
		`<details class="group" data-g="payments/eu" data-bad open>`, `data-n="card"`,
		`<details class="group" data-g="shop" data-bad open>`, `data-n="shop-api"`, `data-n="shop-web"`, `<details class="fine" id="fine-2"><summary>1 other</summary>`, `data-n="shop-mail"`,
		`<details class="group" data-g="web" data-bad open>`, `data-n="web.us-1"`, `data-n="web.eu-1"`,
	)
	f := &fleet{board: live.New()}
	f.add(named("a-1", ""), check.Healthy)
	f.add(named("a-2", ""), check.Healthy)
	ordered(t, f.page(t, "/", scope.Read), "<title>Overview", `data-bad="0"`, "<h1>All 2 healthy</h1>", `<details class="group" data-g="a"><summary>`)
}

func TestButtonsAreForThoseWhoMay(t *testing.T) {
	if page := small().page(t, "/", scope.Read); strings.Contains(page, "formaction") || strings.Contains(page, "Actions") {
		t.Error("a viewer who may only read has buttons")
	}
	page := small().page(t, "/?q=status:un", scope.Read, scope.Write)
	ordered(t, page, `<button type="submit" form="act" formaction="/vega/integrations/db-main/silence" aria-label="Silence 1 h: db-main" name="for" value="1h">Silence 1 h</button>`,
		`formaction="/vega/integrations/db-main/check"`, `<form method="post" id="act" hidden><input type="hidden" name="back" value="/?q=status%3Aun">`)
}

func TestFilterHidesRowsAndGroups(t *testing.T) {
	page := small().page(t, "/?q=shop+-status:healthy", scope.Read)
	ordered(t, page, `<form method="get" action="/vega/"`, `value="shop -status:healthy"`, "data-whole", "2 found", "Show all",
		`data-n="db-main" data-p="core.http" data-g="other" hidden`, `data-g="other" data-bad hidden>`, `data-g="payments/eu" data-bad hidden>`, `data-g="shop" data-bad open>`)
	shown := regexp.MustCompile(`<tr data-n="([^"]*)" data-p="[^"]*"( data-g="[^"]*")?>`)
	var names []string
	for _, match := range shown.FindAllStringSubmatch(page, -1) {
		names = append(names, match[1])
	}
	if want := []string{"shop-api", "shop-web", "shop-api", "shop-web"}; !slices.Equal(names, want) {
		t.Errorf("shown: %q, want %q", names, want)
	}
	ordered(t, small().page(t, "/?q=nothing+of+this+kind"), "0 found", "The filter selects none of them.")
	if _, err := small().get(t, "/?q="+strings.Repeat("a", 300), nil); !isStatus(err, http.StatusBadRequest) {
		t.Error(err)
	}
}

func isStatus(err error, status int) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Status == status
}

func TestMoreThanTwoThousandRowsHavePages(t *testing.T) {
	f := fleetOf(4500)
	page := f.page(t, "/", scope.Read)
	if n := strings.Count(page, `<td class="ms">`); n != 2000 {
		t.Errorf("the first page has %d rows", n)
	}
	ordered(t, page, "<h1>90 of 4500 not healthy</h1>", `class="sums"`, `Page 1 of 3`, `<a href="/vega/?page=2&amp;q=" rel="next">`)
	if strings.Contains(page, "data-whole") || strings.Contains(page, `class="counts"`) {
		t.Error("the script would count or hide what it does not see")
	}
	seen := map[string]bool{}
	for n := 1; n <= 3; n++ {
		_, list, _ := strings.Cut(f.page(t, fmt.Sprintf("/?page=%d", n)), `<section id="all">`)
		for _, match := range regexp.MustCompile(`<tr data-n="([^"]*)"`).FindAllStringSubmatch(list, -1) {
			seen[match[1]] = true
		}
	}
	if len(seen) != 4500 {
		t.Errorf("the pages have %d integrations", len(seen))
	}
	if page := f.page(t, "/?q=status:unhealthy"); strings.Count(page, `<td class="ms">`) != 30 || strings.Contains(page, "Page 1 of") {
		t.Error("a filter that selects few has one page")
	}
	for _, bad := range []string{"0", "-1", "4", "x", "99999999999999999999"} {
		if _, err := f.get(t, "/?page="+bad, nil); !isStatus(err, http.StatusNotFound) {
			t.Errorf("page %s: %v", bad, err)
		}
	}
}

func TestPartOfTheOverview(t *testing.T) {
	page := small().page(t, "/?part=now", scope.Read)
	if !strings.HasPrefix(page, `<div id="now" data-bad="5" data-known="`) || !strings.HasSuffix(page, "</div>") || strings.Contains(page, `id="all"`) {
		t.Error(page)
	}
}

func TestOverviewSaysWhatVegaLacks(t *testing.T) {
	f := &fleet{board: live.New(), ready: errors.New("vega is starting")}
	f.notifiers = []alerting.NotifierReport{{Name: "chat", Status: alerting.Failing, Waiting: 1, Dead: 2, LastError: "404 Not Found"}, {Name: "mail", Status: alerting.Working}}
	page := f.page(t, "/")
	ordered(t, page, "<h1>Nothing is checked</h1>", "vega is not ready: vega is starting.", "chat", "fails (1 message waiting, 2 messages given up): 404 Not Found", `/alerts">Test and retry`, "has no integrations")
	if strings.Contains(page, "mail") {
		t.Error("a notifier that works is reported")
	}
}

func TestHostileTextOfIntegrationsIsInert(t *testing.T) {
	const nasty = `"><script>alert(1)</script><img src=x onerror=alert(1)>'` + "\x00\r\n\u202e"
	f := &fleet{board: live.New()}
	one := named("a-"+nasty, nasty)
	one.Group, one.Runbook, one.Probe, one.RootCause, one.Cause = nasty, "javascript:alert(1)", nasty, []string{nasty}, check.Cause(nasty)
	f.add(one, check.Unhealthy)
	f.incidents = []incident.Incident{{ID: 1, Subject: incident.Subject{Kind: incident.OfMetric}, Summary: nasty}, {ID: 2, Subject: incident.Subject{Kind: incident.OfIntegration, Name: one.Name}, Muted: &incident.Mute{By: nasty}}}
	f.ready = errors.New(nasty)
	page := f.page(t, "/?q="+url.QueryEscape(nasty), scope.Read, scope.Write)
	for _, bad := range []string{"<script>alert", "<img src=x", "javascript:", "\u202e<"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
}

func TestHugeMessagesAreCut(t *testing.T) {
	f := &fleet{board: live.New()}
	f.add(named("a", strings.Repeat("ö", 1<<20)), check.Unhealthy)
	if page := f.page(t, "/"); len(page) > 8<<10 {
		t.Errorf("%d bytes", len(page))
	}
}

func TestAnswersAreCompressed(t *testing.T) {
	f := fleetOf(100)
	plain, _ := f.get(t, "/", nil)
	for _, c := range []struct {
		address, accept, site string
		want                  bool
	}{
		{"/", "gzip, deflate, br", "none", true},
		{"/", "br;q=1.0, gzip;q=0.8", "same-origin", true},
		{"/", "*", "", true},
		{"/", "GZIP", "", true},
		{"/", "*;q=0, gzip", "none", true},
		{"/", "*, gzip;q=0", "none", false},
		{"/", "gzip;q=0", "none", false},
		{"/", "gzip; q=0.0", "none", false},
		{"/", "gzip;q=x", "none", false},
		{"/", "deflate", "none", false},
		{"/", "", "none", false},
		{"/?q=a", "gzip", "same-origin", true},
		{"/?q=a", "gzip", "cross-site", false}, // another site chose the text
		{"/?q=a", "gzip", "same-site", false},
		{"/?q=a", "gzip", "", false},
	} {
		w, err := f.get(t, c.address, http.Header{"Accept-Encoding": {c.accept}, "Sec-Fetch-Site": {c.site}})
		if err != nil {
			t.Fatal(err)
		}
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != c.want || w.Header().Get("Vary") != "Accept-Encoding" || w.Header().Get("Content-Length") != fmt.Sprint(w.Body.Len()) {
			t.Errorf("%+v: %t, headers %v", c, got, w.Header())
		}
		if c.want && c.address == "/" {
			z, err := gzip.NewReader(bytes.NewReader(w.Body.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			if all, err := io.ReadAll(z); err != nil || string(all) != plain.Body.String() {
				t.Errorf("%+v: %v, %d bytes", c, err, len(all))
			}
		}
	}
}

// TestOverviewIsSmall has the size of the page that DASHBOARD's readers wait for. The
// figures of the benchmark are in .ci/bench/README.md.
func TestOverviewIsSmall(t *testing.T) {
	w, err := fleetOf(1000).get(t, "/", http.Header{"Accept-Encoding": {"gzip"}}, scope.Read, scope.Write)
	if err != nil {
		t.Fatal(err)
	}
	if n := w.Body.Len(); n > 30<<10 {
		t.Errorf("%d bytes, compressed", n)
	}
	t.Logf("%d bytes, compressed", w.Body.Len())
}

func BenchmarkOverview(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		for _, encoding := range []string{"", "gzip"} {
			f := fleetOf(n)
			b.Run(fmt.Sprintf("%d/%s", n, encoding), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					w, err := f.get(b, "/", http.Header{"Accept-Encoding": {encoding}}, scope.Read, scope.Write)
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(float64(w.Body.Len()), "bytes")
				}
			})
		}
	}
}
