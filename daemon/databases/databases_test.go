package databases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/plugins"
	"vega/plugins/manifest"
	"vega/plugins/shortage"
	"vega/store"
	"vega/store/sqlite"
)

func openTestStore(t *testing.T) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "vega.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func testDatabases(t *testing.T, configured ...Config) *Set {
	t.Helper()
	d := New(configured, 0, openTestStore(t), nil)
	d.Retain()
	t.Cleanup(func() {
		if err := d.Release(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// secretDSN returns a DSN marked as secret, as env() would.
func secretDSN(dsn string) manifest.Text { return manifest.Text{{Text: dsn, Secret: true}} }

// answer runs a query and joins all cells of its result.
func answer(ctx context.Context, d *Set, database, query string) (string, error) {
	rows, err := d.Query(ctx, database, query)
	if err != nil {
		return "", err
	}
	cells, err := read(rows)
	return strings.Join(cells, " "), errors.Join(err, rows.Err(), rows.Close())
}

func read(rows plugins.Rows) ([]string, error) {
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	raw, into := make([]sql.RawBytes, len(names)), make([]any, len(names))
	for i := range raw {
		into[i] = &raw[i]
	}
	var cells []string
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		for _, cell := range raw {
			cells = append(cells, string(cell))
		}
	}
	return cells, nil
}

// ask is a query with its expected result, or a part of its expected error.
type ask struct{ query, want, err string }

func (a ask) check(t *testing.T, d *Set, database string) {
	t.Helper()
	got, err := answer(t.Context(), d, database, a.query)
	switch {
	case a.err == "" && (err != nil || got != a.want):
		t.Errorf("%s: %q, %v; want %q", a.query, got, err, a.want)
	case a.err != "" && (err == nil || !strings.Contains(err.Error(), a.err)):
		t.Errorf("%s: %q, %v; want an error with %q", a.query, got, err, a.err)
	case err != nil && (strings.Contains(err.Error(), realtest.Password) || strings.Contains(err.Error(), "canary")):
		t.Errorf("%s: the error contains a secret or data: %v", a.query, err)
	}
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	dsn := realtest.Postgres(t)
	fill(t, "postgres", dsn, "CREATE TABLE t (a int, b text)", "INSERT INTO t VALUES (1, 'canary'), (2, NULL)")
	d := testDatabases(t, Config{Name: "app", Driver: "postgres", DSN: secretDSN(dsn)})
	for _, a := range []ask{
		{"SELECT 1", "1", ""},
		{"/* a */ select a, b from t order by a desc", "2  1 canary", ""},
		{"WITH x AS (SELECT 5 AS n) SELECT n FROM x;", "5", ""},
		{"SHOW transaction_read_only", "on", ""},
		{"SELECT 1; SELECT 2", "", "must be a single statement"},
		{"SELECT 1; COMMIT; DROP TABLE t", "", "must be a single statement"},
		{"INSERT INTO t VALUES (3)", "", "must begin with"},
		{"COPY t TO '/tmp/t'", "", "must begin with"},
		{"/**/;COPY t TO PROGRAM 'id > /tmp/t' -- */select", "", "must begin with"},
		{"/* /* */ select */ LOCK TABLE t */", "", "must begin with"},
		{"COMMIT", "", "must begin with"},
		{"WITH x AS (DELETE FROM t RETURNING a) SELECT * FROM x", "", "SQLSTATE 25006"},
		{"SELECT * INTO t2 FROM t", "", "SQLSTATE 25006"},
		{"EXPLAIN ANALYZE DELETE FROM t", "", "SQLSTATE 25006"},
		{"SELECT set_config('search_path', 'nowhere', false)", "nowhere", ""},
		{"SELECT count(*) FROM t", "2", ""}, // the setting did not persist
		{"SELECT pg_try_advisory_lock(7), pg_backend_pid() > 0", "true true", ""},
		{"SELECT pg_advisory_lock(8), 1 / (a - a) FROM t", "", "SQLSTATE 22012"},
		{"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", "0", ""}, // the locks did not persist
		{"SELECT b::int FROM t", "", "SQLSTATE 22P02; vega hides the message"},
		{"SELECT nope FROM t", "", `column "nope" does not exist`},
		{"SELECT repeat('x', 20000000)", "", "database \"app\""},
	} {
		a.check(t, d, "app")
	}
	slow := func(query string) {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if _, err := answer(ctx, d, "app", query); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", query, err)
		}
	}
	slow("SELECT pg_sleep(600)")
	slow("SELECT n, CASE WHEN n > 5 THEN pg_sleep(600) END FROM generate_series(1, 10) n")
	var wg sync.WaitGroup
	for range 12 { // more than the number of connections
		wg.Go(func() { ask{"SELECT count(*) FROM t, pg_sleep(0.01)", "2", ""}.check(t, d, "app") })
	}
	wg.Wait()
	wrong := strings.Replace(dsn, "vega:"+realtest.Password, "vega:wrong-canary-word", 1)
	d = testDatabases(t, Config{Name: "app", Driver: "postgres", DSN: manifest.Plain(wrong)})
	ask{"SELECT 1", "", `password authentication failed for user "vega"`}.check(t, d, "app")
}

func TestMariaDB(t *testing.T) {
	t.Parallel()
	dsn := realtest.MariaDB(t)
	fill(t, "mysql", dsn, "CREATE TABLE t (a int, b text)", "INSERT INTO t VALUES (1, 'canary'), (2, NULL)")
	outfile := filepath.Join(t.TempDir(), "x")
	d := testDatabases(t, Config{Name: "app", Driver: "mysql", DSN: secretDSN(dsn + "?multiStatements=true&allowAllFiles=true")})
	for _, a := range []ask{
		{"SELECT 1", "1", ""},
		{"SELECT a, b FROM t ORDER BY a DESC", "2  1 canary", ""},
		{"SELECT 1; DROP TABLE t", "", "must be a single statement"},
		{"DELETE FROM t", "", "must begin with"},
		{"LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t", "", "must begin with"},
		{"SET GLOBAL max_connections = 1", "", "must begin with"},
		{"/*!50000 DELETE */ FROM t", "", "must begin with"},
		{"/**/#\nBEGIN NOT ATOMIC COMMIT; DROP TABLE t; END -- */select", "", "must begin with"},
		{"SELECT 1 INTO OUTFILE '" + outfile + "'", "", "must not contain OUTFILE"},
		{"SELECT 1 /*!50000 INTO/**/DumpFile '" + outfile + "' */", "", "must not contain OUTFILE"},
		{"SELECT 1 INTO /*!50000OUTFILE*/ '" + outfile + "'", "", "must not contain OUTFILE"},
		{"SELECT 1 INTO /*M!100000DUMPFILE*/ '" + outfile + "'", "", "must not contain OUTFILE"},
		{"SELECT nope FROM t", "", "Unknown column 'nope'"},
		{"SELECT extractvalue(1, concat('~', b)) FROM t", "", "database \"app\""},
		{"SELECT count(*) FROM t", "2", ""},
		{"SELECT get_lock('vega', 0), @mine := 1", "1 1", ""},
	} {
		a.check(t, d, "app")
	}
	// Neither persists once the server has noticed that the session ended.
	realtest.Until(t, "the session is reset", func() bool {
		got, err := answer(t.Context(), d, "app", "SELECT is_used_lock('vega') IS NULL, @mine IS NULL")
		return err == nil && got == "1 1"
	})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := answer(ctx, d, "app", "SELECT sleep(600)"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a slow query: %v", err)
	}
	wrong := strings.Replace(dsn, realtest.Password, "wrong-canary-word", 1)
	d = testDatabases(t, Config{Name: "app", Driver: "mysql", DSN: manifest.Plain(wrong)})
	ask{"SELECT 1", "", "Access denied for user 'vega'"}.check(t, d, "app")
}

// TestLongRowsAreRefused checks that a row within the limit is read, that a longer
// one is refused before it is read in full, and that the next query works.
func TestLongRowsAreRefused(t *testing.T) {
	t.Parallel()
	for driver, c := range map[string]struct {
		dsn  func(testing.TB) string
		long string
	}{
		"postgres": {func(t testing.TB) string { return realtest.Postgres(t) }, "SELECT repeat('x', %d)"},
		"mysql":    {realtest.MariaDB, "SELECT repeat('x', %d)"},
		"sqlite":   {emptySQLite, "SELECT hex(zeroblob(%d / 2))"},
	} {
		t.Run(driver, func(t *testing.T) {
			d := testDatabases(t, Config{Name: "app", Driver: driver, DSN: manifest.Plain(c.dsn(t))})
			for range 3 {
				if got, err := answer(t.Context(), d, "app", fmt.Sprintf(c.long, 1_000_000)); len(got) != 1_000_000 || err != nil {
					t.Errorf("%d bytes, %v", len(got), err)
				}
				_, err := answer(t.Context(), d, "app", fmt.Sprintf(c.long, 12_000_000))
				if !errors.Is(err, plugins.ErrTooLarge) || !strings.Contains(err.Error(), "a row is larger than 1MiB") {
					t.Errorf("%v", err)
				}
			}
		})
	}
}

func emptySQLite(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "empty.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), "CREATE TABLE t (a)")
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// fill runs statements on a server without the restrictions for probes.
func fill(t *testing.T, driver, dsn string, statements ...string) {
	t.Helper()
	s := source{config: Config{Driver: driver, DSN: manifest.Plain(dsn)}}
	open, _, err := s.connect()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = open.Close() }()
	for _, statement := range statements {
		if _, err := open.(server).ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSQLiteAndTheStore(t *testing.T) {
	own := openTestStore(t)
	path := filepath.Join(t.TempDir(), "canary.db")
	d := New([]Config{
		{Name: "theirs", Driver: "sqlite", DSN: manifest.Plain(own.Path())},
		{Name: "absent", Driver: "sqlite", DSN: secretDSN(path)},
		{Name: "odd", Driver: "oracle", DSN: manifest.Plain("x")},
	}, 0, own, nil)
	d.Retain()
	t.Cleanup(func() { _ = d.Release() })
	if err := own.Set(t.Context(), "i", "k", []byte("v"), 10); err != nil {
		t.Fatal(err)
	}
	ask{"SELECT integration, value FROM kv", "i v", ""}.check(t, d, "vega")
	ask{"SELECT integration, value FROM kv", "i v", ""}.check(t, d, "theirs")
	ask{"DELETE FROM kv", "", "a query must begin with"}.check(t, d, "theirs")
	ask{"SELECT 1", "", "(secret)"}.check(t, d, "absent") // the path came from env()
	ask{"SELECT 1", "", "use postgres, mysql or sqlite"}.check(t, d, "odd")
	ask{"SELECT 1", "", `there is no database "other"; the configured ones are: absent, odd, theirs, vega`}.check(t, d, "other")
}

func TestStatsReportRedundantIndexes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), "CREATE TABLE orders (customer, placed); CREATE INDEX a ON orders (customer); CREATE INDEX b ON orders (customer, placed)")
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	d := testDatabases(t, Config{Name: "shop", Driver: "sqlite", DSN: manifest.Plain(path)})
	for end := time.Now().Add(realtest.Patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		r := d.Stats(t.Context()).Databases[0]
		if r.File == nil || len(r.File.Indexes) != 2 {
			t.Fatalf("%+v", r)
		}
		if f := r.File.Indexes[0].Finding; f != nil && f.With == "b" && r.File.Indexes[1].Finding == nil {
			return
		}
	}
	t.Error("the redundant index is not reported")
}

// TestDatabaseErrorsKeepTheirKind checks that errors wrap their kind, which the
// sandbox reports to the guest.
func TestDatabaseErrorsKeepTheirKind(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	gone := "127.0.0.1:" + realtest.FreePort(t)
	var name *net.DNSError
	for driver, form := range map[string]string{
		"postgres": "postgres://u:canary-password@%s/x?sslmode=disable",
		"mysql":    "u:canary-password@tcp(%s)/x",
	} {
		for addr, is := range map[string]func(error) bool{
			silent.Addr().String(): func(err error) bool { return errors.Is(err, context.DeadlineExceeded) },
			gone:                   func(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) },
			"no-such.invalid:1":    func(err error) bool { return errors.As(err, &name) },
		} {
			d := testDatabases(t, Config{Name: "app", Driver: driver, DSN: manifest.Plain(fmt.Sprintf(form, addr))})
			limit := realtest.Patience
			if addr == silent.Addr().String() {
				limit = time.Second
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			_, err := answer(ctx, d, "app", "SELECT 1")
			cancel()
			if err == nil || !is(err) || strings.Contains(fmt.Sprintf("%+v", err), "canary") {
				t.Errorf("%s at %s: %v", driver, addr, err)
			}
		}
		d := testDatabases(t, Config{Name: "app", Driver: driver, DSN: secretDSN("://canary:%%zz@[")})
		ask{"SELECT 1", "", "the dsn is not valid"}.check(t, d, "app")
	}
}

// closed is a store whose file is opened again.
type closed struct{}

func (closed) Query(context.Context, string) (*sqlite.Rows, error) {
	return nil, fmt.Errorf("use the store: %w", &store.UnavailableError{Reason: "its file is being opened again", Err: errors.New("x")})
}

// TestStoreThatIsOpenedAgainIsTroubleOfTheHost queries vega's own database during a repair.
func TestStoreThatIsOpenedAgainIsTroubleOfTheHost(t *testing.T) {
	_, err := file{closed{}}.query(t.Context(), "SELECT 1")
	if s := shortage.Of(err); s == nil || s.What != "vega's own database can't be read now: its file is being opened again" {
		t.Errorf("%v", err)
	}
}
