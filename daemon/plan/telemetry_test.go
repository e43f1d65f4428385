package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"vega/daemon/plan"
)

const exported = `
metrics {
  listen = "127.0.0.1:9464"
}
telemetry {
  otlp {
    endpoint = "https://otlp.example.com"
    headers  = { "api-key" = env("TOKEN_A") }
  }
  statsd {
    address = "127.0.0.1:8125"
  }
}
metric "orders_open" {
  database = database.vega
  query    = "SELECT 'a' AS state, 1 AS n"
  value    = "n"
  labels   = ["state"]
}
scrape_module "http_2xx" {
  probe   = core.http
  targets = ["https://*.example.com"]
}
`

// TestTelemetryIsCompared changes each kind of block, and shows no secret.
func TestTelemetryIsCompared(t *testing.T) {
	dir := t.TempDir()
	old := read(t, dir, before+exported, "1")
	if p := plan.Between(old, read(t, dir, before+"\n\n"+exported, "1")); !p.Empty() {
		t.Errorf("moved blocks change something: %+v", p)
	}
	text := strings.NewReplacer("9464", "9465", "TOKEN_A", "TOKEN_B", "8125", "8126", "1 AS n", "2 AS n", `labels   = ["state"]`, "labels = [\"state\"]\n  max_series = 5",
		`targets = ["https://*.example.com"]`, "targets = [\"https://*.example.org\"]\n  timeout = \"3s\"").Replace(exported) + "metric \"new\" {\n  database = database.vega\n  query = \"SELECT 1 AS n\"\n  value = \"n\"\n}\n"
	p := plan.Between(old, read(t, dir, before+text, "1"))
	var got []string
	for _, k := range p.Keys {
		got = append(got, fmt.Sprintf("%s %t %s %s", k.Name, k.Restart, orDash(k.From), orDash(k.To)))
	}
	for _, b := range p.Details() {
		got = append(got, fmt.Sprintf("%s %s", b.Action, b.Name))
		for _, a := range b.Attributes {
			got = append(got, fmt.Sprintf("  %s: %s %s", a.Name, orDash(a.From), orDash(a.To)))
		}
	}
	want := []string{
		"metrics.listen false 127.0.0.1:9464 127.0.0.1:9465", "telemetry.otlp false - -", "telemetry.statsd false - -",
		"add metric.new", "change metric.orders_open", "  query: - -", "  max_series: 20 5",
		"change scrape_module.http_2xx", "  timeout: 10s 3s", "  targets: https://*.example.com https://*.example.org",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func orDash(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}
