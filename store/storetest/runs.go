package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vega/policies/check"
	"vega/store"
)

// RunOf returns a run with every field that is stored.
func RunOf(integration string, at time.Time) *check.Run {
	return &check.Run{
		Integration: integration, Probe: "core.http", Digest: "abc", Status: "healthy",
		Message: "200 OK", Details: map[string]string{"status": "200", "": "ü"},
		Metrics: []check.Metric{{Name: "time", Unit: "ms", Value: 1.5}, {Name: "bytes", Value: -0.25}},
		Began:   at.UTC().Truncate(time.Millisecond), Took: 1234 * time.Microsecond,
		CorrelationID: "0123456789abcdef0123456789abcdef",
	}
}

// AppendRuns appends runs and waits until they are stored.
func AppendRuns(t *testing.T, s store.Runs, runs ...*check.Run) {
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

// allRuns reads the history of an integration, newest first.
func allRuns(t *testing.T, s store.Runs, integration string, limit int) (all []check.Run) {
	t.Helper()
	return queryRuns(t, s, store.RunQuery{Integration: integration, Limit: limit})
}

// queryRuns reads all pages of a query.
func queryRuns(t *testing.T, s store.Runs, q store.RunQuery) (all []check.Run) {
	t.Helper()
	for {
		p, err := s.Runs(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if p.Runs == nil {
			t.Error("the page is nil, want an empty one")
		}
		if len(p.Runs) == 0 && p.Next != "" {
			t.Fatal("an empty page has a next one")
		}
		if all = append(all, p.Runs...); len(all) > 100_000 {
			t.Fatal("the pages do not end")
		}
		if q.Cursor = p.Next; q.Cursor == "" {
			return all
		}
	}
}

func runsAreStoredExactly(t *testing.T, d database) {
	s := d.openUnclosed(t)
	now := time.Now()
	bare := RunOf("web", now)
	bare.CorrelationID, bare.Status, bare.Cause = "demo-1", "unhealthy", "timeout"
	bare.Details, bare.Metrics = map[string]string{}, []check.Metric{}
	none, throttled := time.Duration(0), 80*time.Millisecond
	bare.Contention = &check.Contention{Late: 312 * time.Millisecond, Pressure: &none, Throttled: &throttled}
	wide := RunOf("web", now)
	wide.Contention = &check.Contention{}
	for i := range 64 {
		wide.Details[fmt.Sprintf("%0128d", i)] = "x" // more names than rows share
	}
	want := []*check.Run{RunOf("web", now.Add(-time.Minute)), bare, wide}
	for _, status := range []check.Status{check.Healthy, check.Degraded, check.Unhealthy, check.Unknown} {
		for _, cause := range []check.Cause{check.NoCause, check.Target, check.Timeout, check.Probe, check.Denied, check.Host} {
			r := RunOf("web", now)
			r.Status, r.Cause = status, cause
			want = append(want, r)
		}
	}
	AppendRuns(t, s, RunOf("other", now))
	AppendRuns(t, s, want...)
	closeStore(t, s)
	s = d.open(t)
	again := RunOf("web", now) // with names that were stored before
	again.Previous, again.Denied = check.Unhealthy, []string{"not stored"}
	AppendRuns(t, s, again)
	want = append(want, RunOf("web", now))
	got := allRuns(t, s, "web", 2)
	if len(got) != len(want) {
		t.Fatalf("%d runs, want %d", len(got), len(want))
	}
	for i, r := range got {
		r.ID = 0
		if w := *want[len(want)-1-i]; !reflect.DeepEqual(r, w) {
			t.Errorf("got  %+v\nwant %+v", r, w)
		}
	}
	if none := allRuns(t, s, "nobody", 0); len(none) != 0 {
		t.Errorf("got %v, want no run", none)
	}
}

func runsKeepTheirOrder(t *testing.T, d database) {
	s := d.open(t)
	now := time.Now()
	for i := range 1000 { // more than a batch, and out of order by time
		r := RunOf("web", now.Add(-time.Duration(i%7)*time.Hour))
		r.Message = fmt.Sprint(i)
		if err := s.AppendRun(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.FlushRuns(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := allRuns(t, s, "web", 300)
	if len(got) != 1000 {
		t.Fatalf("%d runs, want 1000", len(got))
	}
	for i, r := range got {
		if want := fmt.Sprint(999 - i); r.Message != want {
			t.Fatalf("run %d from the end is %s, want %s", i, r.Message, want)
		}
	}
}

func invalidRunsAreRejected(t *testing.T, d database) {
	s := d.open(t)
	for want, spoil := range map[string]func(r *check.Run){
		`no status "fine"`:     func(r *check.Run) { r.Status = "fine" },
		`no status ""`:         func(r *check.Run) { r.Status = "" },
		`no status "disabled"`: func(r *check.Run) { r.Status = check.Disabled },
		`with cause "network`:  func(r *check.Run) { r.Cause = "network" },
	} {
		r := RunOf("web", time.Now())
		spoil(r)
		if err := s.AppendRun(t.Context(), r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := s.FlushRuns(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := allRuns(t, s, "web", 0); len(got) != 0 {
		t.Errorf("%d runs were stored, want none", len(got))
	}
}

// concurrentRunsAreAllStored counts the runs after a flush and after closing
// the store.
func concurrentRunsAreAllStored(t *testing.T, d database) {
	s := d.openUnclosed(t)
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			name := fmt.Sprint("i", w)
			for range 1500 {
				if err := s.AppendRun(t.Context(), RunOf(name, time.Now())); err != nil {
					t.Error(err)
				}
			}
			if err := s.FlushRuns(t.Context()); err != nil {
				t.Error(err)
			}
			if p, err := s.Runs(t.Context(), store.RunQuery{Integration: name, Limit: store.MaxPage}); err != nil || len(p.Runs) != store.MaxPage {
				t.Errorf("%d on a page, %v", len(p.Runs), err)
			}
		})
	}
	all.Wait()
	for range 100 {
		if err := s.AppendRun(t.Context(), RunOf("last", time.Now())); err != nil {
			t.Fatal(err)
		}
	}
	closeStore(t, s)
	s = d.open(t)
	for w := range 8 {
		if got := allRuns(t, s, fmt.Sprint("i", w), store.MaxPage); len(got) != 1500 {
			t.Errorf("%d runs, want 1500", len(got))
		}
	}
	if got := allRuns(t, s, "last", store.MaxPage); len(got) != 100 {
		t.Errorf("%d runs that were queued at the end, want 100", len(got))
	}
}

// runsAreFiltered stores the runs of a day, out of order by time and with every
// status, and reads them by all combinations of filters, in small pages.
func runsAreFiltered(t *testing.T, d database) {
	s := d.open(t)
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	statuses := []check.Status{check.Healthy, check.Degraded, check.Unhealthy, check.Unknown}
	for i := range 96 {
		r := RunOf("web", day.Add(time.Duration(i*37%96/2)*30*time.Minute)) // two begin at the same time
		r.Status = statuses[i%7%4]
		other := *r
		other.Integration = "other"
		AppendRuns(t, s, r, &other)
	}
	all := allRuns(t, s, "web", 0)
	for _, since := range []time.Time{{}, day.Add(6 * time.Hour), day.Add(6*time.Hour + time.Nanosecond), day.AddDate(1, 0, 0)} {
		for _, until := range []time.Time{{}, day, day.Add(12 * time.Hour), day.Add(12*time.Hour + time.Nanosecond)} {
			for _, with := range [][]check.Status{nil, {check.Healthy}, {check.Unhealthy}, {check.Unknown, check.Degraded}, statuses} {
				q := store.RunQuery{Integration: "web", Since: since, Until: until, Statuses: with, Limit: 3}
				want := slices.DeleteFunc(slices.Clone(all), func(r check.Run) bool {
					return r.Began.Before(since) || !until.IsZero() && !r.Began.Before(until) || with != nil && !slices.Contains(with, r.Status)
				})
				if q.Filtered() {
					slices.SortFunc(want, func(a, b check.Run) int { return cmp.Or(b.Began.Compare(a.Began), cmp.Compare(b.ID, a.ID)) })
				}
				if got := queryRuns(t, s, q); !slices.EqualFunc(got, want, func(a, b check.Run) bool { return a.ID == b.ID }) {
					t.Errorf("%+v: %d runs, want %d", q, len(got), len(want))
				}
			}
		}
	}
	for _, status := range []check.Status{"", "fine", check.Disabled} {
		_, err := s.Runs(t.Context(), store.RunQuery{Integration: "web", Statuses: []check.Status{status}})
		if e, ok := errors.AsType[*store.InvalidError](err); !ok || e.Field != "status" {
			t.Errorf("status %q: %v", status, err)
		}
	}
}

// statusesAreInOrder stores runs whose times go back and forth, and two at the same time.
func statusesAreInOrder(t *testing.T, d database) {
	s := d.open(t)
	now := time.Now().UTC().Truncate(time.Millisecond)
	all := []check.Status{check.Healthy, check.Unhealthy, check.Degraded, check.Unknown}
	for i, minute := range []int{5, 1, 3, 3, 2, 9, 7} {
		r := RunOf("web", now.Add(time.Duration(minute)*time.Minute))
		if r.Status = all[i%4]; r.Status != check.Healthy {
			r.Cause = check.Target
		}
		AppendRuns(t, s, r, RunOf("other", now))
	}
	read := func(name string, since, until time.Time, limit int) (text string, first time.Time) {
		first, err := s.Statuses(t.Context(), name, since, until, func(began time.Time, status check.Status) bool {
			text += fmt.Sprintf("%.0f %s, ", began.Sub(now).Minutes(), status)
			limit--
			return limit > 0
		})
		if err != nil {
			t.Fatal(err)
		}
		return text, first
	}
	for _, tt := range []struct {
		name         string
		since, until time.Time
		limit        int
		want         string
	}{
		{"web", time.Time{}, time.Time{}, 99, "1 unhealthy, 2 healthy, 3 degraded, 3 unknown, 5 healthy, 7 degraded, 9 unhealthy, "},
		{"web", now.Add(3 * time.Minute), now.Add(7 * time.Minute), 99, "3 degraded, 3 unknown, 5 healthy, "},
		{"web", now.Add(3 * time.Minute), time.Time{}, 2, "3 degraded, 3 unknown, "},
		{"web", now.Add(time.Hour), time.Time{}, 99, ""},
		{"nobody", time.Time{}, time.Time{}, 99, ""},
	} {
		got, first := read(tt.name, tt.since, tt.until, tt.limit)
		if want := map[string]time.Time{"web": now.Add(time.Minute)}[tt.name]; got != tt.want || !first.Equal(want) {
			t.Errorf("%+v: %q, the first at %v; want %v", tt, got, first, want)
		}
	}
}

// recentRunsHaveTheirStreak looks for the beginning of a status within the runs that are
// returned, and before them.
func recentRunsHaveTheirStreak(t *testing.T, d database) {
	s := d.open(t)
	now := time.Now().UTC().Truncate(time.Millisecond)
	letters := map[rune]check.Status{'h': check.Healthy, 'u': check.Unhealthy, '?': check.Unknown}
	for name, history := range map[string]string{
		"healthy": "uhuhhhhh", "always": "hhhhhhhh", "down": "hhu?uuuu", "unknown": "uuu????", "never": "uuuuuuu", "new": "h", "back": "uuuuuuh",
	} {
		for n, letter := range history {
			r := RunOf(name, now.Add(time.Duration(n)*time.Minute))
			if r.Status = letters[letter]; r.Status != check.Healthy {
				r.Cause = check.Target
			}
			AppendRuns(t, s, r, RunOf("other", now))
		}
	}
	for _, tt := range []struct {
		name  string
		limit int
		runs  int
		since int // in minutes; -1: never
	}{
		{"healthy", 3, 3, 3},
		{"healthy", 30, 8, 3},
		{"always", 3, 3, 0},
		{"always", 30, 8, 0},
		{"down", 2, 2, 4},
		{"down", 4, 4, 4},
		{"unknown", 3, 3, 3},
		{"never", 3, 3, 0},
		{"new", 1, 1, 0},
		{"new", 30, 1, 0},
		{"back", 3, 3, 6},
		{"back", 1, 1, 6},
		{"nobody", 3, 0, -1},
	} {
		got, err := s.Recent(t.Context(), tt.name, tt.limit)
		if err != nil {
			t.Fatal(err)
		}
		want := now.Add(time.Duration(tt.since) * time.Minute)
		if tt.since < 0 {
			want = time.Time{}
		}
		if len(got.Runs) != tt.runs || !got.Since.Equal(want) {
			t.Errorf("%s: %d runs since %v, want %d since %v", tt.name, len(got.Runs), got.Since, tt.runs, want)
		}
		if !slices.IsSortedFunc(got.Runs, func(a, b check.Run) int { return a.Began.Compare(b.Began) }) {
			t.Errorf("%s: %v", tt.name, got.Runs)
		}
	}
	if got, _ := s.Recent(t.Context(), "new", 1); got.Runs[0].Took != RunOf("new", now).Took || !got.Runs[0].Began.Equal(now) || got.Runs[0].Status != check.Healthy {
		t.Errorf("%+v", got.Runs[0])
	}
}

func lastRunsAreFound(t *testing.T, d database) {
	s := d.open(t)
	now := time.Now()
	for i := range 5 {
		r := RunOf("web", now.Add(-time.Duration(i)*time.Hour)) // the last run began first: the clock was set
		r.Message = fmt.Sprint(i)
		AppendRuns(t, s, r, RunOf(`a "quoted" name`, now))
	}
	got, err := s.LastRuns(t.Context(), []string{"web", "nobody", `a "quoted" name`, "core.http"})
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]check.Run{}
	for _, r := range got {
		by[r.Integration] = r
	}
	want := *RunOf("web", now.Add(-4*time.Hour))
	want.Message, want.ID = "4", by["web"].ID
	if len(got) != 2 || !reflect.DeepEqual(by["web"], want) || by[`a "quoted" name`].Probe != "core.http" {
		t.Errorf("got  %+v\nwant %+v", by, want)
	}
	if none, err := s.LastRuns(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("%v, %v", none, err)
	}
}
