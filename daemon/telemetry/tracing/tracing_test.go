package tracing_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel"
	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"vega/daemon/config/telemetry"
	"vega/daemon/telemetry/tracing"
	"vega/plugins/manifest"
	"vega/plugins/span"
)

// collector serves requests over pipes, so that time can be virtual.
type collector struct {
	server   *http.Server
	conns    chan net.Conn
	mu       sync.Mutex
	requests int
	spans    []string
	keys     []string
	answer   func(w http.ResponseWriter, n int) // of request n, from 1
}

func newCollector(answer func(w http.ResponseWriter, n int)) *collector {
	c := &collector{conns: make(chan net.Conn), answer: answer}
	c.server = &http.Server{Handler: c} //nolint:gosec // the client is the test
	go func() { _ = c.server.Serve(c) }()
	return c
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	c.requests++
	n := c.requests
	c.keys = append(c.keys, r.Header.Get("Api-Key"))
	c.mu.Unlock()
	rec := &status{ResponseWriter: w, code: http.StatusOK}
	if c.answer != nil {
		c.answer(rec, n)
	}
	var all tracepb.ExportTraceServiceRequest
	if rec.code != http.StatusOK || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &all) != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, rs := range all.GetResourceSpans() {
		for _, ss := range rs.GetScopeSpans() {
			for _, s := range ss.GetSpans() {
				c.spans = append(c.spans, s.GetName())
			}
		}
	}
}

type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

func (c *collector) Accept() (net.Conn, error) {
	conn, ok := <-c.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (c *collector) Close() error   { return nil }
func (c *collector) Addr() net.Addr { return &net.TCPAddr{} }

func (c *collector) stop() {
	close(c.conns)
	_ = c.server.Close()
}

func (c *collector) transport() *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		here, there := net.Pipe()
		select {
		case c.conns <- there:
			return here, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
}

// got returns what arrived.
func (c *collector) got() (requests int, spans []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.requests, c.spans
}

type environment map[string]string

func (e environment) get(name string) string { return e[name] }

func exporterFor(t *testing.T, log io.Writer, env environment) *tracing.Exporter {
	t.Helper()
	return tracing.New(tracing.Options{Log: slog.New(slog.NewTextHandler(log, nil)), Version: "1", Getenv: env.get})
}

func to(endpoint string, transport *http.Transport) tracing.Target {
	return tracing.Target{Settings: &telemetry.OTLP{Endpoint: manifest.Plain(endpoint), Interval: time.Minute, Traces: true}, Transport: transport}
}

func configure(t *testing.T, e *tracing.Exporter, target tracing.Target) {
	t.Helper()
	if err := e.Configure(t.Context(), target); err != nil {
		t.Fatal(err)
	}
}

// spend makes n spans like those of a run.
func spend(e *tracing.Exporter, n int) {
	for range n {
		s := e.Root("", "", span.Run, "run core.http")
		s.Text(span.Integration, "an integration of usual length")
		s.Text(span.Probe, "core.http")
		s.Text(span.Correlation, "0af7651916cd43dd8448eb211c80319c")
		s.Text(span.URL, "https://example.com:443/a/path/of/usual/length")
		s.Text(span.Host, "example.com")
		s.Number(span.Port, 443)
		s.Text(span.PeerAddress, "192.0.2.1")
		s.Text(span.Status, "unhealthy")
		s.Fail("target")
		s.End()
	}
}

func statsOf(e *tracing.Exporter) (dropped, failed int64) {
	return e.Stats()[0].Dropped, e.Stats()[0].Failed
}

// refuseAfter returns the handler of a collector that answers when hold is closed. It refuses
// then, so that nothing counts as delivered if a shutdown has not cut the request yet.
func refuseAfter(hold <-chan struct{}) func(http.ResponseWriter, int) {
	return func(w http.ResponseWriter, _ int) {
		<-hold
		w.WriteHeader(http.StatusBadRequest)
	}
}

// TestCollectorThatHangs ends thousands of spans while a collector accepts them and never
// answers. None of them waits, those that do not fit are counted, and the shutdown takes
// five seconds, or less if its context says so.
func TestCollectorThatHangs(t *testing.T) {
	for _, limit := range []time.Duration{2 * time.Second, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			hold := make(chan struct{})
			c := newCollector(refuseAfter(hold))
			e := exporterFor(t, io.Discard, nil)
			configure(t, e, to("http://collector", c.transport()))
			before := heap()
			began := time.Now()
			spend(e, 5000)
			if time.Since(began) != 0 {
				t.Errorf("the spans took %v", time.Since(began))
			}
			time.Sleep(time.Second)
			after := heap()
			t.Logf("the heap grew by %d KiB", int64(after-before)>>10)
			if after > before+5<<20 {
				t.Error("more than 5 MB")
			}
			requests, _ := c.got()
			dropped, failed := statsOf(e)
			if requests != 1 || failed != 0 || dropped < 5000-1024-512 || dropped > 5000-1024 {
				t.Errorf("%d requests, %d dropped, %d failed", requests, dropped, failed)
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			began = time.Now()
			e.Shutdown(ctx)
			if took := time.Since(began); took != min(limit, 5*time.Second) {
				t.Errorf("the shutdown took %v of %v", took, limit)
			}
			close(hold)
			c.stop()
			synctest.Wait()
			if dropped, failed = statsOf(e); dropped+failed != 5000 {
				t.Errorf("%d dropped and %d failed of 5000 spans", dropped, failed)
			}
		})
	}
}

// TestShutdownDoesNotWaitForTheCollectorBefore replaces a collector that hangs, and shuts
// down with less time than its last export may take.
func TestShutdownDoesNotWaitForTheCollectorBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		c := newCollector(refuseAfter(hold))
		e := exporterFor(t, io.Discard, nil)
		configure(t, e, to("http://collector", c.transport()))
		spend(e, 3)
		configure(t, e, tracing.Target{Transport: c.transport()})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		e.Shutdown(ctx)
		if took := time.Since(began); took != time.Second {
			t.Errorf("the shutdown took %v", took)
		}
		close(hold)
		c.stop()
		synctest.Wait()
		if dropped, failed := statsOf(e); dropped+failed != 3 {
			t.Errorf("%d dropped and %d failed of 3 spans", dropped, failed)
		}
	})
}

// TestReportsOfTheSDKHaveNoSecret lets the SDK report an error with a secret of the
// configuration, which is cut where a line of the log ends, and one of the collector.
func TestReportsOfTheSDKHaveNoSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		e := exporterFor(t, &log, nil)
		e.Hide(func(text string) string { return strings.ReplaceAll(text, "s3cret-of-vega", "(secret)") })
		c := newCollector(nil)
		target := to("http://collector", c.transport())
		target.Settings.Headers = map[string]manifest.Text{"api-key": manifest.Plain("s3cret-key")}
		configure(t, e, target)
		for _, text := range []string{strings.Repeat("x", 294) + "s3cret-of-vega", "s3cret-key"} {
			otel.Handle(errors.New(text))
			time.Sleep(2 * time.Minute)
		}
		e.Shutdown(t.Context())
		c.stop()
		if got := log.String(); strings.Count(got, "problem=") != 2 || strings.Contains(got, "s3cr") {
			t.Error(got)
		}
	})
}

// TestCollectorThatIsDown checks that each span is counted if the collector can't be
// reached, and that it is logged once a minute.
func TestCollectorThatIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		e := exporterFor(t, &log, nil)
		down := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: net.UnknownNetworkError("connection refused")}
		}}
		configure(t, e, to("http://user:password@collector", down))
		spend(e, 1)
		for range 30 {
			spend(e, 2000)
			time.Sleep(2 * time.Second)
		}
		e.Shutdown(t.Context())
		synctest.Wait()
		if dropped, failed := statsOf(e); dropped+failed != 60_001 || dropped == 0 {
			t.Errorf("%d dropped and %d failed of 60,001 spans", dropped, failed)
		}
		if n := strings.Count(log.String(), "connection refused"); n < 1 || n > 2 || strings.Contains(log.String(), "password") {
			t.Errorf("logged %d times: %s", n, log.String())
		}
	})
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestCollectorThatRefuses checks what is tried again, and what is counted.
func TestCollectorThatRefuses(t *testing.T) {
	partial, err := proto.Marshal(&tracepb.ExportTraceServiceResponse{PartialSuccess: &tracepb.ExportTracePartialSuccess{RejectedSpans: 3, ErrorMessage: "too old"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		answer   func(w http.ResponseWriter, n int)
		requests int // 0: any number above one
		arrived  int
		failed   int64
		within   time.Duration
	}{
		"400": {func(w http.ResponseWriter, _ int) {
			http.Error(w, "echo: the-key-of-the-service", http.StatusBadRequest)
		}, 1, 0, 10, 0},
		"401": {func(w http.ResponseWriter, _ int) { w.WriteHeader(http.StatusUnauthorized) }, 1, 0, 10, 0},
		"a redirect, which is not followed": {func(w http.ResponseWriter, _ int) {
			w.Header().Set("Location", "http://elsewhere/v1/traces")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}, 1, 0, 10, 0},
		"429 with Retry-After, once": {func(w http.ResponseWriter, n int) {
			if n == 1 {
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(http.StatusTooManyRequests)
			}
		}, 2, 10, 0, 0},
		"503, always": {func(w http.ResponseWriter, _ int) { w.WriteHeader(http.StatusServiceUnavailable) }, 0, 0, 10, 0},
		"503 with a Retry-After of a day": {func(w http.ResponseWriter, _ int) {
			w.Header().Set("Retry-After", "86400")
			w.WriteHeader(http.StatusServiceUnavailable)
		}, 1, 0, 10, 0},
		"partial success": {func(w http.ResponseWriter, _ int) {
			w.Header().Set("Content-Type", "application/x-protobuf")
			_, _ = w.Write(partial)
		}, 1, 10, 3, 0},
		"an endless answer": {func(w http.ResponseWriter, _ int) {
			w.Header().Set("Content-Type", "application/x-protobuf")
			for range 1000 {
				if _, err := w.Write(make([]byte, 1<<10)); err != nil {
					return
				}
			}
		}, 1, 10, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log strings.Builder
				server := newCollector(c.answer)
				e := exporterFor(t, &log, nil)
				target := to("http://collector", server.transport())
				target.Settings.Headers = map[string]manifest.Text{"api-key": manifest.Plain("the-key-of-the-service")}
				configure(t, e, target)
				spend(e, 10)
				time.Sleep(2 * time.Minute)
				e.Shutdown(t.Context())
				server.stop()
				requests, spans := server.got()
				_, failed := statsOf(e)
				if c.requests > 0 && requests != c.requests || c.requests == 0 && requests < 2 || len(spans) != c.arrived || failed != c.failed {
					t.Errorf("%d requests, %d spans arrived, %d failed", requests, len(spans), failed)
				}
				if strings.Contains(log.String(), "the-key") || (failed > 0) != strings.Contains(log.String(), "can't export") {
					t.Errorf("log: %s", log.String())
				}
			})
		})
	}
}

// TestReloadSwitchesTheCollector begins a span before the collector changes, which then
// goes to the new one.
func TestReloadSwitchesTheCollector(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := newCollector(nil), newCollector(nil)
		e := exporterFor(t, io.Discard, nil)
		a := to("http://first", first.transport())
		a.Settings.Headers = map[string]manifest.Text{"api-key": manifest.Plain("one")}
		configure(t, e, a)
		early := e.Root("", "", span.Run, "early")
		spend(e, 1)
		b := to("http://second", second.transport())
		b.Settings.Headers = map[string]manifest.Text{"api-key": manifest.Plain("two")}
		configure(t, e, b)
		early.End()
		time.Sleep(10 * time.Second)
		configure(t, e, tracing.Target{Transport: second.transport()})
		if e.Tracing() {
			t.Error("spans are recorded without a collector")
		}
		early.Begin(span.HTTP, "GET").End()
		time.Sleep(10 * time.Second)
		e.Shutdown(t.Context())
		first.stop()
		second.stop()
		_, one := first.got()
		_, two := second.got()
		if fmt.Sprint(one, first.keys, two, second.keys) != "[run core.http] [one] [early] [two]" {
			t.Error(one, first.keys, two, second.keys)
		}
		if dropped, _ := statsOf(e); dropped != 1 {
			t.Errorf("%d dropped, want the span that ended without a collector", dropped)
		}
	})
}

// TestEnvironment checks which variables start an export.
func TestEnvironment(t *testing.T) {
	block := &telemetry.OTLP{Traces: true, Metrics: true}
	for _, c := range []struct {
		name    string
		env     environment
		block   *telemetry.OTLP
		traces  bool
		logs    string
		refuses string
	}{
		{"nothing", nil, nil, false, "", ""},
		{"endpoint", environment{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, nil, true, "", ""},
		{"endpoint of traces", environment{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, nil, true, "", ""},
		{"endpoint of metrics", environment{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://c:4318/v1/metrics"}, nil, false, "", ""},
		{"exporter", environment{"OTEL_TRACES_EXPORTER": "otlp"}, nil, true, "", ""},
		{"none", environment{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_TRACES_EXPORTER": "none"}, nil, false, "", ""},
		{"none and the block", environment{"OTEL_TRACES_EXPORTER": "none"}, block, false, "", ""},
		{"another exporter", environment{"OTEL_TRACES_EXPORTER": "zipkin"}, nil, false, "use otlp or none", ""},
		{"disabled", environment{"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, block, false, "", ""},
		{"the block alone", nil, block, true, "", ""},
		{"grpc", environment{"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, block, true, "http/protobuf", ""},
		{"no URL", environment{"OTEL_EXPORTER_OTLP_ENDPOINT": "c:4318"}, nil, false, "", "OTEL_EXPORTER_OTLP_ENDPOINT must be a URL"},
		{"no certificate", environment{"OTEL_EXPORTER_OTLP_CERTIFICATE": "/nowhere/ca.pem"}, block, false, "", "OTEL_EXPORTER_OTLP_CERTIFICATE"},
		{"a queue below zero", environment{"OTEL_BSP_MAX_QUEUE_SIZE": "-4"}, block, true, "OTEL_BSP_MAX_QUEUE_SIZE must be a number from 1 to", ""},
		{"a queue that is too large", environment{"OTEL_BSP_MAX_QUEUE_SIZE": "1000000000000"}, block, true, "OTEL_BSP_MAX_QUEUE_SIZE", ""},
		{"a batch below zero", environment{"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "-1"}, block, true, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", ""},
		{"no delay", environment{"OTEL_BSP_SCHEDULE_DELAY": "0"}, block, true, "OTEL_BSP_SCHEDULE_DELAY", ""},
		{"odd limits", environment{"OTEL_BSP_EXPORT_TIMEOUT": "-1", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "-1", "OTEL_METRIC_EXPORT_INTERVAL": "-1"}, block, true, "", ""},
		{"a timeout that is no number", environment{"OTEL_EXPORTER_OTLP_TIMEOUT": "x"}, block, true, "OTEL_EXPORTER_OTLP_TIMEOUT must be a number from 1 to 3600000; vega uses 10000", ""},
		{"a timeout that overflows", environment{"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "10000000000000"}, block, true, "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", ""},
		{"a broken header", environment{"OTEL_EXPORTER_OTLP_HEADERS": "api-key=s3cret-value,s3cret-broken"}, block, true, "a part without =", ""},
		{"no sampler", environment{"OTEL_TRACES_SAMPLER": "sometimes"}, block, true, "sometimes", ""},
	} {
		var log strings.Builder
		e := exporterFor(t, &log, c.env)
		for name, value := range c.env {
			t.Setenv(name, value) // the SDK reads some of them itself
		}
		err := e.Configure(t.Context(), tracing.Target{Settings: c.block, Transport: &http.Transport{}})
		if (err == nil) != (c.refuses == "") || err != nil && !strings.Contains(err.Error(), c.refuses) {
			t.Errorf("%s: %v", c.name, err)
		}
		if e.Tracing() != c.traces || !strings.Contains(log.String(), c.logs) || c.logs == "" && log.Len() > 0 {
			t.Errorf("%s: traces %v, %s", c.name, e.Tracing(), log.String())
		}
		if strings.Contains(log.String(), "s3cret") {
			t.Errorf("%s: %s", c.name, log.String())
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		e.Shutdown(ended)
		for name := range c.env {
			t.Setenv(name, "")
		}
	}
}

// TestSample checks that a trace that vega begins follows sample, and one of a caller the
// caller's decision.
func TestSample(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollector(nil)
		e := exporterFor(t, io.Discard, nil)
		never := 0.0
		target := to("http://collector", c.transport())
		target.Settings.Sample = &never
		configure(t, e, target)
		own := e.Root("", "", span.Run, "own")
		if head, _ := own.Begin(span.HTTP, "GET").Headers(); !strings.HasPrefix(head, "00-") || !strings.HasSuffix(head, "-00") {
			t.Errorf("a span that is not sampled is named %q", head)
		}
		own.End()
		asked := e.Root("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "a=b", span.Request, "asked")
		if head, state := asked.Headers(); !strings.HasPrefix(head, "00-0af7651916cd43dd8448eb211c80319c-") || !strings.HasSuffix(head, "-01") || state != "a=b" {
			t.Errorf("%q %q", head, state)
		}
		asked.End()
		refused := e.Root("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", "", span.Request, "refused")
		refused.End()
		e.Shutdown(t.Context())
		c.stop()
		if _, spans := c.got(); fmt.Sprint(spans) != "[asked]" {
			t.Error(spans)
		}
	})
}

// TestSpansOfARunAreLimited checks that a probe that makes many calls does not fill the
// queue, and that each of two runs of a request has its own limit.
func TestSpansOfARunAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollector(nil)
		e := exporterFor(t, io.Discard, nil)
		configure(t, e, to("http://collector", c.transport()))
		request := e.Root("", "", span.Request, "request")
		for range 2 {
			run := request.Begin(span.Run, "run")
			for range 100 {
				call := run.Begin(span.HTTP, "GET")
				call.Begin(span.Connect, "connect").End()
				call.End()
			}
			run.End()
		}
		request.End()
		e.Shutdown(t.Context())
		c.stop()
		_, spans := c.got()
		if dropped, _ := statsOf(e); len(spans) != 1+2+2*128 || dropped != 2*(100-64) { // calls, without their parts
			t.Errorf("%d spans arrived, %d dropped", len(spans), dropped)
		}
	})
}

// TestMetricsOfTheGatherer checks that metrics go out at their interval, in requests of
// limited size.
func TestMetricsOfTheGatherer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollector(nil)
		e := tracing.New(tracing.Options{Log: slog.New(slog.DiscardHandler), Getenv: environment(nil).get, Gatherer: func() prometheus.Gatherer {
			return prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
				f := &dto.MetricFamily{Name: proto.String("a"), Type: dto.MetricType_GAUGE.Enum()}
				for n := range 10_000 {
					f.Metric = append(f.Metric, &dto.Metric{Gauge: &dto.Gauge{Value: proto.Float64(float64(n))}})
				}
				return []*dto.MetricFamily{f}, nil
			})
		}})
		target := to("http://collector", c.transport())
		target.Settings.Metrics, target.Settings.Traces = true, false
		configure(t, e, target)
		time.Sleep(61 * time.Second)
		if requests, _ := c.got(); requests != 3 {
			t.Errorf("%d requests for 10,000 points after a minute, want 3", requests)
		}
		e.Shutdown(t.Context())
		if requests, _ := c.got(); requests != 6 {
			t.Errorf("%d requests after the shutdown, want 6", requests)
		}
		c.stop()
	})
}
