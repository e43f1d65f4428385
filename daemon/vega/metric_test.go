package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/protobuf/proto"

	"vega/daemon/realtest"
	"vega/policies/incident"
)

// collected is what the receivers of exporters got.
type collected struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (c *collected) add(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text.WriteString(text)
}

func (c *collected) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// listenStatsD starts a StatsD server, and returns its address.
func listenStatsD(t *testing.T) (string, *collected) {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	got, done := &collected{}, make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 64<<10)
		for {
			n, _, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			got.add(string(b[:n]))
		}
	}()
	t.Cleanup(func() { _ = c.Close(); <-done })
	return c.LocalAddr().String(), got
}

// listenOTLP starts a receiver of metrics by OTLP, and returns its URL. It collects a line
// for each value of a gauge: metric.orders{state="open"} = 7.
func listenOTLP(t *testing.T) (string, *collected) {
	t.Helper()
	got := &collected{}
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/metrics" {
			return
		}
		var request collector.ExportMetricsServiceRequest
		body, err := io.ReadAll(r.Body)
		if err == nil && r.Header.Get("Content-Encoding") == "gzip" {
			body, err = unzipped(body)
		}
		if err == nil {
			err = proto.Unmarshal(body, &request)
		}
		if err != nil {
			t.Error(err)
		}
		for _, resource := range request.ResourceMetrics {
			for _, scope := range resource.ScopeMetrics {
				for _, m := range scope.Metrics {
					for _, p := range m.GetGauge().GetDataPoints() {
						var labels []string
						for _, a := range p.Attributes {
							labels = append(labels, fmt.Sprintf("%s=%q", a.Key, a.Value.GetStringValue()))
						}
						got.add(fmt.Sprintf("%s{%s} = %v\n", m.Name, strings.Join(labels, ","), p.GetAsDouble()))
					}
				}
			}
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

const ordersConfig = `
database "app" {
  driver = "postgres"
  dsn    = %q
}
metric "orders" {
  database = database.app
  query    = "SELECT state, count(*) AS n FROM orders GROUP BY state"
  value    = "n"
  labels   = ["state"]
  interval = "1s"
  timeout  = "5s"
  help     = "Orders by state."
}
alert "orders" {
  metric = metric.orders
  above  = 100
  after  = 1
  clear_after = 1
}
telemetry {
  otlp {
    endpoint = %q
    interval = "1s"
  }
  statsd {
    address = %q
  }
}
`

// TestACustomMetric measures a metric on PostgreSQL, from the block to /metrics, an
// incident, a chart, an OpenTelemetry collector and a StatsD server, and stops the database.
func TestACustomMetric(t *testing.T) {
	t.Parallel()
	dsn, halt := realtest.StoppablePostgres(t)
	db, _ := database(t, dsn)
	execute(t, db, "CREATE TABLE orders (state text)")
	execute(t, db, "INSERT INTO orders SELECT 'open' FROM generate_series(1, 7)")
	address, statsd := listenStatsD(t)
	endpoint, otlp := listenOTLP(t)
	s := play(t, "orders", fmt.Sprintf(ordersConfig, dsn, endpoint, address))
	defer s.end(t)
	shown := func(what string, text func() string, want string) {
		t.Helper()
		s.until(what+" has "+want, func() bool { return strings.Contains(text(), want) })
		for line := range strings.Lines(text()) {
			if strings.Contains(line, want) {
				t.Logf("%s: %s", what, line)
				break
			}
		}
	}
	get := func(path string) func() string {
		return func() string { _, body := s.get(path); return body }
	}
	shown("/metrics", get("/metrics"), `vega_metric_orders{state="open"} 7`)
	shown("/metrics", get("/metrics"), `vega_metric_up{metric="orders"} 1`)
	shown("OTLP", otlp.String, `vega_metric_orders{state="open"} = 7`)
	shown("StatsD", statsd.String, "vega.metric.orders.open:7|g")

	execute(t, db, "INSERT INTO orders SELECT 'open' FROM generate_series(1, 100)")
	s.expect(t, incident.Opening)
	shown("incidents", get("/admin/incidents"), `{state=\"open\"}`)
	shown("the chart", get("/admin/metrics/orders/history?labels=state%3Dopen&from=1h"), `"max":107`)
	execute(t, db, "DELETE FROM orders WHERE ctid IN (SELECT ctid FROM orders LIMIT 100)")
	s.expect(t, incident.Resolve)

	halt()
	shown("/metrics", get("/metrics"), `vega_metric_up{metric="orders"} 0`)
	s.until("the value goes", func() bool { _, body := s.get("/metrics"); return !strings.Contains(body, "vega_metric_orders{") })
	shown("/admin/metrics", get("/admin/metrics"), "connection refused")
	all := s.written() + otlp.String() + statsd.String() + get("/metrics")() + get("/admin/metrics")()
	if strings.Contains(all, realtest.Password) {
		t.Error("the password of the database is shown")
	}
}
