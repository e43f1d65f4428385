package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAnswersToRefusedWrites(t *testing.T) {
	problem := func(more ...string) http.Header {
		h := http.Header{"Content-Type": {"application/problem+json; charset=utf-8"}}
		if len(more) > 0 {
			h.Set("Retry-After", more[0])
		}
		return h
	}
	for _, c := range []struct {
		a     answer
		wrong string
	}{
		{answer{status: 503, header: problem("5")}, ""},
		{answer{status: 507, header: problem("5")}, ""},
		{answer{status: 503, header: problem()}, "503: no Retry-After"},
		{answer{status: 503, header: http.Header{"Retry-After": {"5"}}}, "503: not problem+json"},
		{answer{status: 500, header: problem("5"), body: []byte("internal error")}, "500 internal error"},
		{answer{status: 404, body: []byte("no such entry")}, "404 no such entry"},
	} {
		if got := judge(c.a); got != c.wrong {
			t.Errorf("status %d: %q, want %q", c.a.status, got, c.wrong)
		}
	}
}

func TestJournalCountsWhatIsSaid(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	j := &journal{file: file, unwell: map[string]int{}}
	j.read(strings.NewReader(`{"level":"ERROR","msg":"can't write to the store"}
{"level":"ERROR","msg":"still can't write to the store","runs_lost":3}
{"level":"INFO","msg":"the store can be written again","runs_lost":7}
{"level":"ERROR","msg":"runs could not be stored and are lost","runs":2}
{"level":"WARN","msg":"run","status":"unhealthy","cause":"target","message":"refused"}
{"level":"INFO","msg":"run","status":"healthy"}
panic: it ends
`))
	if n, _ := j.errorsSince(time.Time{}); n != 3 || j.lost != 9 || len(j.unwell) != 1 || len(j.strange) != 1 {
		t.Errorf("%d errors, %d lost, unwell %v, strange %v; want 3, 9, one and one", n, j.lost, j.unwell, j.strange)
	}
}

func TestWellSince(t *testing.T) {
	began := time.Now()
	for name, c := range map[string]struct {
		ready func(n int) int
		hits  int64 // in each sample
		since time.Duration
		ok    bool
	}{
		"always":               {func(int) int { return 200 }, 5, 0, true},
		"after a while":        {func(n int) int { return map[bool]int{true: 503, false: 200}[n < 8] }, 5, 7 * period, true},
		"only for a moment":    {func(n int) int { return map[bool]int{true: 503, false: 200}[n < 35] }, 5, 34 * period, false},
		"ready without checks": {func(int) int { return 200 }, 1, 0, false},
	} {
		w := &watcher{checks: 20}
		for n := range 40 {
			w.samples = append(w.samples, sample{at: began.Add(time.Duration(n) * period), ready: c.ready(n), hits: int64(n) * c.hits, listed: true, stored: true})
		}
		since, ok := w.wellSince(began)
		if ok != c.ok || since.Sub(began) != c.since {
			t.Errorf("%s: well since %v, %v; want %v, %v", name, since.Sub(began), ok, c.since, c.ok)
		}
	}
}

func TestPutBackKeepsBoth(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"away": "old", "vega.db": "new", "vega.db-wal": "log"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := putBack(filepath.Join(dir, "away"), filepath.Join(dir, "vega.db")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"vega.db": "old", "vega.db.meantime": "new", "vega.db.meantime-wal": "log"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); string(got) != want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
	if got := setAside(dir); len(got) != 1 {
		t.Errorf("set aside: %v, want only vega.db.meantime", got)
	}
}

func TestFaultsHaveAnEnd(t *testing.T) {
	names := map[string]bool{}
	for _, f := range all() {
		if names[f.name] {
			t.Errorf("two faults named %s", f.name)
		}
		names[f.name] = true
		if f.begin == nil == (f.whole == nil) {
			t.Errorf("%s has both of begin and whole, or neither", f.name)
		}
		if f.end == nil && f.whole == nil && !f.stays && !f.destroys {
			t.Errorf("%s neither ends nor destroys anything", f.name)
		}
	}
}

func TestAPairBeginsAndEndsBoth(t *testing.T) {
	var said []string
	one := func(name string) fault {
		return fault{
			name: name,
			begin: func(_ context.Context, t *trial) error {
				said, t.state = append(said, "begin "+name), name
				return nil
			},
			end: func(_ context.Context, t *trial) error {
				said = append(said, fmt.Sprint("end ", t.state))
				return nil
			},
		}
	}
	f, ok := pair(one("a/1"), one("b/1"))
	if !ok {
		t.Fatal("not a pair")
	}
	if err := errors.Join(f.begin(t.Context(), &trial{}), f.end(t.Context(), &trial{})); err != nil {
		t.Error(err)
	}
	if want := []string{"begin a/1", "begin b/1", "end b/1", "end a/1"}; !slices.Equal(said, want) {
		t.Errorf("%q, want %q", said, want)
	}
	if _, ok := pair(one("a/1"), one("a/2")); ok {
		t.Error("two of one group are a pair")
	}
}

func TestFaultsAreChosenByName(t *testing.T) {
	for _, f := range all() {
		if chosen, err := choose(settings{only: f.name}); err != nil || !slices.ContainsFunc(chosen, func(c fault) bool { return c.name == f.name }) {
			t.Errorf("%s: %d faults, %v", f.name, len(chosen), err)
		}
	}
	if chosen, err := choose(settings{only: "clock/+1h~full/tmpfs"}); err != nil || len(chosen) != 1 {
		t.Errorf("a pair: %d faults, %v", len(chosen), err)
	}
}

func TestInboxCountsMessages(t *testing.T) {
	b := &inbox{got: map[string]map[string]bool{}}
	for _, m := range [][2]string{{"1", "opening"}, {"1", "opening"}, {"2", "resolve"}, {"3", "opening"}} { // the second is the first again
		body := fmt.Sprintf(`{"data":{"notices":[{"kind":%q,"incident":{"subject":{"kind":"integration","name":"a"}}}]}}`, m[1])
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Webhook-Id", m[0])
		b.ServeHTTP(httptest.NewRecorder(), r)
	}
	if got := counts(b.counts()); got != "opening a×2 resolve a×1" {
		t.Error(got)
	}
}
