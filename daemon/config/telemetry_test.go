package config

import (
	"reflect"
	"testing"
	"time"

	"vega/daemon/config/telemetry"
	"vega/plugins/manifest"
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
			Interval: time.Minute, Traces: true, Sample: &zero,
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
