package store_test

import (
	"fmt"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vega/store"
)

func runOf(integration string, at time.Time) *store.Run {
	return &store.Run{
		Integration: integration, Probe: "core.http", Digest: "abc", Status: "healthy",
		Message: "200 OK", Details: map[string]string{"status": "200", "": "ü"},
		Metrics: []store.Metric{{Name: "time", Unit: "ms", Value: 1.5}, {Name: "bytes", Value: -0.25}},
		Began:   at.UTC().Truncate(time.Millisecond), Took: 1234 * time.Microsecond,
		CorrelationID: "0123456789abcdef0123456789abcdef",
	}
}

func appendRuns(t *testing.T, s *store.Store, runs ...*store.Run) {
	t.Helper()
	for _, r := range runs {
		if err := s.AppendRun(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.FlushRuns(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestRunsComeBackAsTheyWere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vega.db")
	s := openUnclosed(t, path)
	now := time.Now()
	odd := runOf("web", now)
	odd.CorrelationID, odd.Status, odd.Cause = "demo-1", "unhealthy", "timeout"
	odd.Details, odd.Metrics = map[string]string{}, []store.Metric{}
	none, held := time.Duration(0), 80*time.Millisecond
	odd.Strain = &store.Strain{Late: 312 * time.Millisecond, Pressure: &none, Throttled: &held}
	wide := runOf("web", now)
	wide.Strain = &store.Strain{}
	for i := range 64 {
		wide.Details[fmt.Sprintf("%0128d", i)] = "x" // more names than are shared
	}
	want := []*store.Run{runOf("web", now.Add(-time.Minute)), odd, wide}
	appendRuns(t, s, want[0], runOf("other", now), want[1], want[2])
	closeStore(t, s)
	s = open(t, path)
	appendRuns(t, s, runOf("web", now)) // with names that are there from before
	var got []store.Run
	for cursor := ""; ; {
		p, err := s.Runs(t.Context(), "web", cursor, 2)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, p.Runs...)
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	want = append(want, runOf("web", now))
	for i, r := range got {
		r.ID = 0
		if w := *want[len(want)-1-i]; !reflect.DeepEqual(r, w) {
			t.Errorf("got  %+v\nwant %+v", r, w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d runs, want %d", len(got), len(want))
	}
	if p, err := s.Runs(t.Context(), "nobody", "", 0); err != nil || len(p.Runs) != 0 {
		t.Errorf("%v %v", p, err)
	}
	if err := s.AppendRun(t.Context(), &store.Run{Status: "fine"}); err == nil || !strings.Contains(err.Error(), `no status "fine"`) {
		t.Error(err)
	}
}

// Runs from everywhere at once are all there once they are flushed or the
// store is closed.
func TestNoRunIsLost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vega.db")
	s := openUnclosed(t, path)
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for range 1500 {
				if err := s.AppendRun(t.Context(), runOf(fmt.Sprint("i", w), time.Now())); err != nil {
					t.Error(err)
				}
			}
			if err := s.FlushRuns(t.Context()); err != nil {
				t.Error(err)
			}
			if p, err := s.Runs(t.Context(), fmt.Sprint("i", w), "", store.MaxPage); err != nil || len(p.Runs) != store.MaxPage {
				t.Errorf("%d of a page, %v", len(p.Runs), err)
			}
		})
	}
	all.Wait()
	for range 100 {
		if err := s.AppendRun(t.Context(), runOf("last", time.Now())); err != nil {
			t.Fatal(err)
		}
	}
	closeStore(t, s)
	if err := s.AppendRun(t.Context(), runOf("late", time.Now())); err == nil {
		if err := s.FlushRuns(t.Context()); err == nil {
			t.Error("a closed store takes runs")
		}
	}
	s = open(t, path)
	if got := query(t, s, "SELECT count(*) FROM runs"); got != "12100" {
		t.Errorf("%s runs", got)
	}
}

func TestRetention(t *testing.T) {
	s := fresh(t)
	now := time.Now()
	for day := range 10 {
		var runs []*store.Run
		for range 2000 {
			runs = append(runs, runOf("web", now.Add(time.Duration(day-10)*24*time.Hour)))
		}
		appendRuns(t, s, runs...)
		log(t, s, store.Conversation{SessionID: "s", Source: "x", At: now.Add(time.Duration(day-10) * 24 * time.Hour)})
	}
	before, err := s.Info(t.Context())
	if err != nil || before.Tables["runs"] != 20_000 {
		t.Fatalf("%+v %v", before, err)
	}
	done, err := s.Retain(t.Context(), store.Retention{Runs: 5*24*time.Hour + time.Hour, Conversations: 3*24*time.Hour + time.Hour})
	if err != nil || done.Runs != 10_000 || done.Conversations != 7 {
		t.Errorf("%+v %v", done, err)
	}
	if done, err = s.Retain(t.Context(), store.Retention{Bytes: 512 << 10}); err != nil || done.Runs == 0 {
		t.Errorf("%+v %v", done, err)
	}
	if done, err = s.Retain(t.Context(), store.Retention{}); err != nil || done.Runs != 0 {
		t.Errorf("%+v %v", done, err)
	}
	if got := pagesOf(t, s); got > 512<<10/4096+300 {
		t.Errorf("%d pages are left", got)
	}
	after, err := s.Info(t.Context())
	if err != nil || after.Tables["runs"] > 10_000 || after.Tables["conversations"] != 3 {
		t.Errorf("%+v %v", after, err)
	}
}

func pagesOf(t *testing.T, s *store.Store) int {
	t.Helper()
	n, err := strconv.Atoi(query(t, s, "PRAGMA page_count"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
