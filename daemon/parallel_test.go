package daemon_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"vega/plugins/core/fixtures"
	"vega/policies"
)

// A hundred checks of a second each take a second, and one that never answers
// keeps nobody waiting but itself. The bounds here only tell parallel from
// serial; the figures are what matters, and BenchmarkHealth measures them.
func TestHundredChecksTakeAsLongAsOne(t *testing.T) {
	slow := site(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(time.Second)
		_, _ = w.Write([]byte("ok"))
	}))
	rows := make([]row, 100)
	for i := range rows {
		rows[i] = row{name: "slow", probe: "http", config: fmt.Sprintf("    url = %q", slow)}
	}
	health := runRows(t, "", rows)
	t.Logf("100 checks of 1s: %.0f ms", health.DurationMS)
	if health.Summary.Healthy != 100 || health.DurationMS > 3000 {
		t.Errorf("%+v in %.0f ms", health.Summary, health.DurationMS)
	}

	rows[50].config = fmt.Sprintf("    url = %q", "http://"+fixtures.Hang(t))
	rows[50].timeout = "2s"
	health = runRows(t, "", rows)
	late := health.Integrations[50]
	worst := 0.0
	for i, r := range health.Integrations {
		if i != 50 {
			worst = max(worst, r.ResponseTimeMS)
		}
	}
	t.Logf("the one that never answers: %s/%s after %.0f ms of its 2000; the slowest of the others: %.0f ms", late.Status, late.Cause, late.ResponseTimeMS, worst)
	if late.Cause != policies.Timeout || !strings.Contains(late.Message, "did not answer in time") || health.Summary.Healthy != 99 || worst > 1900 {
		t.Errorf("%+v %+v", health.Summary, late)
	}
}
