package profile_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vega/store/profile"
)

func encoded(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestStatsAsJSON(t *testing.T) {
	p := profile.New(profile.Options{Slow: 50 * time.Millisecond})
	empty := regexp.MustCompile(`"since":"[^"]+Z"`).ReplaceAllString(encoded(t, p.Stats()), `"since":""`)
	want := `{"since":"","slow_threshold_ms":50,` +
		`"queries":{"total":0,"failed":0,"slow":0,"total_ms":0,"avg_ms":0,"min_ms":0,"max_ms":0,"p50_ms":0,"p95_ms":0,"p99_ms":0},` +
		`"slow_queries":[],"failed_queries":[],"recent_queries":[],"statements":[],"other_queries":0,"pools":[],"open_rows":[]}`
	if empty != want {
		t.Errorf("%s\nwant\n%s", empty, want)
	}

	db := sql.OpenDB(p.Connector("writer", nullConnector{}))
	defer func() { _ = db.Close() }()
	p.Pool("writer", db)
	run(t, db, "UPDATE t SET a = ?", 1)
	s := p.Stats()
	keys := func(v any) string {
		var fields map[string]any
		if err := json.Unmarshal([]byte(encoded(t, v)), &fields); err != nil {
			t.Fatal(err)
		}
		var names []string
		for name := range fields {
			names = append(names, name)
		}
		slices.Sort(names)
		return strings.Join(names, " ")
	}
	if got := keys(s.Recent[0]); got != "at correlation_id duration_ms fingerprint first_row_ms function held_ms in_next_ms pool rows statement" {
		t.Errorf("a query has %s", got)
	}
	if got := keys(s.Statements[0]); got != "avg_ms failed fingerprint function max_ms min_ms p50_ms p95_ms p99_ms slow statement total total_ms" {
		t.Errorf("a statement has %s", got)
	}
	if got := keys(s.Pools[0]); got != "idle in_use max_open name open wait_count wait_ms waiting" {
		t.Errorf("a pool has %s", got)
	}
}

func TestHandler(t *testing.T) {
	p := profile.New(profile.Options{})
	db := sql.OpenDB(p.Connector("main", nullConnector{}))
	defer func() { _ = db.Close() }()
	run(t, db, "UPDATE t SET a = 1")
	for _, c := range []struct {
		method string
		status int
		body   string
	}{
		{http.MethodGet, http.StatusOK, `"total":1`},
		{http.MethodDelete, http.StatusMethodNotAllowed, "GET the statistics, or POST to reset them"},
		{http.MethodPost, http.StatusNoContent, ""},
		{http.MethodGet, http.StatusOK, `"total":0`},
	} {
		w := httptest.NewRecorder()
		p.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), c.method, "/", nil))
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s: %d %s", c.method, w.Code, w.Body)
		}
	}
}

func TestPercentilesAreNear(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var all []time.Duration
	for range 10_000 {
		all = append(all, time.Duration(random.ExpFloat64()*random.ExpFloat64()*float64(10*time.Millisecond)))
	}
	got := profile.Percentiles(all, 0.5, 0.95, 0.99, 1)
	slices.Sort(all)
	for i, part := range []float64{0.5, 0.95, 0.99, 1} {
		want := all[int(part*float64(len(all)))-1]
		if off := float64(got[i]-want) / float64(want); off < -0.0625 || off > 0.0625 {
			t.Errorf("%v: %v, want %v", part, got[i], want)
		}
	}
	for _, d := range []time.Duration{0, 1, 255, 256, time.Microsecond, time.Second, time.Minute, time.Hour} {
		if got := profile.Percentiles([]time.Duration{d}, 0.5)[0]; got != d {
			t.Errorf("the only duration %v becomes %v", d, got)
		}
	}
}

// TestConcurrentQueriesAddUp queries from sixteen goroutines while others read
// and reset the figures. The counts must add up.
func TestConcurrentQueriesAddUp(t *testing.T) {
	p := profile.New(profile.Options{
		Dialect: profile.SQLite, Slow: 10 * time.Microsecond, Explain: profile.ExplainSQLite, StatementCache: 4, Statements: 10, Correlation: request,
	})
	db := sql.OpenDB(p.Connector("main", filled(t)))
	defer func() { _ = db.Close() }()
	db.SetMaxIdleConns(8)
	p.Pool("main", db)
	const goroutines, each = 16, 60
	work := func() {
		var wg sync.WaitGroup
		for g := range goroutines {
			wg.Go(func() {
				for i := range each {
					switch i % 4 {
					case 0:
						column(t, db, "SELECT name FROM items WHERE id > ? LIMIT 5", i)
					case 1:
						column(t, db, fmt.Sprintf("SELECT id FROM items WHERE id = %d", i*g))
					case 2:
						if _, err := db.ExecContext(t.Context(), fmt.Sprintf("SELECT none FROM items AS i%d", i)); err == nil {
							t.Error("a column that does not exist")
						}
					case 3:
						column(t, db, "SELECT name FROM items WHERE note = ? LIMIT 2", fmt.Sprint("note ", i))
					}
				}
			})
		}
		wg.Wait()
	}
	stop := make(chan struct{})
	var lookers sync.WaitGroup
	for i := range 2 {
		lookers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if s := p.Stats(); s.Queries.Total < s.Queries.Failed && i == 0 {
					t.Errorf("%+v", s.Queries)
				}
				if i == 1 {
					p.Reset()
				}
			}
		})
	}
	work()
	close(stop)
	lookers.Wait()

	p.Reset()
	work()
	s := p.Stats()
	const total = goroutines * each
	if s.Queries.Total != total || s.Queries.Failed != total/4 || len(s.Open) != 0 || s.Other == 0 {
		t.Errorf("%+v, %d others, %d open", s.Queries, s.Other, len(s.Open))
	}
	var sum, failed int64
	for _, statement := range s.Statements {
		sum += statement.Total
		failed += statement.Failed
	}
	if sum != total || failed != total/4 || len(s.Recent) != 100 || len(s.Statements) > 11 {
		t.Errorf("%d queries in %d statements, %d recent", sum, len(s.Statements), len(s.Recent))
	}
}

// loaded returns a profiler with 500 statements.
func loaded(b *testing.B) *profile.Profiler {
	b.Helper()
	p := profile.New(profile.Options{})
	db := sql.OpenDB(p.Connector("main", nullConnector{}))
	b.Cleanup(func() { _ = db.Close() })
	p.Pool("main", db)
	for i := range 500 {
		for range 20 {
			if _, err := db.ExecContext(b.Context(), fmt.Sprintf("UPDATE t%d SET a = ?", i), 1); err != nil {
				b.Fatal(err)
			}
		}
	}
	return p
}

func BenchmarkStats(b *testing.B) {
	p := loaded(b)
	for b.Loop() {
		p.Stats()
	}
}

func BenchmarkReset(b *testing.B) {
	p := loaded(b)
	for b.Loop() {
		p.Reset()
	}
}

func BenchmarkUnknownText(b *testing.B) {
	p := profile.New(profile.Options{})
	db := sql.OpenDB(p.Connector("main", nullConnector{}))
	defer func() { _ = db.Close() }()
	i := 0
	for b.Loop() {
		i++
		query := fmt.Sprintf("SELECT id, name, price FROM items WHERE note = 'note %d' AND price > 12 ORDER BY id LIMIT 20", i)
		if _, err := db.ExecContext(b.Context(), query); err != nil {
			b.Fatal(err)
		}
	}
}
