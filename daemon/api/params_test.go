package api

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"vega/daemon"
)

// TestTimes checks the forms in which a time can be given.
func TestTimes(t *testing.T) {
	f := &fake{}
	a := New(f, discard)
	a.SetKeys([]Key{{Name: "ci", Value: key}})
	for given, want := range map[string]string{
		"2026-01-02T15:04:05Z":                "2026-01-02T15:04:05Z",
		"2026-01-02t15:04:05z":                "2026-01-02T15:04:05Z", // RFC 3339 §5.6
		"2026-01-02%2015:04:05Z":              "2026-01-02T15:04:05Z",
		"2026-01-02T15:04:05.25%2B02:00":      "2026-01-02T13:04:05.25Z",
		"2026-01-02T15:04:05+02:00":           "2026-01-02T13:04:05Z", // a plus that was not percent-encoded
		"2026-01-02+15:04:05+02:00":           "2026-01-02T13:04:05Z",
		"2026-01-02T15:04:05-05:30":           "2026-01-02T20:34:05Z",
		"1767366245":                          "2026-01-02T15:04:05Z",
		"1767366245.250":                      "2026-01-02T15:04:05.25Z", // Date.now() / 1000
		"1.2.3":                               "is not a number of seconds",
		".":                                   "is not a number of seconds",
		"0":                                   "1970-01-01T00:00:00Z",
		"0001-01-01T00:00:00Z":                "1970-01-01T00:00:00Z", // not the same as no bound
		"2500000h":                            "1970-01-01T00:00:00Z",
		"1767366245000":                       "is too large for seconds since 1970",
		"99999999999999999999":                "is too large for seconds since 1970",
		"-1":                                  "is not a time",
		"-24h":                                "is not a time",
		"7y":                                  "is not a time",
		"2026-01-02":                          "is not a time",
		"2026-02-30T00:00:00Z":                "is not a time",
		"%FF":                                 "is not a time",
		"2026-01-02T15:04:05Z&until=1h&until": "given more than once",
	} {
		w := send(t, a, "GET", "/admin/integrations/a/runs?until="+given, keyHeader, key)
		got := f.history.Until.UTC().Format(time.RFC3339Nano)
		if w.Code != 200 {
			got = w.Body.String()
		}
		if strings.HasPrefix(want, "20") || strings.HasPrefix(want, "19") {
			if got != want {
				t.Errorf("%s: %s, want %s", given, got, want)
			}
		} else if w.Code != 400 || !strings.Contains(got, want) {
			t.Errorf("%s: %d %s", given, w.Code, got)
		}
	}
}

// TestPagesOfARelativeTime reads a history in pages while time passes and runs are
// added.
func TestPagesOfARelativeTime(t *testing.T) {
	d := openDescribed(t)
	run := func() {
		if got := d.ask("GET", "/admin/integrations/health?name=good", "", keyHeader, key); got.status != 200 {
			t.Fatal(got.body)
		}
	}
	for range 4 {
		run()
	}
	for _, query := range []string{"since=1h", "since=1h&until=0s&status=healthy", "since=0", "status=healthy", ""} {
		var first int64
		seen, cursor := 0, ""
		for n := 0; n == 0 || cursor != ""; n++ {
			got := d.ask("GET", "/admin/integrations/good/runs?limit=1&"+query+cursor, "", keyHeader, key)
			var page daemon.RunPage
			if err := json.Unmarshal([]byte(got.body), &page); err != nil || got.status != 200 || len(page.Runs) != 1 {
				t.Fatalf("%s, page %d: %d %s", query, n, got.status, got.body)
			}
			if n == 0 {
				first = page.Runs[0].ID
			}
			if page.Runs[0].ID > first {
				t.Errorf("%s: page %d has a run that began after the first page", query, n)
			}
			seen++
			if cursor = ""; page.Next != "" {
				cursor = "&cursor=" + url.QueryEscape(page.Next)
			}
			if n == 1 {
				run() // which no later page shows
			}
		}
		if seen < 3 { // there are at least 4, and the last may be too new for until
			t.Errorf("%s: the pages have %d of the runs", query, seen)
		}
	}
	for _, cursor := range []string{"x.", "x.!", "x.zzzzzzzzzzzzzzz", ".", "x.1.2"} {
		got := d.ask("GET", "/admin/integrations/good/runs?since=1h&cursor="+cursor, "", keyHeader, key)
		if got.status != 400 || !strings.Contains(got.body, "does not belong to this query") {
			t.Errorf("%s: %d %s", cursor, got.status, got.body)
		}
	}
}
