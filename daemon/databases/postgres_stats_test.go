package databases

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
)

const preloaded = "shared_preload_libraries=pg_stat_statements"

func watched(t *testing.T, dsn string) *Set {
	t.Helper()
	return testDatabases(t, Config{Name: "app", Driver: "postgres", DSN: secretDSN(dsn)})
}

// freshReport returns a report with a snapshot that was taken after the call.
func freshReport(t *testing.T, d *Set) Report {
	t.Helper()
	return freshReportAfter(t, d, func() { d.expire(t, "app") })
}

// freshReportAfter is like freshReport, but calls before ahead of each request.
func freshReportAfter(t *testing.T, d *Set, before func()) Report {
	t.Helper()
	now := time.Now()
	for end := now.Add(realtest.Patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		before()
		r := d.statsOf(t.Context(), "app")
		if r.Server != nil && r.Server.At.After(now) || r.Server == nil && r.ServerUnavailable != "" && !strings.HasPrefix(r.ServerUnavailable, "the first snapshot") {
			return r
		}
	}
	t.Fatal("no snapshot was taken")
	return Report{}
}

// expire makes the next request take a snapshot.
func (d *Set) expire(t *testing.T, name string) {
	t.Helper()
	w := d.pollerOf(t, name)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.every = 0
}

// polling reports whether a snapshot is in progress.
func (d *Set) polling(t *testing.T, name string) bool {
	t.Helper()
	w := d.pollerOf(t, name)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.inProgress != nil
}

func (d *Set) pollerOf(t *testing.T, name string) *postgresPoller {
	t.Helper()
	open, err := d.sources[name].ready()
	if err != nil {
		t.Fatal(err)
	}
	return open.(server).poller
}

func superuser(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func do(t *testing.T, db *sql.DB, query string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// waitForStats waits until the server's statistics satisfy done.
func waitForStats(t *testing.T, d *Set, done func(*ServerStats) bool) *ServerStats {
	t.Helper()
	for end := time.Now().Add(realtest.Patience); ; time.Sleep(100 * time.Millisecond) {
		r := freshReport(t, d)
		if r.Server == nil {
			t.Fatal(r.ServerUnavailable)
		}
		if done(r.Server) {
			return r.Server
		}
		if time.Now().After(end) {
			t.Fatalf("timed out waiting for the server's statistics to change: %+v", r.Server)
		}
	}
}

func TestPostgresStatistics(t *testing.T) {
	t.Parallel()
	// Statistics can take up to a minute to appear. Autovacuum would change them.
	dsn := realtest.Postgres(t, preloaded, "pg_stat_statements.track_utility=on", "autovacuum=off")
	db := superuser(t, dsn)
	do(t, db, "CREATE EXTENSION pg_stat_statements")
	do(t, db, "CREATE TABLE orders AS SELECT i AS id, 'customer ' || i % 1000 AS customer FROM generate_series(1, 20000) i")
	d := watched(t, dsn)
	first := freshReportAfter(t, d, func() {}) // with expire, a second snapshot might already be done
	if s := first.Server; s == nil || len(s.Statements) != 0 || s.Since != s.At || !strings.HasPrefix(s.Version, "1") {
		t.Fatalf("the first snapshot: %+v, %s", s, first.ServerUnavailable)
	}
	for range 12 {
		do(t, db, "SELECT id FROM orders WHERE customer = 'hunter2-customer'")
	}
	do(t, db, "UPDATE orders SET customer = 'somebody' WHERE id <= 5000")
	do(t, db, "CREATE ROLE clerk PASSWORD 'hunter2-password'")
	s := waitForStats(t, d, func(s *ServerStats) bool {
		return len(s.MissingIndexes) > 0 && s.MissingIndexes[0].SeqScans >= 13 && len(s.Tables) > 0 && s.Tables[0].DeadRows >= 5000 && s.Commits >= 13
	})
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "hunter2") {
		t.Errorf("the statistics contain values: %s", text)
	}
	find := func(prefix string) ServerStatement {
		t.Helper()
		n := slices.IndexFunc(s.Statements, func(x ServerStatement) bool { return strings.HasPrefix(x.Statement, prefix) })
		if n < 0 {
			t.Fatalf("no %s among %s", prefix, text)
		}
		return s.Statements[n]
	}
	if q := find("SELECT id FROM orders WHERE customer = ?"); q.Calls != 12 || q.TotalMS <= 0 || q.AvgMS*12-q.TotalMS > 0.001 {
		t.Errorf("%+v", q)
	}
	slowest, update := find("SELECT id FROM orders WHERE customer = ?"), find("UPDATE orders")
	if update.Calls != 1 || update.Rows != 5000 {
		t.Errorf("%+v", update)
	}
	if update.TotalMS > slowest.TotalMS { // possible on a busy machine
		slowest = update
	}
	find("CREATE ROLE clerk PASSWORD ?")
	if m := s.MissingIndexes[0]; m.Table != "orders" || m.SeqScans != 13 || m.Rows != 20000 || !strings.Contains(m.Hint, "had 13 sequential scans") || !strings.Contains(m.Hint, fmt.Sprintf("the most expensive query is %q", slowest.Statement)) {
		t.Errorf("%+v", m)
	}
	if x := s.Tables[0]; x.Table != "orders" || x.DeadRows != 5000 || x.DeadPercent != 20 {
		t.Errorf("%+v", x)
	}
	if c := s.Connections; c.Max != 100 || c.Total < 2 || c.ByState["active"] < 1 || s.CacheHitPercent == nil || s.Commits < 13 {
		t.Errorf("%+v, %+v", c, s)
	}
	t.Logf("%s", text)

	// The counters of a statement that the server discarded start from zero, and so
	// do all counters after a reset.
	do(t, db, "SELECT pg_stat_statements_reset()")
	do(t, db, "SELECT id FROM orders WHERE customer = 'x'")
	s = waitForStats(t, d, func(s *ServerStats) bool {
		return slices.ContainsFunc(s.Statements, func(x ServerStatement) bool {
			return strings.HasPrefix(x.Statement, "SELECT id FROM orders") && x.Calls == 1
		})
	})
	began := time.Now()
	d.Reset()
	if s = waitForStats(t, d, func(s *ServerStats) bool { return s.Since.After(began) }); len(s.MissingIndexes) > 0 {
		t.Errorf("after a reset: %+v", s)
	}
}

func TestPostgresWithoutStatements(t *testing.T) {
	t.Parallel()
	dsn := realtest.Postgres(t)
	d, db := watched(t, dsn), superuser(t, dsn)
	want := func(part string) {
		t.Helper()
		s := freshReport(t, d).Server
		if s == nil || !strings.Contains(s.StatementsUnavailable, part) || s.Connections.Max != 100 {
			t.Errorf("want %q in %+v", part, s)
		}
	}
	want("run CREATE EXTENSION pg_stat_statements")
	do(t, db, "CREATE EXTENSION pg_stat_statements")
	want("the server does not load it; set shared_preload_libraries")
}

func TestPostgresHidesFromARoleWithoutRights(t *testing.T) {
	t.Parallel()
	dsn := realtest.Postgres(t, preloaded)
	db := superuser(t, dsn)
	do(t, db, "CREATE EXTENSION pg_stat_statements")
	do(t, db, "CREATE ROLE watcher LOGIN PASSWORD '"+realtest.Password+"'")
	d := watched(t, strings.Replace(dsn, "//vega:", "//watcher:", 1))
	freshReport(t, d)
	do(t, db, "SELECT 1 AS theirs")
	s := freshReport(t, d).Server
	if s == nil || !strings.Contains(s.StatementsUnavailable, "hidden from vega's role; as a superuser, run GRANT pg_read_all_stats") {
		t.Fatalf("%+v", s)
	}
	if slices.ContainsFunc(s.Statements, func(x ServerStatement) bool { return strings.Contains(x.Statement, "theirs") }) {
		t.Errorf("%+v", s.Statements)
	}
	do(t, db, "GRANT pg_read_all_stats TO watcher")
	do(t, db, "SELECT 1 AS theirs")
	s = waitForStats(t, d, func(s *ServerStats) bool { return s.StatementsUnavailable == "" })
	if !slices.ContainsFunc(s.Statements, func(x ServerStatement) bool { return strings.Contains(x.Statement, "theirs") }) {
		t.Errorf("%+v", s.Statements)
	}
}

// TestUnreachablePostgresIsReported checks that the report is immediate and does not
// contain the password.
func TestUnreachablePostgresIsReported(t *testing.T) {
	t.Parallel()
	dsn, halt := realtest.StoppablePostgres(t)
	d := watched(t, dsn)
	freshReport(t, d)
	halt()
	var r Report
	for end := time.Now().Add(realtest.Patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		d.expire(t, "app") // a snapshot during the shutdown reports another error
		if r = d.statsOf(t.Context(), "app"); strings.Contains(r.ServerUnavailable, "refused") {
			break
		}
	}
	if !strings.Contains(r.ServerUnavailable, `database "app": connecting: `) || !strings.Contains(r.ServerUnavailable, "connection refused") || strings.Contains(r.ServerUnavailable, realtest.Password) {
		t.Errorf("%q", r.ServerUnavailable)
	}
	t.Log(r.ServerUnavailable)
}

// TestStatsDoNotWaitForAServer uses a server that never responds, so a snapshot
// takes seconds.
func TestStatsDoNotWaitForAServer(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	d := watched(t, fmt.Sprintf("postgres://vega:%s@%s/app?sslmode=disable", realtest.Password, silent.Addr()))
	r := d.statsOf(t.Context(), "app")
	early := 0 // reports returned before the snapshot was done
	for range 20 {
		d.expire(t, "app")
		d.Stats(t.Context())
		if d.polling(t, "app") {
			early++
		}
	}
	if early == 0 {
		t.Error("each of 20 reports waited for the snapshot")
	}
	if !strings.HasPrefix(r.ServerUnavailable, "the first snapshot of the server is in progress") {
		t.Errorf("%q", r.ServerUnavailable)
	}
}
