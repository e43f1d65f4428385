package daemon

import (
	"compress/gzip"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	metricspb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	spanpb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"vega/daemon/engine"
	"vega/daemon/telemetry"
	"vega/policies/check"
)

// otlp is a collector that keeps what it receives.
type otlp struct {
	*httptest.Server
	mu      sync.Mutex
	spans   []*spanpb.Span
	metrics []string
	headers http.Header
	bodies  []string // as JSON
}

func newOTLP(t *testing.T) *otlp {
	t.Helper()
	o := &otlp{}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := decoded(r)
		if err != nil {
			t.Error(err)
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		o.headers = r.Header
		switch r.URL.Path {
		case "/v1/traces":
			o.takeSpans(t, body)
		case "/v1/metrics":
			o.takeMetrics(t, body)
		default:
			t.Errorf("unexpected path %s", r.URL.Path)
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(o.Close)
	return o
}

func (o *otlp) takeSpans(t *testing.T, body []byte) {
	var all tracepb.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &all); err != nil {
		t.Error(err)
	}
	o.bodies = append(o.bodies, protojson.Format(&all))
	for _, r := range all.GetResourceSpans() {
		for _, s := range r.GetScopeSpans() {
			o.spans = append(o.spans, s.GetSpans()...)
		}
	}
}

func (o *otlp) takeMetrics(t *testing.T, body []byte) {
	var all metricspb.ExportMetricsServiceRequest
	if err := proto.Unmarshal(body, &all); err != nil {
		t.Error(err)
	}
	o.bodies = append(o.bodies, protojson.Format(&all))
	for _, r := range all.GetResourceMetrics() {
		for _, s := range r.GetScopeMetrics() {
			for _, m := range s.GetMetrics() {
				o.metrics = append(o.metrics, m.GetName())
			}
		}
	}
}

func decoded(r *http.Request) ([]byte, error) {
	if r.Header.Get("Content-Encoding") != "gzip" {
		return io.ReadAll(r.Body)
	}
	return unzipped(r.Body)
}

// span returns the only span with a name.
func (o *otlp) span(t *testing.T, name string) *spanpb.Span {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	var found *spanpb.Span
	var names []string
	for _, s := range o.spans {
		names = append(names, s.GetName())
		if s.GetName() == name {
			found = s
		}
	}
	if found == nil {
		t.Fatalf("no span %q; there are %q", name, names)
	}
	return found
}

func attributes(all []*commonpb.KeyValue) string {
	var out []string
	for _, a := range all {
		out = append(out, fmt.Sprintf("%s=%s%s", a.GetKey(), a.GetValue().GetStringValue(), strings.TrimPrefix(fmt.Sprint(a.GetValue().GetIntValue()), "0")))
	}
	return strings.Join(out, " ")
}

// TestTraceOfARun checks the spans of a run, and what the target receives.
func TestTraceOfARun(t *testing.T) {
	var received string
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		received = r.Header.Get("Traceparent") + " " + r.Header.Get("Tracestate")
		w.WriteHeader(http.StatusTeapot)
	}))
	t.Cleanup(target.Close)
	collector := newOTLP(t)
	h := build(t, fmt.Sprintf(`
telemetry {
  otlp {
    endpoint = %q
    headers  = { api-key = "a header" }
  }
}
integration "web" {
  probe = tiny.get
  config {
    url = "%s/path?query=1"
  }
}
`, collector.URL, target.URL))
	ctx := telemetry.WithTrace(telemetry.WithID(t.Context(), "the-id"), telemetry.Trace{Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", State: "a=b"})
	got, err := h.Health(ctx, engine.Query{})
	if err != nil || got.Integrations[0].Status != check.Unhealthy {
		t.Fatalf("%+v, %v", got, err)
	}
	if err := h.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	run, call, connect := collector.span(t, "run tiny.get"), collector.span(t, "GET"), collector.span(t, "connect")
	if hex.EncodeToString(run.GetParentSpanId()) != "b7ad6b7169203331" || hex.EncodeToString(run.GetTraceId()) != "0af7651916cd43dd8448eb211c80319c" {
		t.Errorf("the run has the parent %x in the trace %x", run.GetParentSpanId(), run.GetTraceId())
	}
	if string(call.GetParentSpanId()) != string(run.GetSpanId()) || string(connect.GetParentSpanId()) != string(call.GetSpanId()) {
		t.Error("the parent of connect is not GET, or that of GET is not the run")
	}
	if want := fmt.Sprintf("00-%x-%x-01 a=b", call.GetTraceId(), call.GetSpanId()); received != want {
		t.Errorf("the target received %q, want %q", received, want)
	}
	for s, want := range map[*spanpb.Span]string{
		run:     "vega.integration=web vega.probe=tiny.get vega.correlation_id=the-id vega.status=unhealthy vega.cause=target error.type=target",
		connect: "network.transport=tcp",
		call:    "url.full=" + target.URL + "/path http.response.status_code=418",
	} {
		for part := range strings.SplitSeq(want, " ") {
			if a := attributes(s.GetAttributes()); !strings.Contains(a, part) {
				t.Errorf("%s lacks %s: %s", s.GetName(), part, a)
			}
		}
	}
	if collector.headers.Get("Api-Key") != "a header" {
		t.Errorf("the collector received %v", collector.headers)
	}
	if len(collector.metrics) == 0 {
		t.Error("no metrics were exported")
	}
}

// TestTraceOfStepsHasNoTakenValue checks that what a step takes from an answer does not
// leave with the span of the request that it is sent in.
func TestTraceOfStepsHasNoTakenValue(t *testing.T) {
	const taken = "a-session-of-the-target"
	var asked atomic.Int32
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/orders/"+taken && r.URL.RawQuery == "s="+taken {
			asked.Add(1)
		}
		w.Header().Set("X-Session", taken)
	}))
	t.Cleanup(target.Close)
	collector := newOTLP(t)
	h := &harness{t: t, dir: t.TempDir()}
	h.bundle()
	h.configure(fmt.Sprintf(`
telemetry {
  otlp {
    endpoint = %q
    metrics  = false
  }
}
integration "shop" {
  probe = core.flow
  config {
    steps = [
      { name = "login", url = "%[2]s/login", take = { id = "header: X-Session" } },
      { name = "orders", url = "%[2]s/orders/{id}?s={id}", headers = { X-Session = "{id}" } },
    ]
  }
}
`, collector.URL, target.URL))
	h.open()
	t.Cleanup(func() { _ = h.Close() })
	if got, err := h.Health(t.Context(), engine.Query{}); err != nil || got.Integrations[0].Status != check.Healthy || asked.Load() == 0 {
		t.Fatalf("%+v, %v, asked %d times", got, err, asked.Load())
	}
	if err := h.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := attributes(collector.span(t, "GET").GetAttributes()); !strings.Contains(got, "url.full="+target.URL+" ") {
		t.Errorf("the request has %s", got)
	}
	for _, body := range collector.bodies {
		if strings.Contains(body, taken) {
			t.Errorf("exported: %s", body)
		}
	}
}

func unzipped(r io.Reader) ([]byte, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// TestCollectorBehindTLSAndAProxy exports to a collector whose certificate only ca_file
// vouches for, through the proxy of the network block.
func TestCollectorBehindTLSAndAProxy(t *testing.T) {
	collector := newOTLP(t)
	secured := httptest.NewTLSServer(collector.Config.Handler)
	t.Cleanup(secured.Close)
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.Host)
		there, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", secured.Listener.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		here, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(there, here) }()
		_, _ = io.Copy(here, there)
	}))
	t.Cleanup(proxy.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	write(t, filepath.Dir(ca), "ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secured.Certificate().Raw}))
	h := build(t, fmt.Sprintf(`
network {
  proxy = %q
}
telemetry {
  otlp {
    endpoint = "https://example.com:4318"
    ca_file  = %q
    metrics  = false
  }
}
integration "plain" {
  probe = plain.healthy
}
`, proxy.URL, ca))
	if _, err := h.Health(t.Context(), engine.Query{}); err != nil {
		t.Fatal(err)
	}
	if err := h.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	collector.span(t, "run plain.healthy")
	if fmt.Sprint(asked) != "[CONNECT example.com:4318]" {
		t.Errorf("the proxy was asked %q", asked)
	}
}

// TestNoSecretOfTheConfigurationBefore checks that a run in progress over a reload does
// not export what the new configuration no longer has.
func TestNoSecretOfTheConfigurationBefore(t *testing.T) {
	hide := hider([]string{"the-new-secret"}, []string{"the-old-secret"})
	if got := hide("the-new-secret the-old-secret"); got != "(secret) (secret)" {
		t.Error(got)
	}
}
