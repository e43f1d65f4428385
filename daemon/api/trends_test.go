package api

import (
	"strings"
	"testing"
	"time"
)

// TestChartsOverHTTP asks for histories with parameters of every form, and for wrong ones.
func TestChartsOverHTTP(t *testing.T) {
	url, _ := serve(t, &fake{}, ServerOptions{})
	const chart = "/admin/integrations/a/history"
	for _, c := range []struct {
		path   string
		status int
		want   string // part of the detail
		step   time.Duration
	}{
		{chart, 200, "", 5 * time.Minute},
		{chart + "?metric=total_ms&from=7d", 200, "", 15 * time.Minute},
		{chart + "?since=30d&until=1d", 200, "", time.Hour},
		{chart + "?from=2026-01-02T15:04:05Z&step=24h", 200, "", 24 * time.Hour},
		{chart + "?from=24h&step=1h", 200, "", time.Hour},
		{chart + "?from=1h&to=2099-01-01T00:00:00Z", 200, "", 5 * time.Minute},
		{chart + "?from=0", 200, "", 48 * time.Hour}, // five years
		{chart + "?from=1h&since=2h", 400, `"since": it is the same as from`, 0},
		{chart + "?to=1h&until=2h", 400, `"until": it is the same as to`, 0},
		{chart + "?from=1h&to=2h", 400, `"from": it is not before to`, 0},
		{chart + "?step=1m", 400, "is not between 5m and", 0},
		{chart + "?step=7m", 400, "step: 7m is not a multiple of 5m", 0},
		{chart + "?from=90d&step=1h", 400, "at most 1000", 0},
		{chart + "?from=90d&step=5m", 400, "step: 5m makes", 0},
		{chart + "?from=30d&to=29d&step=5m", 400, "step: 5m is kept for 7 days only", 0},
		{chart + "?metric=", 400, "is empty", 0},
		{chart + "?metric=none", 404, `integration "a" has no metric "none"; it has: total_ms`, 0},
		{chart + "?window=7d", 400, "unknown parameter", 0},
		{"/admin/metrics/orders/history?labels=state%3Dopen", 200, "", 5 * time.Minute},
		{"/admin/metrics/orders/history?labels=state", 400, `labels: "state" is not a list of labels`, 0},
		{"/admin/metrics", 200, "", 0},
		{"/admin/metrics?x=1", 400, "no parameters", 0},
	} {
		status, answer := ask(t, "GET", url+c.path, "")
		detail, _ := answer["detail"].(string)
		if status != c.status || !strings.Contains(detail, c.want) {
			t.Errorf("%s: %d %s", c.path, status, detail)
		}
		if ms, _ := answer["step_ms"].(float64); c.step > 0 && time.Duration(ms)*time.Millisecond != c.step {
			t.Errorf("%s: a step of %v ms", c.path, ms)
		}
	}
}

// TestUptimeWindows asks for the windows, which begin with a step of the history.
func TestUptimeWindows(t *testing.T) {
	url, _ := serve(t, &fake{}, ServerOptions{})
	const path = "/admin/integrations/a/uptime"
	for window, length := range map[string]time.Duration{"24h": 24 * time.Hour, "7d": 7 * 24 * time.Hour, "30d": 30 * 24 * time.Hour, "90d": 90 * 24 * time.Hour} {
		status, answer := ask(t, "GET", url+path+"?window="+window, "")
		since, err := time.Parse(time.RFC3339, answer["since"].(string))
		until, err2 := time.Parse(time.RFC3339, answer["until"].(string))
		if status != 200 || err != nil || err2 != nil {
			t.Fatal(status, answer)
		}
		step := 5 * time.Minute
		if length > 7*24*time.Hour {
			step = time.Hour
		}
		if short := length - until.Sub(since); short < 0 || short >= step || !since.Equal(since.Truncate(step)) {
			t.Errorf("%s: from %v until %v", window, since, until)
		}
	}
	for query, want := range map[string]string{
		"?window=1y":             `"1y" is not one of 24h, 7d, 30d, 90d`,
		"?window=7d&since=1d":    `"window": it ends now`,
		"?window=7d&until=1d":    `"window": it ends now`,
		"?window=7d&window=24h":  "more than once",
		"?since=1h&until=2h":     "it is not before until",
		"?window=":               "is empty",
		"?window=24h&unknown=1s": "unknown parameter",
	} {
		if status, answer := ask(t, "GET", url+path+query, ""); status != 400 || !strings.Contains(answer["detail"].(string), want) {
			t.Errorf("%s: %d %v", query, status, answer["detail"])
		}
	}
}
