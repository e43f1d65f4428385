package config

import (
	"cmp"
	"reflect"
	"slices"
	"testing"
	"time"

	"vega/daemon/config/telemetry"
	"vega/plugins/manifest"
	"vega/policies"
	"vega/policies/alert"
)

func TestTelemetryDefaults(t *testing.T) {
	c, ds := load(t, "", Options{})
	want := telemetry.Settings{Metrics: telemetry.Metrics{MaxSeries: 20}}
	if c == nil || !reflect.DeepEqual(c.Telemetry, want) {
		t.Errorf("%+v\n%s", c, shownText(t, ds))
	}
}

func TestTelemetrySettings(t *testing.T) {
	c, ds := load(t, `
database "app" {
  driver = "postgres"
  dsn    = env("APP_DSN")
}
metrics {
  max_series = 30
  listen     = "127.0.0.1:9464"
}
telemetry {
  otlp {
    endpoint = "https://otlp.example.com"
    headers  = { "api-key" = env("OTLP_KEY") }
    sample   = 0
    metrics  = false
  }
  statsd { address = "unix:///run/statsd.sock" }
}
metric "orders_open" {
  database = database.app
  query    = "SELECT state, count(*) AS n FROM orders GROUP BY state"
  value    = "n"
  labels   = ["state"]
}
`, Options{Env: func(name string) (string, bool) {
		return map[string]string{"APP_DSN": "postgres://app@db.example.com/app", "OTLP_KEY": "0123456789abcdef"}[name], true
	}})
	if c == nil {
		t.Fatal(shownText(t, ds))
	}
	zero := 0.0
	got := c.Telemetry
	got.Measures[0].Position = ""
	want := telemetry.Settings{
		Metrics: telemetry.Metrics{MaxSeries: 30, Listen: "127.0.0.1:9464"},
		OTLP: &telemetry.OTLP{
			Endpoint: manifest.Plain("https://otlp.example.com"), Headers: map[string]manifest.Text{"api-key": {{Text: "0123456789abcdef", Secret: true}}},
			Traces: true, Sample: &zero,
		},
		StatsD: &telemetry.StatsD{Address: "unix:///run/statsd.sock", Prefix: "vega."},
		Measures: []telemetry.Measure{{
			Name: "orders_open", Database: "app", Query: "SELECT state, count(*) AS n FROM orders GROUP BY state", Value: "n", Labels: []string{"state"},
			Interval: time.Minute, Timeout: 5 * time.Second, MaxSeries: 20, Help: "The metric orders_open of the configuration.",
		}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}

func TestAlertsAndThresholdsNameReportedMetrics(t *testing.T) {
	c, ds := load(t, `
metric "orders_open" {
  database = database.vega
  query    = "SELECT 1 AS n"
  value    = "n"
}
integration "web" {
  probe    = core.tcp
  for_each = { a = "127.0.0.1:1", "10.0.0.1" = "127.0.0.1:2" }
  config { address = each.value }
}
alert "a" {
  metric = metric.orders_open
  below  = -5
}
alert "b" {
  metric = integration.web["10.0.0.1"].connect
  above  = "250ms"
}
alert "c" {
  metric = integration.web.connect
  above  = 7
}
threshold "a" {
  metric = integration.web.a.connect
  error  = "2GiB"
}
`, Options{Bundled: shipped(t), Env: exampleEnv})
	if c == nil {
		t.Fatal(shownText(t, ds))
	}
	for _, want := range []struct {
		name, metric string
		unit         policies.Unit
		bound        float64
	}{
		{"a", "metric.orders_open", policies.Count, -5},
		{"b", "integration.web.10.0.0.1.connect", policies.Milliseconds, 250},
		{"c", "integration.web.connect", policies.Count, 7},
	} {
		n := slices.IndexFunc(c.Alerts, func(a alert.Alert) bool { return a.Name == want.name })
		if n < 0 {
			t.Fatalf("no alert %s", want.name)
		}
		if a := c.Alerts[n]; a.Metric != want.metric || a.Unit != want.unit || *cmp.Or(a.Above, a.Below) != want.bound {
			t.Errorf("%+v, want %+v", a, want)
		}
	}
	n := slices.IndexFunc(c.Thresholds, func(t policies.Threshold) bool { return t.Name == "a" })
	if th := c.Thresholds[n]; th.Resource != "integration.web.a.connect" || th.Unit != policies.Bytes || *th.Error != 2<<30 {
		t.Errorf("%+v", th)
	}
}
