package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vega/daemon"
	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/databases"
	"vega/daemon/engine"
	"vega/daemon/live"
	"vega/daemon/monitor"
	"vega/daemon/telemetry"
	"vega/daemon/telemetry/metrics"
	"vega/daemon/telemetry/tracing"
	"vega/daemon/trends"
	"vega/plugins/span"
	"vega/policies/check"
	"vega/store"
	"vega/store/sqlite"
)

// fake is a Daemon whose answers show what the handlers asked.
type fake struct {
	query     engine.Query
	selection engine.Selection
	history   store.RunQuery

	takes time.Duration // how long a health request takes
	ready error
	reset bool
	hangs bool // until its context ends

	system   error
	reload   error
	rejected bool

	store *sqlite.Store

	fakeAlerting
	beats
	scrapes
}

func (f *fake) Health(ctx context.Context, q engine.Query) (engine.Health, error) {
	f.query = q
	select {
	case <-ctx.Done():
	case <-time.After(f.takes):
	}
	for _, n := range q.Names {
		switch n {
		case "nobody":
			return engine.Health{}, &engine.UnknownError{Name: n, Known: []string{"a"}}
		case "panics":
			panic("secret inside")
		case "fails":
			return engine.Health{}, fmt.Errorf("disk: %w", io.ErrUnexpectedEOF)
		}
	}
	return engine.Health{Status: check.Unhealthy, CorrelationID: telemetry.ID(ctx), Integrations: []engine.Report{}}, nil
}

func (f *fake) Integration(name string) (engine.Integration, error) {
	if name != "a" {
		return engine.Integration{}, &engine.UnknownError{Name: name, Known: []string{"a"}}
	}
	return engine.Integration{State: engine.State{Report: engine.Report{Name: name}}, DefinedAt: "vega.hcl:1", Grants: []engine.Grant{}}, nil
}

func (f *fake) Overview(q engine.Selection) (engine.Overview, error) {
	f.selection = q
	if slices.Contains(q.Names, "nobody") {
		return engine.Overview{}, &engine.UnknownError{Name: "nobody", Known: []string{"a"}}
	}
	return engine.Overview{Status: check.Healthy, Integrations: []engine.State{}}, nil
}

func (f *fake) DatabaseStats(context.Context) databases.Stats { return databases.Stats{} }
func (f *fake) ResetDatabaseStats()                           { f.reset = true }

func (f *fake) System(ctx context.Context) (monitor.System, error) {
	if f.hangs {
		<-ctx.Done()
		return monitor.System{}, ctx.Err()
	}
	return monitor.System{}, f.system
}

func (f *fake) SystemSummary(context.Context) (monitor.Summary, error) {
	return monitor.Summary{}, f.system
}

func (f *fake) Runs(_ context.Context, q store.RunQuery) (daemon.RunPage, error) {
	f.history = q
	return daemon.RunPage{Runs: []daemon.RunReport{}}, nil
}

func (f *fake) Uptime(_ context.Context, name string, since, until time.Time) (trends.UptimeReport, error) {
	if name != "a" {
		return trends.UptimeReport{}, &engine.UnknownError{Name: name, Known: []string{"a"}}
	}
	return trends.UptimeReport{Name: name, Since: since, Until: until}, nil
}

func (f *fake) Trend(_ context.Context, name, metric string, span trends.Span) (trends.IntegrationHistory, error) {
	if metric == "none" {
		return trends.IntegrationHistory{}, &daemon.UnknownMetricError{Metric: metric, Of: name, Known: []string{"total_ms"}}
	}
	return trends.IntegrationHistory{Name: name, Metric: metric, Span: span, Points: []trends.Point{}}, nil
}

func (f *fake) MetricBlocks() []trends.Metric { return []trends.Metric{} }

func (f *fake) MetricTrend(_ context.Context, name string, labels map[string]string, span trends.Span) (trends.MetricHistory, error) {
	return trends.MetricHistory{Name: name, Span: span, Series: []trends.SeriesHistory{{Labels: labels, Points: []trends.Point{}}}}, nil
}

// Metrics returns an exporter with the integration a.
func (f *fake) Metrics() *metrics.Exporter {
	return metrics.New(metrics.Release{}, metrics.Sources{Each: func(f func(metrics.State)) { f(metrics.State{Integration: "a", Status: check.Healthy}) }})
}

func (f *fake) Conversations() store.Conversations {
	if f.full {
		return fullConversations{}
	}
	return f.store
}

func (*fake) Tracer() span.Tracer { return tracing.New(tracing.Options{}) }

func (f *fake) Maintenance(time.Time) map[string]bool { return nil }

func (f *fake) Live() *live.Board { return live.New() }

func (f *fake) Block(string) (config.Block, error) { return config.Block{}, nil }

func (f *fake) Memories() store.Memories {
	if f.full {
		return fullMemories{}
	}
	return f.store
}

// errFull is the error of a write to a full disk.
var errFull = &store.UnavailableError{Reason: "the disk is full; free some space", Full: true, Err: errors.New("write to the store /secret/path: full")}

// fullConversations and fullMemories can't be written.
type (
	fullConversations struct{ store.Conversations }
	fullMemories      struct{ memories }
	memories          = store.Memories
)

func (fullConversations) LogConversation(context.Context, store.Conversation) (int64, error) {
	return 0, errFull
}
func (fullConversations) SetReviewed(context.Context, int64, bool) error  { return errFull }
func (fullConversations) DeleteConversation(context.Context, int64) error { return errFull }
func (fullMemories) SetMemory(context.Context, string, string) error      { return errFull }
func (fullMemories) DeleteMemory(context.Context, string) error           { return errFull }

func (f *fake) Validate(context.Context) (daemon.Validation, error) {
	return daemon.Validation{}, nil
}

func (f *fake) Plan(context.Context) (daemon.Planned, error) { return daemon.Planned{}, nil }

func (f *fake) Reload(_ context.Context, by daemon.Trigger) (daemon.Reload, error) {
	if by != daemon.ByHTTP {
		panic(by)
	}
	return daemon.Reload{}, f.reload
}
func (f *fake) Rejected() bool { return f.rejected }

func (f *fake) Plugins() []catalog.Report { return []catalog.Report{} }
func (f *fake) Ready() error              { return f.ready }

const key = "0123456789abcdef0123456789abcdef"

// serve serves the API on a free port.
func serve(t *testing.T, f *fake, o ServerOptions) (url string, log *logged) {
	t.Helper()
	log = &logged{}
	l := telemetry.NewLog(log, true)
	l.SetLevel(slog.LevelDebug)
	a := New(f, l.Logger)
	a.SetKeys([]Key{{Name: "empty"}, {Name: "ci", Value: key}, {Name: "old", Value: strings.Repeat("x", 40)}})
	o.Host, o.Log = "127.0.0.1", l.Logger
	if o.Limits.Connections == 0 {
		o.Limits = Limits{Connections: 100, PerClient: 100, Spare: 4}
	}
	s, err := Listen(t.Context(), a, o)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve() }()
	t.Cleanup(func() {
		if err := s.Drain(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s.URL(), log
}

// TestAnswers checks the status of each route, and the problem of each rejection.
func TestAnswers(t *testing.T) {
	url, _ := serve(t, &fake{ready: fmt.Errorf("vega is starting")}, ServerOptions{})
	for _, tt := range []struct {
		name, method, path, key string
		body                    io.Reader
		status                  int
		detail                  string // in the problem; "" if there is none
	}{
		{"alive", "GET", "/healthz", "", nil, 200, ""},
		{"alive by HEAD", "HEAD", "/healthz", "", nil, 200, ""},
		{"not ready", "GET", "/readyz", "", nil, 503, "vega is starting"},
		{"no key", "GET", "/admin/integrations/health", "", nil, 401, "send one valid API key in the header X-API-Key"},
		{"wrong key", "GET", "/admin/integrations/health", key + "0", nil, 401, "send one valid API key in the header X-API-Key"},
		{"no key, unknown route", "GET", "/admin/nowhere", "", nil, 401, "valid API key"},
		{"wrong key, unknown route", "GET", "/v1/nowhere", key + "0", nil, 401, "valid API key"},
		{"unknown route with a key", "GET", "/v1/nowhere", key, nil, 404, "no route /v1/nowhere"},
		{"no key, wrong method", "POST", "/admin/plugins", "", nil, 401, "valid API key"},
		{"no key for plugins", "GET", "/admin/plugins", "", nil, 401, "valid API key"},
		{"no key for one", "GET", "/admin/integrations/a", "", nil, 401, "valid API key"},
		{"health", "GET", "/admin/integrations/health?max_age=30s&timeout=2s&name=a&name=b", key, nil, 200, ""},
		{"another key", "GET", "/admin/plugins", strings.Repeat("x", 40), nil, 200, ""},
		{"one", "GET", "/admin/integrations/a", key, nil, 200, ""},
		{"unknown one", "GET", "/admin/integrations/b", key, nil, 404, `no integration "b"; the configured ones are: a`},
		{"unknown name", "GET", "/admin/integrations/health?name=nobody", key, nil, 400, `"name": there is no integration "nobody"`},
		{"timeout out of range", "GET", "/admin/integrations/health?timeout=301s", key, nil, 400, `"timeout": 301s is not between 1s and 5m`},
		{"timeout too short", "GET", "/admin/integrations/health?timeout=0s", key, nil, 400, "is not between"},
		{"bare number", "GET", "/admin/integrations/health?timeout=5", key, nil, 400, "use a number and a unit"},
		{"negative age", "GET", "/admin/integrations/health?max_age=-1s", key, nil, 400, `"max_age"`},
		{"given twice", "GET", "/admin/integrations/health?max_age=1s&max_age=2s", key, nil, 400, "more than once"},
		{"unknown parameter", "GET", "/admin/integrations/health?maxage=1s", key, nil, 400, `"maxage": unknown parameter; this route accepts max_age, timeout, name`},
		{"parameter of a route without any", "GET", "/admin/plugins?x=1", key, nil, 400, "has no parameters"},
		{"bad escape", "GET", "/admin/plugins?x=%zz", key, nil, 400, "invalid query string"},
		{"unknown route", "GET", "/nowhere", "", nil, 404, "no route /nowhere"},
		{"trailing slash", "GET", "/healthz/", "", nil, 404, "no route /healthz/; did you mean /healthz?"},
		{"double slash", "GET", "/admin//integrations/a/runs/", key, nil, 404, "did you mean /admin/integrations/a/runs?"},
		{"capitals", "GET", "/Admin/Integrations/Health", key, nil, 404, "did you mean /admin/integrations/health?"},
		{"capitals and a name", "GET", "/v1/Memories/B%2fC", key, nil, 404, "did you mean /v1/memories/B%2fC?"},
		{"path of a proxy", "GET", "/ops/vega/admin/integrations/a", key, nil, 404, `no route /ops/vega/admin/integrations/a; if a proxy serves vega under /ops/vega, write in the server block: external_url = "https://NAME/ops/vega"`},
		{"another API", "GET", "/api/v1/status", "", nil, 404, "GET /openapi.json describes all routes"},
		{"a name that is no text", "GET", "/admin/integrations/%FF%00", key, nil, 404, "there is no integration"},
		{"wrong method", "POST", "/admin/plugins", key, nil, 405, "use GET"},
		{"wrong method of a public route", "POST", "/healthz", "", nil, 405, "use GET"},
		{"panic", "GET", "/admin/integrations/health?name=panics", key, nil, 500, "internal error"},
		{"failure", "GET", "/admin/integrations/health?name=fails", key, nil, 500, "internal error"},
		{"body", "GET", "/admin/plugins", key, strings.NewReader("ignored"), 200, ""},
		{"large body", "GET", "/admin/plugins", key, bytes.NewReader(make([]byte, maxBody+1)), 413, "exceeds the limit of 1048576"},
		{"large body in chunks", "GET", "/admin/plugins", key, io.LimitReader(zeros{}, maxBody+1), 413, "exceeds the limit"},
		{"body at the limit", "GET", "/healthz", "", io.LimitReader(zeros{}, maxBody), 200, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := request(t, tt.method, url+tt.path, tt.body)
			if tt.key != "" {
				r.Header.Set("X-API-Key", tt.key)
			}
			r.Header.Set("X-Correlation-ID", "my id")
			got := do(t, r)
			if got.status != tt.status || got.header.Get("X-Correlation-ID") != "my id" {
				t.Fatalf("%+v", got)
			}
			if tt.detail == "" {
				return
			}
			var p document
			if err := json.Unmarshal([]byte(got.body), &p); err != nil || got.header.Get("Content-Type") != "application/problem+json" {
				t.Fatalf("%v: %+v", err, got)
			}
			path, _, _ := strings.Cut(tt.path, "?")
			if p.Status != tt.status || p.Title == "" || p.Type == "" || p.Instance != path || p.CorrelationID != "my id" || !strings.Contains(p.Detail, tt.detail) {
				t.Errorf("%s", got.body)
			}
			if (tt.status == 401) != (got.header.Get("WWW-Authenticate") != "") || (tt.status == 405) != (got.header.Get("Allow") != "") {
				t.Errorf("headers %v", got.header)
			}
		})
	}
}

// TestQueryReachesDaemon checks the parameters that the daemon receives.
func TestQueryReachesDaemon(t *testing.T) {
	f := &fake{}
	url, _ := serve(t, f, ServerOptions{})
	r := request(t, "GET", url+"/admin/integrations/health?max_age=30s&timeout=2s&name=a&name=b", nil)
	r.Header.Set("X-API-Key", key)
	if got := do(t, r); got.status != 200 || !strings.Contains(got.body, `"status":"unhealthy"`) {
		t.Errorf("want 200 for any status: %+v", got)
	}
	if q := f.query; q.MaxAge != 30*time.Second || q.Timeout != 2*time.Second || strings.Join(q.Names, ",") != "a,b" {
		t.Errorf("%+v", q)
	}
}

// TestCorrelationIDReplacesUnsafe checks that a missing or unsafe correlation ID is
// replaced.
func TestCorrelationIDReplacesUnsafe(t *testing.T) {
	url, log := serve(t, &fake{}, ServerOptions{})
	for _, given := range []string{"", strings.Repeat("x", 129), "é"} {
		r := request(t, "GET", url+"/healthz", nil)
		r.Header.Set("X-Correlation-ID", given)
		id := do(t, r).header.Get("X-Correlation-ID")
		if id == given || !telemetry.ValidID(id) || !strings.Contains(log.String(), `"correlation_id":"`+id+`"`) {
			t.Errorf("given %q: %q; log %s", given, id, log)
		}
	}
}

// TestPanicIsLogged checks that a panic is in the log and not in the answer, and
// that the log names the key without its value.
func TestPanicIsLogged(t *testing.T) {
	url, log := serve(t, &fake{}, ServerOptions{})
	r := request(t, "GET", url+"/admin/integrations/health?name=panics", nil)
	r.Header.Set("X-API-Key", key)
	if got := do(t, r); strings.Contains(got.body, "inside") {
		t.Errorf("the answer reveals the panic: %s", got.body)
	}
	for _, want := range []string{"secret inside", "api_test.go", `"key":"ci"`, `"status":500`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %q in %s", want, log)
		}
	}
	if strings.Contains(log.String(), key) {
		t.Error("the log contains the key")
	}
}

// TestHeaderLimit checks the limit of the headers, and that of net/http.
func TestHeaderLimit(t *testing.T) {
	url, _ := serve(t, &fake{}, ServerOptions{})
	for size, problem := range map[int]bool{maxHeader + 1: true, 128 << 10: false} { // over 64 KiB, net/http answers
		r := request(t, "GET", url+"/healthz", nil)
		r.Header.Set("X-Filler", strings.Repeat("x", size))
		got := do(t, r)
		if got.status != http.StatusRequestHeaderFieldsTooLarge || strings.Contains(got.body, "exceed the limit") != problem {
			t.Errorf("%d bytes: %+v", size, got)
		}
	}
}

// TestLongPathsAreCut checks that a long path makes neither a long line of the log nor a long
// answer, so that a client without a key can't fill the disk with few requests.
func TestLongPathsAreCut(t *testing.T) {
	log := &logged{}
	a := New(&fake{}, telemetry.NewLog(log, true).Logger)
	for _, path := range []string{strings.Repeat("a", 30_000), strings.Repeat("%01", 9_000), strings.Repeat("%ff", 9_000)} {
		w, before := httptest.NewRecorder(), len(log.String())
		a.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/"+path, nil))
		if line := len(log.String()) - before; w.Code != http.StatusNotFound || w.Body.Len() > 40<<10 || line > 16<<10 {
			t.Errorf("%s…: %d, %d bytes of answer, %d of log", path[:6], w.Code, w.Body.Len(), line)
		}
	}
}

// TestCanceledRequest checks that the access log does not report an answer for a
// request whose caller disconnected.
func TestCanceledRequest(t *testing.T) {
	log := &logged{}
	a := New(&fake{}, telemetry.NewLog(log, true).Logger)
	a.SetKeys([]Key{{Name: "ci", Value: key}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, "GET", "/admin/integrations/health", nil)
	r.Header.Set("X-API-Key", key)
	a.ServeHTTP(httptest.NewRecorder(), r)
	if !strings.Contains(log.String(), `"status":499`) {
		t.Errorf("log: %s", log)
	}
}

// TestNoKeysRejectsAll checks that an API without keys rejects every key.
func TestNoKeysRejectsAll(t *testing.T) {
	a := New(&fake{}, slog.New(slog.DiscardHandler))
	for _, given := range []string{"", "x"} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/admin/plugins", nil)
		r.Header.Set("X-API-Key", given)
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if w.Code != http.StatusUnauthorized {
			t.Errorf("key %q: %d", given, w.Code)
		}
	}
}

// logged is a log that can be read while others write to it.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

func request(t *testing.T, method, url string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// reply is a complete response.
type reply struct {
	status int
	header http.Header
	body   string
}

func do(t *testing.T, r *http.Request) reply {
	t.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(body)}
}
