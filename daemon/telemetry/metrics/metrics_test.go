package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"vega/daemon/realtest"
	"vega/daemon/telemetry"
	"vega/policies/check"
)

// source has integrations with a state each, like the engine.
type source struct{ states []State }

func (s *source) each(f func(State)) {
	for _, state := range s.states {
		f(state)
	}
}

func (s *source) names() (names []string) {
	for _, state := range s.states {
		names = append(names, state.Integration)
	}
	return names
}

// newExporter returns an exporter of the states, each of which was a run.
func newExporter(t *testing.T, maxSeries int, states ...State) (*Exporter, *source) {
	t.Helper()
	s := &source{states}
	e := New(Release{"1.0", "abc"}, Sources{
		Each:     s.each,
		Sinks:    func() []Sink { return []Sink{{Name: "log"}, {"metrics", 3, 1}} },
		Reloaded: func() bool { return true },

		Incidents: func() map[string]int { return map[string]int{"warning": 2, "info": 0} },
		Figures: func(context.Context) []Figure {
			return []Figure{{Path: "system.disks.percent", Subject: "/", Value: 5}, {Path: "system.memory.percent", Value: 6}}
		},
		Custom: func() []Custom {
			return []Custom{
				{Name: "down", Help: "One that failed.", Known: true, Samples: []Sample{{Value: 1}}},
				{Name: "new", Help: "One without a value."},
				{Name: "orders", Help: "Two\nlines.", Up: true, Known: true, Samples: []Sample{{[]string{"state", "new"}, 3}, {[]string{"state", "open"}, 4}}},
			}
		},
	})
	e.Configure(Settings{Integrations: s.names(), Databases: []string{"app"}, Notifiers: []string{"mail"}, MaxSeries: maxSeries})
	for n := range states {
		record(t, e, &states[n])
	}
	return e, s
}

func record(t *testing.T, e *Exporter, s *State) {
	t.Helper()
	if err := e.Record(t.Context(), check.Run{Integration: s.Integration, Status: s.Status, Took: s.Took, Metrics: s.Metrics}); err != nil {
		t.Fatal(err)
	}
}

// scrape returns an answer as text.
func scrape(t *testing.T, e *Exporter, header ...string) (string, http.Header) {
	t.Helper()
	r, w := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody), httptest.NewRecorder()
	for n := 0; n < len(header); n += 2 {
		r.Header.Set(header[n], header[n+1])
	}
	if err := e.Scrape(w, r); err != nil {
		t.Fatal(err)
	}
	return w.Body.String(), w.Header()
}

// everyStatus returns an integration for each status.
func everyStatus() []State {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return []State{
		{Integration: "degraded", Status: check.Degraded, At: at, Took: time.Second, Interval: time.Minute, Metrics: []check.Metric{{Name: "latency", Value: 20, Unit: "ms"}, {Name: "rows", Value: 3}}},
		{Integration: "disabled", Status: check.Disabled, Interval: time.Minute},
		{Integration: "healthy", Status: check.Healthy, At: at, Took: 5 * time.Millisecond, Exchange: exchange(), Metrics: []check.Metric{{Name: "size", Value: 7, Unit: "bytes"}}},
		{Integration: "unhealthy", Status: check.Unhealthy, At: at, Took: 10 * time.Second, Interval: time.Second},
		{Integration: "unknown", Status: check.Unknown, At: at, Interval: time.Second},
	}
}

// exchange returns one with everything that blackbox_exporter shows.
func exchange() *check.Exchange {
	serial := uint32(7)
	return &check.Exchange{
		Address: netip.MustParseAddr("192.0.2.1"), DNS: time.Millisecond, Connect: time.Millisecond,
		HTTP:  &check.HTTPExchange{Status: 200, Version: 1.1, Secure: true, LastModified: time.Unix(1, 0)},
		TLS:   &check.TLSExchange{Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", EarliestExpiry: time.Unix(2, 0), ChainExpiry: time.Unix(3, 0)},
		Query: &check.DNSExchange{Serial: &serial},
	}
}

// TestSeriesOfIntegrations compares what a scrape has about integrations.
func TestSeriesOfIntegrations(t *testing.T) {
	e, _ := newExporter(t, 20, everyStatus()...)
	text, header := scrape(t, e)
	if kind := header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain; version=0.0.4") {
		t.Errorf("the content type is %q", kind)
	}
	for _, want := range []string{
		`probe_success{integration="degraded"} 1`, `probe_success{integration="healthy"} 1`, `probe_success{integration="unhealthy"} 0`,
		`probe_duration_seconds{integration="healthy"} 0.005`,
		`probe_http_status_code{integration="healthy"} 200`, `probe_http_duration_seconds{integration="healthy",phase="tls"} 0`,
		`probe_tls_version_info{integration="healthy",version="TLS 1.3"} 1`, `probe_tls_cipher_info{cipher="TLS_AES_128_GCM_SHA256",integration="healthy"} 1`,
		`probe_ssl_earliest_cert_expiry{integration="healthy"} 2`, `probe_dns_serial{integration="healthy"} 7`,
		`vega_integration_interval_seconds{integration="unhealthy"} 1`,
		`vega_integration_last_run_timestamp_seconds{integration="unknown"} 1.767323045e+09`,
		`vega_integration_runs_total{cause="",integration="healthy",status="healthy"} 1`,
		`vega_integration_status{integration="unknown",status="unknown"} 1`, `vega_integration_status{integration="unknown",status="healthy"} 0`,
		`vega_integration_status{integration="disabled",status="disabled"} 1`,
		`vega_probe_value{integration="degraded",metric="latency",unit="seconds"} 0.02`,
		`vega_probe_value{integration="degraded",metric="rows",unit=""} 3`,
		`vega_run_duration_seconds_bucket{le="30"} 5`,
		`vega_sink_dropped_total{sink="metrics"} 3`, `vega_config_last_reload_successful 1`,
		`vega_build_info{commit="abc",goversion=`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, absent := range []string{`probe_success{integration="unknown"}`, `probe_success{integration="disabled"}`, `probe_duration_seconds{integration="disabled"}`} {
		if strings.Contains(text, absent) {
			t.Errorf("there is %s", absent)
		}
	}
}

// TestOtherFamilies compares what a scrape has besides integrations.
func TestOtherFamilies(t *testing.T) {
	e, _ := newExporter(t, 20)
	observeAll(t.Context(), e)
	text, _ := scrape(t, e)
	for _, want := range []string{
		`vega_incidents{severity="info"} 0`, `vega_incidents{severity="warning"} 2`,
		`vega_resource{path="system.disks.percent",subject="/"} 5`, `vega_resource{path="system.memory.percent",subject=""} 6`,
		`vega_metric_up{metric="down"} 0`, `vega_metric_up{metric="orders"} 1`, `vega_metric_down 1`, `vega_metric_orders{state="open"} 4`,
		`# HELP vega_metric_orders Two\nlines.`,
		`vega_notifications_total{notifier="mail",outcome="arrived"} 2`, `vega_notifications_total{notifier="mail",outcome="refused"} 0`,
		`vega_db_query_seconds_count{database="app"} 1`, `vega_db_query_seconds_count{database="vega"} 1`,
		`vega_http_request_seconds_bucket{code="404",route="other",le="0.05"} 1`,
		`vega_run_late_seconds_bucket{le="0.005"} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, absent := range []string{`metric="new"`, "stranger", "gone"} {
		if strings.Contains(text, absent) {
			t.Errorf("there is %s", absent)
		}
	}
	for _, name := range []string{"vega_db_query_seconds", "vega_http_request_seconds", "vega_run_duration_seconds", "vega_run_late_seconds"} {
		if n := strings.Count(text, "\n"+name+"_bucket{"); n == 0 || n%11 != 0 {
			t.Errorf("%s has %d lines, which are not those of ten buckets and +Inf", name, n)
		}
	}
	checkFamilies(t, gathered(t, e.Gatherer()))
}

// observeAll observes one of everything, and some that a configuration does not have.
func observeAll(ctx context.Context, e *Exporter) {
	late := 3 * time.Millisecond
	_ = e.Record(ctx, check.Run{Integration: "gone", Took: time.Millisecond, Late: &late})
	for _, name := range []string{"app", "vega", "stranger"} {
		e.ObserveQuery(ctx, name, time.Millisecond)
		e.CountNotification(name, "arrived")
	}
	e.CountNotification("mail", "arrived")
	e.CountNotification("mail", "arrived")
	e.ObserveRequest(ctx, "", http.StatusNotFound, 20*time.Millisecond)
}

// TestExemplarsHaveTheTrace also checks that a trace that nobody records is not named.
func TestExemplarsHaveTheTrace(t *testing.T) {
	const accept = "application/openmetrics-text;version=1.0.0"
	for flags, want := range map[string]bool{"01": true, "00": false} {
		e, _ := newExporter(t, 20)
		observeAll(telemetry.WithTrace(t.Context(), telemetry.Trace{Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-" + flags}), e)
		text, _ := scrape(t, e, "Accept", accept)
		for _, name := range []string{`vega_db_query_seconds_bucket{database="app"`, `vega_http_request_seconds_bucket{code="404"`, "vega_run_duration_seconds_bucket{", "vega_run_late_seconds_bucket{"} {
			exemplar := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + `.* # \{trace_id="0af7651916cd43dd8448eb211c80319c"\}`)
			if exemplar.MatchString(text) != want {
				t.Errorf("flags %s: %s: an exemplar is there: %t", flags, name, !want)
			}
		}
	}
}

// TestHistogramsAreNative reads the buckets that only protobuf has.
func TestHistogramsAreNative(t *testing.T) {
	e, _ := newExporter(t, 20)
	observeAll(t.Context(), e)
	text, header := scrape(t, e, "Accept", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited")
	parsed := parse(t, text, header)
	for _, name := range []string{"vega_db_query_seconds", "vega_http_request_seconds", "vega_run_duration_seconds", "vega_run_late_seconds"} {
		for _, m := range parsed[name].GetMetric() {
			if h := m.GetHistogram(); len(h.GetPositiveSpan()) == 0 || len(h.GetBucket()) != 10 {
				t.Errorf("%s has %d native spans and %d buckets", name, len(h.GetPositiveSpan()), len(h.GetBucket()))
			}
		}
	}
}

// TestReloadKeepsCountersAndDropsSeries configures other integrations, databases and
// notifiers.
func TestReloadKeepsCountersAndDropsSeries(t *testing.T) {
	e, s := newExporter(t, 20, everyStatus()...)
	observeAll(t.Context(), e)
	scrape(t, e)
	s.states = s.states[2:3]
	e.Configure(Settings{Integrations: s.names(), Databases: []string{"new"}, Notifiers: []string{"pager"}, MaxSeries: 20})
	record(t, e, &s.states[0])
	text, _ := scrape(t, e)
	if want := `vega_integration_runs_total{cause="",integration="healthy",status="healthy"} 2`; !strings.Contains(text, want) {
		t.Errorf("no %s", want)
	}
	for _, absent := range []string{`integration="unhealthy"`, `integration="disabled"`, `database="app"`, `notifier="mail"`} {
		if strings.Contains(text, absent) {
			t.Errorf("there is %s", absent)
		}
	}
	if !strings.Contains(text, `vega_run_duration_seconds_count 7`) {
		t.Error("the histogram of all runs began again")
	}
}

// TestMetricsOverTheLimitAreCounted reports metrics whose names change.
func TestMetricsOverTheLimitAreCounted(t *testing.T) {
	e, s := newExporter(t, 2, State{Integration: "a", Status: check.Healthy, Metrics: []check.Metric{{Name: "m1"}, {Name: "m2"}, {Name: "m3"}}})
	want := func(values, dropped int) {
		t.Helper()
		text, header := scrape(t, e)
		parsed := parse(t, text, header)
		if got := len(parsed["vega_probe_value"].GetMetric()); got != values {
			t.Errorf("%d values are exported, not %d", got, values)
		}
		got := 0.0
		for _, m := range parsed["vega_series_dropped_total"].GetMetric() {
			got += m.GetCounter().GetValue()
		}
		if int(got) != dropped {
			t.Errorf("%v values were dropped, not %d", got, dropped)
		}
	}
	want(2, 1)
	s.states[0].Metrics = []check.Metric{{Name: "n1"}, {Name: "m2"}, {Name: "n2"}}
	record(t, e, &s.states[0])
	want(1, 3) // the first ones that came keep their place
	e.Configure(Settings{Integrations: s.names(), Changed: s.names(), MaxSeries: 3})
	want(3, 3)
}

// TestPromtoolAcceptsAScrape checks a whole scrape with promtool, which must print nothing.
func TestPromtoolAcceptsAScrape(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		realtest.Missing(t, "promtool, of the Debian package prometheus, is not installed: "+err.Error())
	}
	e, _ := newExporter(t, 1, everyStatus()...)
	observeAll(t.Context(), e)
	text, _ := scrape(t, e)
	cmd := exec.CommandContext(t.Context(), promtool, "check", "metrics")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
}

// validName is what Prometheus has always accepted.
var validName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)

// checkFamilies checks what prometheus.Gatherers would check in each scrape: names, types,
// help, and that no series and no family is there twice.
func checkFamilies(t *testing.T, all []*dto.MetricFamily) {
	t.Helper()
	for n, f := range all {
		name := f.GetName()
		if !validName.MatchString(name) || f.GetHelp() == "" || f.Type == nil || len(f.Metric) == 0 {
			t.Errorf("the family %q has the help %q, a type %v and %d series", name, f.GetHelp(), f.Type, len(f.Metric))
		}
		if n > 0 && all[n-1].GetName() >= name {
			t.Errorf("%s follows %s", name, all[n-1].GetName())
		}
		seen := map[string]bool{}
		for _, m := range f.Metric {
			if key := seriesOf(t, m); seen[key] {
				t.Errorf("%s has the series {%.200s} twice", name, key)
			} else {
				seen[key] = true
			}
			if (m.Gauge != nil) != (f.GetType() == dto.MetricType_GAUGE) || (m.Counter != nil) != (f.GetType() == dto.MetricType_COUNTER) {
				t.Errorf("%s has a series of another type: %v", name, m)
			}
			if (f.GetType() == dto.MetricType_COUNTER) != strings.HasSuffix(name, "_total") {
				t.Errorf("%s has the type %v", name, f.GetType())
			}
		}
	}
}

// seriesOf returns the labels of a series, which must be in order of name.
func seriesOf(t *testing.T, m *dto.Metric) string {
	t.Helper()
	var key strings.Builder
	for n, l := range m.Label {
		if !validName.MatchString(l.GetName()) || n > 0 && m.Label[n-1].GetName() >= l.GetName() {
			t.Errorf("the labels are %v", m.Label)
		}
		fmt.Fprintf(&key, "%s=%q,", l.GetName(), l.GetValue())
	}
	return key.String()
}

func gathered(t *testing.T, g prometheus.Gatherer) []*dto.MetricFamily {
	t.Helper()
	all, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestGatheredFamiliesAreWellFormed uses the exporter several times, with states that
// change between.
func TestGatheredFamiliesAreWellFormed(t *testing.T) {
	e, s := newExporter(t, 2, everyStatus()...)
	g := e.Gatherer()
	for range 3 {
		checkFamilies(t, gathered(t, g))
		s.states = s.states[1:]
		s.states[0].Metrics = []check.Metric{{Name: "a"}, {Name: "a", Value: 1}, {Name: "b"}, {Name: "c"}}
		record(t, e, &s.states[0])
	}
}

// TestHostileNames exports what a configuration or a probe may call things.
func TestHostileNames(t *testing.T) {
	hostile := []string{`quo"te`, "new\nline", `back\slash`, "inv\xffalid\xfe", strings.Repeat("long", 1<<12), "\x00", "ünï", "}", ""}
	var states []State
	for _, name := range hostile {
		states = append(states, State{Integration: name, Status: check.Healthy, Metrics: []check.Metric{
			{Name: name, Unit: name, Value: math.NaN()}, {Name: name + "+", Value: math.Inf(1)}, {Name: name + "-", Value: math.Inf(-1)},
		}})
	}
	states[0].Metrics[0].Name = strings.Repeat("long", 1<<18)
	e, _ := newExporter(t, 20, states...)
	checkFamilies(t, gathered(t, e.Gatherer()))
	for _, accept := range []string{"", "application/openmetrics-text;version=1.0.0", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"} {
		text, header := scrape(t, e, "Accept", accept)
		parsed := parse(t, text, header)
		if got := len(parsed["vega_probe_value"].GetMetric()); got != 3*len(hostile) {
			t.Errorf("%q has %d values", accept, got)
		}
		for _, m := range parsed["vega_integration_interval_seconds"].GetMetric() {
			if name := m.Label[0].GetValue(); !slices.ContainsFunc(hostile, func(h string) bool { return valid(h) == name }) {
				t.Errorf("%q has the integration %.100q", accept, name)
			}
		}
	}
}

// TestGzip reads a compressed answer.
func TestGzip(t *testing.T) {
	e, _ := newExporter(t, 20, everyStatus()...)
	plain, header := scrape(t, e, "Accept-Encoding", "br, gzip;q=0")
	if header.Get("Content-Encoding") != "" {
		t.Error("gzip was used although it was refused")
	}
	for range 2 { // the second time, the writer is used again
		text, header := scrape(t, e, "Accept-Encoding", "deflate, GZIP ;q=0.5")
		if header.Get("Content-Encoding") != "gzip" || header.Get("Content-Length") != fmt.Sprint(len(text)) {
			t.Fatalf("%v", header)
		}
		text = gunzip(t, text)
		if lines(text) != lines(plain) {
			t.Errorf("%d lines, %d without gzip", lines(text), lines(plain))
		}
	}
}

func lines(s string) int { return strings.Count(s, "\n") }

// TestTooManyScrapesAreRefused begins scrapes whose clients don't read.
func TestTooManyScrapesAreRefused(t *testing.T) {
	e, _ := newExporter(t, 20, everyStatus()...)
	w := &unread{began: make(chan struct{}, maxScrapes), read: make(chan struct{})}
	ended := make(chan error, maxScrapes)
	for range maxScrapes {
		go func() { ended <- e.Scrape(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)) }()
	}
	for range maxScrapes {
		<-w.began
	}
	if err := e.Scrape(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)); !errors.Is(err, ErrBusy) {
		t.Errorf("%v", err)
	}
	checkFamilies(t, gathered(t, e.Gatherer())) // which nobody delays
	close(w.read)
	for range maxScrapes {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	scrape(t, e)
}

// unread is a client that does not read until read is closed.
type unread struct{ began, read chan struct{} }

func (*unread) Header() http.Header { return http.Header{} }
func (*unread) WriteHeader(int)     {}
func (u *unread) Write(p []byte) (int, error) {
	select {
	case u.began <- struct{}{}:
	default:
	}
	<-u.read
	return len(p), nil
}

// TestScrapeEndsWithItsRequest asks while another scrape is encoded.
func TestScrapeEndsWithItsRequest(t *testing.T) {
	e, _ := newExporter(t, 20)
	e.turn <- struct{}{}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(io.ErrClosedPipe)
	if err := e.Scrape(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/metrics", http.NoBody)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v", err)
	}
}
