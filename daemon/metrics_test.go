package daemon

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
)

// scrapeWhen scrapes until the answer contains a text: a sink records runs soon, not at
// once.
func scrapeWhen(t *testing.T, h *harness, contains string) string {
	t.Helper()
	for end := time.Now().Add(realtest.Patience); ; time.Sleep(10 * time.Millisecond) {
		w := httptest.NewRecorder()
		if err := h.Metrics().Scrape(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody)); err != nil {
			t.Fatal(err)
		}
		if text := w.Body.String(); strings.Contains(text, contains) {
			return text
		} else if time.Now().After(end) {
			t.Fatalf("no %s in %s", contains, text)
		}
	}
}

// TestMetricsFollowReloads scrapes a daemon before and after reloads, one of which is
// rejected.
func TestMetricsFollowReloads(t *testing.T) {
	const measured = "metric \"answer\" {\n  database = database.vega\n  query    = \"SELECT 42 AS n\"\n  value    = \"n\"\n}\n"
	h := build(t, bind("change", "plain.healthy", "")+bind("drop", "plain.unhealthy", "")+bind("keep", "plain.healthy", "")+measured)
	h.status()
	const kept = `vega_integration_runs_total{cause="",integration="keep",status="healthy"} `
	text := scrapeWhen(t, h, kept+"1\n")
	for _, want := range []string{
		`probe_success{integration="drop"} 0`, `probe_success{integration="keep"} 1`, `vega_config_last_reload_successful 1`,
		`vega_incidents{severity="critical"}`, `vega_resource{path="system.memory.percent",subject=""}`, `vega_db_query_seconds_count{database="vega"}`, `process_start_time_seconds `, `go_goroutines `,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
	checkWithPromtool(t, text)
	h.configure("nonsense = 1\n")
	if _, err := h.Reload(t.Context(), BySignal); err == nil {
		t.Fatal("it was accepted")
	}
	scrapeWhen(t, h, "\nvega_config_last_reload_successful 0\n")
	h.configure(bind("change", "plain.degraded", "") + bind("keep", "plain.healthy", ""))
	if _, err := h.Reload(t.Context(), BySignal); err != nil {
		t.Fatal(err)
	}
	h.status()
	text = scrapeWhen(t, h, kept+"2\n")
	for _, gone := range []string{`integration="drop"`, "vega_metric_answer", `metric="answer"`} {
		if strings.Contains(text, gone) {
			t.Errorf("there still is %s", gone)
		}
	}
	if !strings.Contains(text, `vega_integration_status{integration="change",status="degraded"} 1`) {
		t.Error("the state of a changed integration is that of before")
	}
}

// TestMetricsAfterTheEnd scrapes a daemon that is closed.
func TestMetricsAfterTheEnd(t *testing.T) {
	h := build(t, bind("keep", "plain.healthy", ""))
	h.status()
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	scrapeWhen(t, h, `vega_integration_runs_total{cause="",integration="keep",status="healthy"} 1`)
}

// checkWithPromtool checks a scrape. promtool must print nothing.
func checkWithPromtool(t *testing.T, text string) {
	t.Helper()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Log("promtool, of the Debian package prometheus, is not installed: ", err)
		return
	}
	cmd := exec.CommandContext(t.Context(), promtool, "check", "metrics")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
}
