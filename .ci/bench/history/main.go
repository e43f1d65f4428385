// Command history measures the effect of the store's indexes, and the cost of a
// month of runs, with data generated from a fixed seed.
//
//	go run ./.ci/bench/history -conversations 1000000
//	go run ./.ci/bench/history -days 30
package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	_ "modernc.org/sqlite"

	"vega/policies/check"
	"vega/store"
	"vega/store/sqlite"
)

func main() {
	conversations := flag.Int("conversations", 0, "how many conversations of about 1 KB")
	days := flag.Int("days", 0, "how many days of runs of 200 integrations each minute")
	flag.Parse()
	dir, err := os.MkdirTemp("", "vega-history-")
	if err == nil {
		defer os.RemoveAll(dir)
		ctx := context.Background()
		if *conversations > 0 {
			err = history(ctx, filepath.Join(dir, "c.db"), *conversations)
		}
		if err == nil && *days > 0 {
			err = month(ctx, filepath.Join(dir, "r.db"), *days)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.RemoveAll(dir)
		os.Exit(1)
	}
}

// pages are the four lookups of the history, as in the store's queries.
var pages = []struct{ name, where string }{
	{"a session's, newest 50", "session_id = 's000123'"},
	{"all, from the middle", "(ts, id) < (1700000000000000 + 500000 * 1000000, 0)"},
	{"unreviewed, newest 50", "reviewed = 0"},
	{"a source's, newest 50", "source = 'slack'"},
}

var indexes = []string{
	"CREATE INDEX ix_conv_session_ts ON conversations (session_id, ts)", "CREATE INDEX ix_conv_ts_session ON conversations (ts)",
	"CREATE INDEX ix_conv_reviewed_ts ON conversations (reviewed, ts)", "CREATE INDEX ix_conv_source_ts ON conversations (source, ts)",
}

func history(ctx context.Context, path string, n int) error {
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=cache_size(-16384)&_pragma=temp_store(1)")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, x := range indexes {
		if err := exec(ctx, db, "DROP INDEX "+strings.Fields(x)[2]); err != nil {
			return err
		}
	}
	if err := fill(ctx, db, n); err != nil {
		return err
	}
	bare, err := bytesIn(ctx, db)
	if err != nil {
		return err
	}
	without, err := ask(ctx, db, 3)
	if err != nil {
		return err
	}
	plain, err := inserts(ctx, db)
	if err != nil {
		return err
	}
	for _, x := range indexes {
		if err := exec(ctx, db, x); err != nil {
			return err
		}
	}
	if err := exec(ctx, db, "ANALYZE"); err != nil {
		return err
	}
	full, err := bytesIn(ctx, db)
	if err != nil {
		return err
	}
	with, err := ask(ctx, db, 200)
	if err != nil {
		return err
	}
	indexed, err := inserts(ctx, db)
	if err != nil {
		return err
	}
	fmt.Printf("%d conversations, %d bytes each, indexes %d bytes a row\n\n", n, bare/int64(n), (full-bare)/int64(n))
	fmt.Printf("%-26s %12s %12s %12s %12s %9s  %s\n", "page", "without p50", "p95", "with p50", "p95", "times", "plan with")
	for i, p := range pages {
		fmt.Printf("%-26s %12v %12v %12v %12v %9.0f  %s\n", p.name, without[i].p50, without[i].p95, with[i].p50, with[i].p95,
			float64(without[i].p50)/float64(with[i].p50), with[i].plan)
		fmt.Printf("%-26s without: %s\n", "", without[i].plan)
	}
	fmt.Printf("\na single insert: %v of CPU time and %d bytes of log without, %v and %d with\n", plain.cpu, plain.wal, indexed.cpu, indexed.wal)
	return nil
}

func exec(ctx context.Context, db *sql.DB, statement string) error {
	_, err := db.ExecContext(ctx, statement)
	return err
}

func bytesIn(ctx context.Context, db *sql.DB) (n int64, err error) {
	err = db.QueryRowContext(ctx, "SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)").Scan(&n)
	return n, err
}

func fill(ctx context.Context, db *sql.DB, n int) error {
	r := rand.New(rand.NewPCG(1, 2))
	for done := 0; done < n; {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		for range min(20_000, n-done) {
			if err := insert(ctx, tx, r, done); err != nil {
				return err
			}
			done++
		}
		if err := tx.Commit(); err != nil {
			return err
		}
	}
	return exec(ctx, db, "PRAGMA wal_checkpoint(TRUNCATE)")
}

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

var sources = []string{"cli", "web", "slack", "voice", "api"}

func insert(ctx context.Context, db execer, r *rand.Rand, i int) error {
	text := strings.Repeat("The quick brown fox jumps over the lazy dog. ", 30)
	cut := 300 + r.IntN(400)
	_, err := db.ExecContext(ctx, `INSERT INTO conversations (ts, session_id, source, reviewed, model, prompt, response) VALUES (?, ?, ?, ?, 'llama3.2', ?, ?)`,
		1_700_000_000_000_000+int64(i)*1_000_000, fmt.Sprintf("s%06d", r.IntN(5000)), sources[r.IntN(len(sources))], r.IntN(20) > 0, text[:cut/2], text[:cut])
	return err
}

type figures struct {
	p50, p95 time.Duration
	plan     string
}

func ask(ctx context.Context, db *sql.DB, times int) (all []figures, err error) {
	for _, p := range pages {
		query := "SELECT id, ts, session_id, source, model, prompt, response, reviewed FROM conversations WHERE " + p.where + " ORDER BY ts DESC, id DESC LIMIT 50"
		var f figures
		if f.plan, err = plan(ctx, db, query); err != nil {
			return nil, err
		}
		took := make([]time.Duration, times)
		for i := range took {
			began := time.Now()
			if err := read(ctx, db, query); err != nil {
				return nil, err
			}
			took[i] = time.Since(began).Round(time.Microsecond)
		}
		slices.Sort(took)
		f.p50, f.p95 = took[times/2], took[times*95/100]
		all = append(all, f)
	}
	return all, nil
}

func read(ctx context.Context, db *sql.DB, query string) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	into := make([]any, 8)
	for i := range into {
		into[i] = new(any)
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
	}
	return rows.Err()
}

func plan(ctx context.Context, db *sql.DB, query string) (string, error) {
	rows, err := db.QueryContext(ctx, "EXPLAIN QUERY PLAN "+query)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var skip int
		var detail string
		if err := rows.Scan(&skip, &skip, &skip, &detail); err != nil {
			return "", err
		}
		all = append(all, detail)
	}
	return strings.Join(all, "; "), rows.Err()
}

type price struct {
	cpu time.Duration
	wal int64
}

// inserts measures an insert in its own transaction.
func inserts(ctx context.Context, db *sql.DB) (p price, err error) {
	const n = 1000
	r := rand.New(rand.NewPCG(3, 4))
	if err := exec(ctx, db, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return p, err
	}
	if err := exec(ctx, db, "PRAGMA wal_autocheckpoint=0"); err != nil {
		return p, err
	}
	var file string
	if err := db.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&file); err != nil {
		return p, err
	}
	if err := exec(ctx, db, "PRAGMA synchronous=NORMAL"); err != nil {
		return p, err
	}
	before := cpu()
	for i := range n {
		if err := insert(ctx, db, r, 10_000_000+i); err != nil {
			return p, err
		}
	}
	p.cpu = ((cpu() - before) / n).Round(time.Microsecond)
	info, err := os.Stat(file + "-wal")
	if err != nil {
		return p, err
	}
	p.wal = info.Size() / n
	if err := exec(ctx, db, "PRAGMA wal_autocheckpoint=1000"); err != nil {
		return p, err
	}
	return p, exec(ctx, db, "DELETE FROM conversations WHERE ts >= 1700000000000000 + 10000000 * 1000000")
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// month stores the runs of 200 integrations each minute, then removes half of them.
func month(ctx context.Context, path string, days int) error {
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	defer s.Close()
	r := rand.New(rand.NewPCG(5, 6))
	now := time.Now()
	began, runs := time.Now(), 0
	for minute := range days * 24 * 60 {
		for i := range 200 {
			if err := s.AppendRun(ctx, run(r, i, now.Add(time.Duration(minute-days*24*60)*time.Minute))); err != nil {
				return err
			}
			runs++
		}
	}
	if err := s.FlushRuns(ctx); err != nil {
		return err
	}
	took := time.Since(began)
	info, err := s.Info(ctx)
	if err != nil {
		return err
	}
	size := info.SizeMB + info.WALMB
	fmt.Printf("\n%d runs in %v (%.0f per second): %.0f MiB, %.0f bytes per run\n", runs, took.Round(time.Second), float64(runs)/took.Seconds(), size, size*(1<<20)/float64(runs))
	times := make([]time.Duration, 200)
	for i := range times {
		began := time.Now()
		if _, err := s.Runs(ctx, store.RunQuery{Integration: fmt.Sprintf("integration-%d", i), Limit: 50}); err != nil {
			return err
		}
		times[i] = time.Since(began)
	}
	slices.Sort(times)
	fmt.Printf("a page of 50 of one integration: p50 %v, p95 %v\n", times[100].Round(time.Microsecond), times[190].Round(time.Microsecond))
	age := store.Retention{Runs: time.Duration(days) * 12 * time.Hour}
	if err := retain(ctx, s, r, "for half the time", age); err != nil {
		return err
	}
	quarter := store.Retention{Bytes: int64(size * (1 << 20) / 4)}
	return retain(ctx, s, r, "to a quarter of the size", quarter)
}

// retain applies a retention, and measures how long runs take to be stored
// meanwhile.
func retain(ctx context.Context, s *sqlite.Store, r *rand.Rand, what string, keep store.Retention) error {
	working, stop := context.WithCancel(ctx)
	defer stop()
	waits := make(chan []time.Duration)
	go func() {
		var all []time.Duration
		for working.Err() == nil {
			began := time.Now()
			if s.AppendRun(ctx, run(r, 7, began)) == nil && s.FlushRuns(ctx) == nil {
				all = append(all, time.Since(began))
			}
			time.Sleep(5 * time.Millisecond)
		}
		waits <- all
	}()
	began := time.Now()
	done, err := s.Retain(ctx, keep)
	took := time.Since(began)
	stop()
	meanwhile := <-waits
	if err != nil {
		return err
	}
	info, err := s.Info(ctx)
	if err != nil {
		return err
	}
	slices.Sort(meanwhile)
	n := len(meanwhile)
	fmt.Printf("kept %s: removed %d runs in %v, freed %.0f MiB, %.0f left; stored %d runs meanwhile in p50 %v, p99 %v, max %v\n",
		what, done.Runs, took.Round(time.Second), float64(done.Bytes)/(1<<20), info.SizeMB,
		n, meanwhile[n/2].Round(10*time.Microsecond), meanwhile[n*99/100].Round(10*time.Microsecond), meanwhile[n-1].Round(10*time.Microsecond))
	return nil
}

func run(r *rand.Rand, i int, at time.Time) *check.Run {
	took := time.Duration(5_000_000 + r.IntN(40_000_000))
	ms := float64(took.Microseconds()) / 1000
	return &check.Run{
		Integration: fmt.Sprintf("integration-%d", i), Probe: "core.http", Digest: strings.Repeat("a", 64), Status: "healthy",
		Message: fmt.Sprintf("200 OK in %.0f ms", ms), Details: map[string]string{"status": "200", "url": "https://service.example.com/health"},
		Metrics: []check.Metric{{Name: "time_total", Unit: "ms", Value: ms}, {Name: "time_connect", Unit: "ms", Value: ms / 4}, {Name: "body", Unit: "bytes", Value: 1256}},
		Began:   at, Took: took, CorrelationID: fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64()),
	}
}
