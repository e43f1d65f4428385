package profile_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/store/profile"
)

// open returns a profiled SQLite database with the items of filled.
func open(t *testing.T, options profile.Options) (*sql.DB, *profile.Profiler) {
	t.Helper()
	options.Dialect = profile.SQLite
	p := profile.New(options)
	db := sql.OpenDB(p.Connector("main", filled(t)))
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(2) // it only needs one, but next to a limit of one there are no plans
	p.Pool("main", db)
	return db, p
}

func run(t *testing.T, db interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}, query string, args ...any,
) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// column reads the only column of a query.
func column(t *testing.T, db interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}, query string, args ...any,
) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		all = append(all, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return all
}

func TestQueriesAreMeasured(t *testing.T) {
	db, p := open(t, profile.Options{
		Slow:        time.Hour,
		Correlation: request,
	})
	ctx := context.WithValue(t.Context(), requestKey{}, "request-1")
	before := time.Now()
	for _, id := range []int{1, 2, 3} {
		var name string
		if err := db.QueryRowContext(ctx, "SELECT name FROM items WHERE id = ?", id).Scan(&name); err != nil {
			t.Fatal(err)
		}
	}
	named := profile.WithFunction(ctx, "shop.Raise")
	if _, err := db.ExecContext(named, "UPDATE items SET price = price + 1 WHERE id <= 10"); err != nil {
		t.Fatal(err)
	}
	_, err := db.ExecContext(ctx, "INSERT INTO items (id, name, price) VALUES (1, 'a-secret-name', 0)")
	if err == nil {
		t.Fatal("a duplicate key was accepted")
	}

	s := p.Stats()
	if s.Queries.Total != 5 || s.Queries.Failed != 1 || s.Queries.Slow != 0 {
		t.Errorf("queries: %+v", s.Queries)
	}
	if q := s.Queries; q.MinMS <= 0 || q.MinMS > q.P50MS || q.P50MS > q.P95MS || q.P95MS > q.P99MS || q.P99MS > q.MaxMS ||
		q.AvgMS < q.MinMS || q.AvgMS > q.MaxMS || q.TotalMS < q.MaxMS {
		t.Errorf("inconsistent figures: %+v", q)
	}
	if len(s.Statements) != 3 || len(s.Recent) != 5 || len(s.Failed) != 1 || len(s.Slow) != 0 {
		t.Fatalf("%d statements, %d recent, %d failed, %d slow", len(s.Statements), len(s.Recent), len(s.Failed), len(s.Slow))
	}
	insert, update, read := s.Recent[0], s.Recent[1], s.Recent[2]
	if insert.Statement != "INSERT INTO items(id, name, price) VALUES (?, ?, ?)" || insert.Error != "*sqlite.Error: code 1555" {
		t.Errorf("the insertion: %+v", insert)
	}
	if update.Function != "shop.Raise" || update.Rows != 10 || update.CorrelationID != "request-1" || update.Pool != "main" || update.Error != "" {
		t.Errorf("the update: %+v", update)
	}
	if read.Function != "profile_test.TestQueriesAreMeasured" || read.Rows != 1 || read.FirstRowMS <= 0 || read.HeldMS <= 0 ||
		read.InNextMS <= 0 || read.InNextMS > read.HeldMS || read.DurationMS < read.InNextMS {
		t.Errorf("the reading: %+v", read)
	}
	if read.At.Location() != time.UTC || read.At.Before(before.Add(-time.Second)) || read.At.After(time.Now()) {
		t.Errorf("the reading began at %v", read.At)
	}
	if len(s.Pools) != 1 || s.Pools[0].Name != "main" || s.Pools[0].MaxOpen != 2 || s.Pools[0].Open != 1 {
		t.Errorf("pools: %+v", s.Pools)
	}

	p.Reset()
	s = p.Stats()
	if s.Queries != (profile.Figures{}) || len(s.Statements)+len(s.Recent)+len(s.Failed) > 0 || len(s.Pools) != 1 {
		t.Errorf("after Reset: %+v", s)
	}
}

func TestASlowCallerDoesNotMakeAQuerySlow(t *testing.T) {
	const slow = 200 * time.Millisecond
	db, p := open(t, profile.Options{Slow: slow})
	began := time.Now()
	rows, err := db.QueryContext(profile.WithFunction(t.Context(), "shop.Export"), "SELECT id FROM items LIMIT 3")
	if err != nil {
		t.Fatal(err)
	}
	rows.Next()
	time.Sleep(slow)
	held := p.Stats().Open
	if len(held) != 1 || held[0].Function != "shop.Export" || held[0].OpenMS < 200 || held[0].Statement != "SELECT id FROM items LIMIT ?" || held[0].Pool != "main" {
		t.Errorf("open rows: %+v", held)
	}
	if err := errors.Join(rows.Close(), rows.Err()); err != nil {
		t.Fatal(err)
	}
	whole := float64(time.Since(began)) / float64(time.Millisecond)
	s := p.Stats()
	q := s.Recent[0]
	slept := float64(slow.Milliseconds()) // spent in the caller
	if q.HeldMS < slept || q.DurationMS > whole-slept || (s.Queries.Slow != 0) != (q.DurationMS >= slept) || len(s.Open) != 0 {
		t.Errorf("%+v", q)
	}
}

func TestASlowQueryHasItsPlan(t *testing.T) {
	var asked int
	explain := func(ctx context.Context, s profile.Session, query string, args []driver.NamedValue) (string, error) {
		asked++
		return profile.ExplainSQLite(ctx, s, query, args)
	}
	db, p := open(t, profile.Options{Slow: 1, Explain: explain}) // everything is slow
	plan := func(run func()) string {
		t.Helper()
		p.Reset()
		run()
		return p.Stats().Slow[0].Plan
	}
	scan := func() { column(t, db, "SELECT name FROM items WHERE note = ? AND price > ?", []byte("x"), 2.5) }
	if got := plan(scan); got != "SCAN items" {
		t.Errorf("plan %q", got)
	}
	run(t, db, "CREATE INDEX items_note ON items (note)")
	if got := plan(scan); got != "SEARCH items USING INDEX items_note (note=?)" {
		t.Errorf("after a new index the plan is %q", got)
	}
	if got := plan(func() { run(t, db, "DELETE FROM items WHERE id = ?", 5) }); got != "SEARCH items USING INTEGER PRIMARY KEY (rowid=?)" {
		t.Errorf("plan of a deletion %q", got)
	}
	if got := plan(func() {
		column(t, db, "SELECT a.name FROM items a JOIN (SELECT id FROM items WHERE note = 'x' LIMIT 3) b ON b.id = a.id")
	}); !strings.Contains(got, "\n  SEARCH items USING") {
		t.Errorf("plan of a subquery\n%s", got)
	}
	stmt, err := db.PrepareContext(t.Context(), "SELECT name FROM items WHERE id = ?")
	if err != nil {
		t.Fatal(err)
	}
	if got := plan(func() {
		var name string
		if err := stmt.QueryRowContext(t.Context(), 7).Scan(&name); err != nil {
			t.Error(err)
		}
	}); got != "SEARCH items USING INTEGER PRIMARY KEY (rowid=?)" {
		t.Errorf("plan of a prepared statement %q", got)
	}
	_ = stmt.Close()

	p.Reset()
	asked = 0
	for range 5 {
		scan()
	}
	run(t, db, "PRAGMA optimize")
	s := p.Stats()
	if asked != 1 || s.Queries.Total != 6 {
		t.Errorf("asked for a plan %d times, counted %d queries", asked, s.Queries.Total)
	}
	if s.Slow[0].Plan != "" || s.Slow[5].Plan == "" {
		t.Errorf("plans of a pragma %q and a query %q", s.Slow[0].Plan, s.Slow[5].Plan)
	}
}

func TestAPlanThatCannotBeHadHarmsNobody(t *testing.T) {
	asked := 0
	db, p := open(t, profile.Options{Slow: 1, Explain: func(context.Context, profile.Session, string, []driver.NamedValue) (string, error) {
		asked++
		return "half a plan", errors.New("no")
	}})
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		column(t, tx, "SELECT name FROM items WHERE id = 1")
	}
	if err := tx.Commit(); err != nil {
		t.Error(err)
	}
	if s := p.Stats(); asked != 1 || s.Queries.Failed != 0 || s.Slow[0].Plan != "" {
		t.Errorf("asked %d times, %+v", asked, s.Slow[0])
	}
}

// outOfTime runs a query that exceeds its deadline. On a busy machine it may
// not have started by then, so it retries with longer deadlines.
func outOfTime(t *testing.T, p *profile.Profiler, query func(context.Context) error) {
	t.Helper()
	failed := p.Stats().Queries.Failed
	for limit := 50 * time.Millisecond; limit < realtest.Patience && p.Stats().Queries.Failed == failed; limit *= 2 {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		err := query(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	}
}

// The plan needs a context of its own.
func TestCanceledQueryHasAPlan(t *testing.T) {
	db, p := open(t, profile.Options{Slow: time.Millisecond, Explain: profile.ExplainSQLite})
	outOfTime(t, p, func(ctx context.Context) error {
		_, err := db.ExecContext(ctx, "DELETE FROM items WHERE id IN (SELECT a.id FROM items a, items b, items c WHERE a.price + b.price = c.price + 0.1)")
		return err
	})
	if q := p.Stats().Failed[0]; q.Error != "context deadline exceeded" || !strings.Contains(q.Plan, "SCAN") {
		t.Errorf("%+v", q)
	}
}

// TestStatementCacheChangesNoResult does what is difficult for a cache, with
// and without one, and compares what the program sees.
func TestStatementCacheChangesNoResult(t *testing.T) {
	var want []string
	for _, size := range []int{0, 1, 2, 100} {
		db, _ := open(t, profile.Options{StatementCache: size, Slow: 1, Explain: profile.ExplainSQLite})
		got := difficult(t, db)
		if size == 0 {
			want = got
		}
		differ(t, fmt.Sprintf("with a cache of %d the program", size), got, want)
	}
}

func difficult(t *testing.T, db *sql.DB) []string {
	t.Helper()
	var seen []string
	saw := func(what string, values ...any) { seen = append(seen, what+": "+fmt.Sprint(values...)) }
	try := func(query string, args ...any) {
		t.Helper()
		result, err := db.ExecContext(t.Context(), query, args...)
		if err != nil {
			saw(query, err)
			return
		}
		n, _ := result.RowsAffected()
		id, _ := result.LastInsertId()
		saw(query, n, id)
	}
	const byID = "SELECT * FROM items WHERE id = ?"
	columns := func() {
		rows, err := db.QueryContext(t.Context(), byID, 3)
		if err != nil {
			saw(byID, err)
			return
		}
		defer func() { _ = rows.Close() }()
		names, err := rows.Columns()
		saw(byID, names, err, rows.Next(), rows.Err())
	}
	for range 3 {
		columns()
		try("INSERT INTO items (name, price) VALUES (?, ?)", "new", 1)
		try("INSERT INTO items (id, name, price) VALUES (1, ?, ?)", "taken", 1)
		try("INSERT INTO items (name, price) VALUES (?)", "too few")
		try("SELECT nothing FROM items")
		try("UPDATE items SET note = ? WHERE id = 4; UPDATE items SET note = 'b' WHERE id = 5", "a")
		try("PRAGMA foreign_keys = ON")
		saw("returning", column(t, db, "INSERT INTO items (name, price) VALUES (?, 2) RETURNING id", "r"))
		saw("pragma", column(t, db, "PRAGMA foreign_keys"))
	}
	for i := range 3 { // the result of byID gets another column each time
		try(fmt.Sprintf("ALTER TABLE items ADD COLUMN extra%d TEXT DEFAULT 'e'", i))
		columns()
	}
	try("ALTER TABLE items RENAME TO things")
	columns()
	columns()
	try("CREATE VIEW items AS SELECT id, name FROM things")
	columns()
	try("DROP VIEW items")
	try("ALTER TABLE things RENAME TO items")
	columns()

	// The same query within itself, and the rows closed in the wrong order.
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	const page = "SELECT name FROM items WHERE id > ? ORDER BY id LIMIT 3"
	outer, err := conn.QueryContext(t.Context(), page, 10)
	if err != nil {
		t.Fatal(err)
	}
	var name string
	saw("outer", outer.Next(), outer.Scan(&name), name)
	inner, err := conn.QueryContext(t.Context(), page, 20)
	if err != nil {
		t.Fatal(err)
	}
	saw("inner", inner.Next(), inner.Scan(&name), name)
	saw("outer", outer.Next(), outer.Scan(&name), name, outer.Close())
	saw("another", column(t, conn, page, 30), column(t, conn, "SELECT count(*) FROM items"))
	saw("inner", inner.Next(), inner.Scan(&name), name, inner.Close(), inner.Err(), outer.Err())

	// Transactions with BEGIN and COMMIT, and rollbacks.
	for range 2 {
		run(t, conn, "BEGIN IMMEDIATE")
		run(t, conn, "CREATE TABLE gone (a)")
		run(t, conn, "INSERT INTO gone VALUES (?)", 1)
		run(t, conn, "INSERT INTO gone VALUES (?)", 2)
		saw("gone", column(t, conn, "SELECT a FROM gone"))
		saw("gone", column(t, conn, "SELECT a FROM gone"))
		run(t, conn, "SAVEPOINT s")
		run(t, conn, "INSERT INTO gone VALUES (?)", 3)
		run(t, conn, "ROLLBACK TO s")
		saw("gone", column(t, conn, "SELECT a FROM gone"))
		run(t, conn, "ROLLBACK")
		_, err := conn.ExecContext(t.Context(), "INSERT INTO gone VALUES (?)", 4)
		saw("after", err)
	}
	run(t, conn, "VACUUM")

	// A context that has ended.
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = conn.ExecContext(canceled, "UPDATE items SET note = ? WHERE id = 1", "x")
	saw("canceled", err)
	saw("then", column(t, conn, page, 1))
	return seen
}

func TestTheStatementCacheKeepsItsSize(t *testing.T) {
	f := drivers["all there is"]()
	p := profile.New(profile.Options{Dialect: profile.SQLite, StatementCache: 3})
	db := sql.OpenDB(p.Connector("main", f))
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	prepared := func() int {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.stmts
	}
	for i := range 100 { // each query is sent only once
		run(t, conn, fmt.Sprintf("UPDATE t SET a = %d", i))
	}
	if n := prepared(); n != 0 {
		t.Errorf("%d statements are cached for queries that came once", n)
	}
	for range 3 {
		for i := range 10 {
			run(t, conn, fmt.Sprintf("UPDATE t%d SET a = ?", i), i)
		}
	}
	if n := prepared(); n != 3 {
		t.Errorf("%d statements are cached, want 3", n)
	}

	// Open rows keep an evicted statement until they are closed.
	var all []*sql.Rows
	for i := range 5 {
		for range 2 {
			rows, err := conn.QueryContext(t.Context(), fmt.Sprintf("SELECT a FROM t%d", i))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, rows)
			if i == 0 && len(all) == 1 {
				_ = rows.Close()
			}
		}
	}
	run(t, conn, "SET timezone = other")
	for _, rows := range all {
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Error(err)
		}
	}
	if n := prepared(); n != 0 {
		t.Errorf("%d statements are cached after a setting", n)
	}

	run(t, conn, "UPDATE t SET a = ?", 1)
	run(t, conn, "UPDATE t SET a = ?", 1)
	f.fail = func(call string) error {
		if strings.HasPrefix(call, "statement exec") {
			return driver.ErrBadConn
		}
		return nil
	}
	if _, err := conn.ExecContext(t.Context(), "UPDATE t SET a = ?", 1); !errors.Is(err, driver.ErrBadConn) {
		t.Errorf("%v, want driver.ErrBadConn", err)
	}
	f.fail = nil
	_ = conn.Close()
	if err := db.Close(); err != nil || f.stmts != 0 || f.conns != 0 || f.openRows != 0 {
		t.Errorf("%v; left open: %d statements, %d connections, %d rows", err, f.stmts, f.conns, f.openRows)
	}
}

func TestRawReachesTheDriver(t *testing.T) {
	db, _ := open(t, profile.Options{})
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	err = conn.Raw(func(raw any) error {
		c, ok := raw.(interface{ Unwrap() driver.Conn })
		if !ok {
			return fmt.Errorf("%T has no Unwrap", raw)
		}
		if name := fmt.Sprintf("%T", c.Unwrap()); name != "*sqlite.conn" {
			return fmt.Errorf("it is a %s", name)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestNoValueIsKept looks for a secret in everything that Stats returns.
func TestNoValueIsKept(t *testing.T) {
	db, p := open(t, profile.Options{Slow: 1, Explain: profile.ExplainSQLite, StatementCache: 8})
	for range 3 {
		for _, query := range []string{
			"SELECT name FROM items WHERE note = '" + secret + "'",
			"INSERT INTO items (id, name, price) VALUES (1, '" + secret + "', 0)",
			"SELECT '" + secret + " FROM items",
			"SELECT no_such_function('" + secret + "')",
			"/* " + secret + " */ SELECT 1",
			"SELECT json_extract('" + secret + "', '$')",
		} {
			_, _ = db.ExecContext(t.Context(), query)
		}
		_, _ = db.ExecContext(t.Context(), "INSERT INTO items (id, name, price) VALUES (1, ?, ?)", secret, []byte(secret))
		_, _ = db.ExecContext(t.Context(), "SELECT json_extract(?, '$')", secret)
	}
	if text := encoded(t, p.Stats()); strings.Contains(text, secret) {
		t.Errorf("the secret shows:\n%s", text)
	}
}

func TestManyStatementsTakeBoundedMemory(t *testing.T) {
	p := profile.New(profile.Options{Statements: 50})
	db := sql.OpenDB(p.Connector("main", nullConnector{}))
	defer func() { _ = db.Close() }()
	const texts, shapes = 20_000, 200
	for i := range texts {
		run(t, db, fmt.Sprintf("UPDATE t%d SET a = %d", i%shapes, i))
	}
	s := p.Stats()
	if len(s.Statements) != 51 || s.Queries.Total != texts || s.Other != texts/shapes*(shapes-50) {
		t.Errorf("%d statements, %d queries, %d others", len(s.Statements), s.Queries.Total, s.Other)
	}
	others := slices.IndexFunc(s.Statements, func(x profile.Statement) bool { return x.Fingerprint == "other" })
	if others < 0 || s.Statements[others].Total != s.Other {
		t.Errorf("the others: %d of %+v", others, s.Statements)
	}
	if s.Recent[0].Statement != "UPDATE t199 SET a = ?" || s.Recent[0].Fingerprint == "other" {
		t.Errorf("a recent query: %+v", s.Recent[0])
	}
}

func TestTheHundredthQueryIsTheLastShown(t *testing.T) {
	db, p := open(t, profile.Options{Slow: 1})
	for i := range 250 {
		_, _ = db.ExecContext(profile.WithFunction(t.Context(), fmt.Sprint(i)), "UPDATE items SET nothing = 1")
	}
	s := p.Stats()
	for name, list := range map[string][]profile.Query{"recent": s.Recent, "slow": s.Slow, "failed": s.Failed} {
		want := 10
		if name == "recent" {
			want = 100
		}
		if len(list) != want {
			t.Fatalf("%d %s", len(list), name)
		}
		for i, q := range list {
			if q.Function != fmt.Sprint(249-i) {
				t.Errorf("%s %d is the query %s", name, i, q.Function)
			}
		}
	}
	if n := len(encoded(t, s.Recent)); n > 50_000 {
		t.Errorf("100 recent queries take %d bytes", n)
	}
}

func TestClosingWithTheConnectorsFile(t *testing.T) {
	p := profile.New(profile.Options{Dialect: profile.SQLite, StatementCache: 4})
	path := filepath.Join(t.TempDir(), "a.db")
	db := sql.OpenDB(p.Connector("main", sqliteAt(t, path)))
	run(t, db, "CREATE TABLE t (a)")
	for range 3 {
		run(t, db, "INSERT INTO t VALUES (?)", 1)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	// A statement left open would keep the log and its lock.
	db = sql.OpenDB(sqliteAt(t, path))
	defer func() { _ = db.Close() }()
	run(t, db, "PRAGMA journal_mode = DELETE")
	if got := column(t, db, "SELECT count(*) FROM t"); got[0] != "3" {
		t.Errorf("%s rows", got[0])
	}
}
