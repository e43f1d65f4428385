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

// looked asks until the server was looked at after this moment.
func looked(t *testing.T, d *Set) Report {
	t.Helper()
	return lookedAfter(t, d, func() { d.hurry(t, "app") })
}

// lookedAfter is looked, with something to do before each time that it asks.
func lookedAfter(t *testing.T, d *Set, before func()) Report {
	t.Helper()
	now := time.Now()
	for end := now.Add(realtest.Patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		before()
		r := d.statsOf(t.Context(), "app")
		if r.Server != nil && r.Server.At.After(now) || r.Server == nil && r.ServerUnavailable != "" && !strings.HasPrefix(r.ServerUnavailable, "the first look") {
			return r
		}
	}
	t.Fatal("the server was not looked at")
	return Report{}
}

// hurry lets the next who asks look.
func (d *Set) hurry(t *testing.T, name string) {
	t.Helper()
	w := d.watchOf(t, name)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.every = 0
}

// looking reports whether a look is under way.
func (d *Set) looking(t *testing.T, name string) bool {
	t.Helper()
	w := d.watchOf(t, name)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.working != nil
}

func (d *Set) watchOf(t *testing.T, name string) *postgresWatch {
	t.Helper()
	open, err := d.sources[name].ready()
	if err != nil {
		t.Fatal(err)
	}
	return open.(server).watch
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

// settled waits until the server counts what was done.
func settled(t *testing.T, d *Set, done func(*ServerStats) bool) *ServerStats {
	t.Helper()
	for end := time.Now().Add(realtest.Patience); ; time.Sleep(100 * time.Millisecond) {
		r := looked(t, d)
		if r.Server == nil {
			t.Fatal(r.ServerUnavailable)
		}
		if done(r.Server) {
			return r.Server
		}
		if time.Now().After(end) {
			t.Fatalf("the server does not count it: %+v", r.Server)
		}
	}
}

func TestWhatPostgresCounts(t *testing.T) {
	t.Parallel()
	// What it counts is there within a second or a minute, and then nobody tidies up.
	dsn := realtest.Postgres(t, preloaded, "pg_stat_statements.track_utility=on", "autovacuum=off")
	db := superuser(t, dsn)
	do(t, db, "CREATE EXTENSION pg_stat_statements")
	do(t, db, "CREATE TABLE orders AS SELECT i AS id, 'customer ' || i % 1000 AS customer FROM generate_series(1, 20000) i")
	d := watched(t, dsn)
	first := lookedAfter(t, d, func() {}) // in a hurry, a second look might have ended already
	if s := first.Server; s == nil || len(s.Statements) != 0 || s.Since != s.At || !strings.HasPrefix(s.Version, "1") {
		t.Fatalf("the first look: %+v, %s", s, first.ServerUnavailable)
	}
	for range 12 {
		do(t, db, "SELECT id FROM orders WHERE customer = 'hunter2-customer'")
	}
	do(t, db, "UPDATE orders SET customer = 'somebody' WHERE id <= 5000")
	do(t, db, "CREATE ROLE clerk PASSWORD 'hunter2-password'")
	s := settled(t, d, func(s *ServerStats) bool {
		return len(s.MissingIndexes) > 0 && s.MissingIndexes[0].SeqScans >= 13 && len(s.Tables) > 0 && s.Tables[0].DeadRows >= 5000 && s.Commits >= 13
	})
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "hunter2") {
		t.Errorf("it tells values: %s", text)
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
	most, update := find("SELECT id FROM orders WHERE customer = ?"), find("UPDATE orders")
	if update.Calls != 1 || update.Rows != 5000 {
		t.Errorf("%+v", update)
	}
	if update.TotalMS > most.TotalMS { // as it may be on a busy machine
		most = update
	}
	find("CREATE ROLE clerk PASSWORD ?")
	if m := s.MissingIndexes[0]; m.Table != "orders" || m.SeqScans != 13 || m.Rows != 20000 || !strings.Contains(m.Hint, "read whole 13 times") || !strings.Contains(m.Hint, fmt.Sprintf("most time on it goes to %q", most.Statement)) {
		t.Errorf("%+v", m)
	}
	if x := s.Tables[0]; x.Table != "orders" || x.DeadRows != 5000 || x.DeadPercent != 20 {
		t.Errorf("%+v", x)
	}
	if c := s.Connections; c.Max != 100 || c.Total < 2 || c.ByState["active"] < 1 || s.CacheHitPercent == nil || s.Commits < 13 {
		t.Errorf("%+v, %+v", c, s)
	}
	t.Logf("%s", text)

	// A statement that the server forgot counts anew; a reset begins anew.
	do(t, db, "SELECT pg_stat_statements_reset()")
	do(t, db, "SELECT id FROM orders WHERE customer = 'x'")
	s = settled(t, d, func(s *ServerStats) bool {
		return slices.ContainsFunc(s.Statements, func(x ServerStatement) bool {
			return strings.HasPrefix(x.Statement, "SELECT id FROM orders") && x.Calls == 1
		})
	})
	began := time.Now()
	d.Reset()
	if s = settled(t, d, func(s *ServerStats) bool { return s.Since.After(began) }); len(s.MissingIndexes) > 0 {
		t.Errorf("after a reset: %+v", s)
	}
}

func TestPostgresWithoutStatements(t *testing.T) {
	t.Parallel()
	dsn := realtest.Postgres(t)
	d, db := watched(t, dsn), superuser(t, dsn)
	want := func(part string) {
		t.Helper()
		s := looked(t, d).Server
		if s == nil || !strings.Contains(s.StatementsUnavailable, part) || s.Connections.Max != 100 {
			t.Errorf("want %q in %+v", part, s)
		}
	}
	want("run CREATE EXTENSION pg_stat_statements")
	do(t, db, "CREATE EXTENSION pg_stat_statements")
	want("the server does not load it: write shared_preload_libraries")
}

func TestPostgresHidesFromARoleWithoutRights(t *testing.T) {
	t.Parallel()
	dsn := realtest.Postgres(t, preloaded)
	db := superuser(t, dsn)
	do(t, db, "CREATE EXTENSION pg_stat_statements")
	do(t, db, "CREATE ROLE watcher LOGIN PASSWORD '"+realtest.Password+"'")
	d := watched(t, strings.Replace(dsn, "//vega:", "//watcher:", 1))
	looked(t, d)
	do(t, db, "SELECT 1 AS theirs")
	s := looked(t, d).Server
	if s == nil || !strings.Contains(s.StatementsUnavailable, "hidden from vega's: as a superuser, run GRANT pg_read_all_stats") {
		t.Fatalf("%+v", s)
	}
	if slices.ContainsFunc(s.Statements, func(x ServerStatement) bool { return strings.Contains(x.Statement, "theirs") }) {
		t.Errorf("%+v", s.Statements)
	}
	do(t, db, "GRANT pg_read_all_stats TO watcher")
	do(t, db, "SELECT 1 AS theirs")
	s = settled(t, d, func(s *ServerStats) bool { return s.StatementsUnavailable == "" })
	if !slices.ContainsFunc(s.Statements, func(x ServerStatement) bool { return strings.Contains(x.Statement, "theirs") }) {
		t.Errorf("%+v", s.Statements)
	}
}

// A server that is gone is told, without delay and without its password, and
// counted on when it is back.
func TestPostgresThatIsGone(t *testing.T) {
	t.Parallel()
	dsn, halt := realtest.StoppablePostgres(t)
	d := watched(t, dsn)
	looked(t, d)
	halt()
	var r Report
	for end := time.Now().Add(realtest.Patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		d.hurry(t, "app") // a look that the end fell into tells of that
		if r = d.statsOf(t.Context(), "app"); strings.Contains(r.ServerUnavailable, "refused") {
			break
		}
	}
	if !strings.Contains(r.ServerUnavailable, `database "app": failed to connect`) || !strings.Contains(r.ServerUnavailable, "connection refused") || strings.Contains(r.ServerUnavailable, realtest.Password) {
		t.Errorf("%q", r.ServerUnavailable)
	}
	t.Log(r.ServerUnavailable)
}

// No answer waits for a server, not for one that says nothing either: a look
// at that takes seconds.
func TestNoAnswerWaitsForAServer(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	d := watched(t, fmt.Sprintf("postgres://vega:%s@%s/app?sslmode=disable", realtest.Password, silent.Addr()))
	r := d.statsOf(t.Context(), "app")
	early := 0 // answers that came before the look had ended
	for range 20 {
		d.hurry(t, "app")
		d.Stats(t.Context())
		if d.looking(t, "app") {
			early++
		}
	}
	if early == 0 {
		t.Error("each of 20 answers waited for the look")
	}
	if !strings.HasPrefix(r.ServerUnavailable, "the first look at the server is under way") {
		t.Errorf("%q", r.ServerUnavailable)
	}
}
