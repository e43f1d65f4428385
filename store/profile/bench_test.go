package profile_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"path/filepath"
	"runtime"
	"testing"

	"modernc.org/sqlite"

	"vega/store/profile"
)

// nullConnector is a driver that does nothing and has no optional interface.
type nullConnector struct{}

func (nullConnector) Connect(context.Context) (driver.Conn, error) { return nullConn{}, nil }
func (nullConnector) Driver() driver.Driver                        { return nil }

type nullConn struct{}

func (nullConn) Prepare(string) (driver.Stmt, error) { return nil, driver.ErrSkip }
func (nullConn) Close() error                        { return nil }
func (nullConn) Begin() (driver.Tx, error)           { return nil, driver.ErrSkip }

func (nullConn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(1), nil
}

type requestKey struct{}

func request(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// variants runs a benchmark with the bare driver, the profiler, and the
// profiler with a statement cache, on one and on sixteen goroutines.
func variants(b *testing.B, base driver.Connector, body func(ctx context.Context, db *sql.DB) error) {
	b.Helper()
	options := profile.Options{Dialect: profile.SQLite, Explain: profile.ExplainSQLite, Correlation: request}
	cached := options
	cached.StatementCache = 32
	for _, v := range []struct {
		name      string
		connector driver.Connector
	}{
		{"bare", base},
		{"profiled", profile.New(options).Connector("bench", base)},
		{"cached", profile.New(cached).Connector("bench", base)},
	} {
		for _, goroutines := range []struct {
			name string
			n    int
		}{{"1", 1}, {"16", 16}} {
			b.Run(v.name+"/goroutines="+goroutines.name, func(b *testing.B) {
				db := sql.OpenDB(v.connector)
				defer func() { _ = db.Close() }()
				db.SetMaxIdleConns(goroutines.n)
				db.SetMaxOpenConns(goroutines.n)
				ctx := context.WithValue(context.Background(), requestKey{}, "0c8a3a0e-2a4b-4b52-9d3e-54a9f2a4a7f1")
				b.ReportAllocs()
				if goroutines.n == 1 {
					for b.Loop() {
						if err := body(ctx, db); err != nil {
							b.Fatal(err)
						}
					}
					return
				}
				b.SetParallelism(max(1, goroutines.n/runtime.GOMAXPROCS(0)))
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if err := body(ctx, db); err != nil {
							b.Error(err)
							return
						}
					}
				})
			})
		}
	}
}

func BenchmarkNullExec(b *testing.B) {
	variants(b, nullConnector{}, func(ctx context.Context, db *sql.DB) error {
		_, err := db.ExecContext(ctx, "DELETE FROM runs WHERE ended < 1700000000")
		return err
	})
}

func BenchmarkSQLitePrimaryKey(b *testing.B) {
	variants(b, filled(b), func(ctx context.Context, db *sql.DB) error {
		var name string
		return db.QueryRowContext(ctx, "SELECT name FROM items WHERE id = ?", int64(4711)).Scan(&name)
	})
}

func BenchmarkSQLitePage(b *testing.B) {
	variants(b, filled(b), func(ctx context.Context, db *sql.DB) error {
		rows, err := db.QueryContext(ctx, "SELECT id, name, price FROM items WHERE id > ? ORDER BY id LIMIT 20", int64(4711))
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id int64
			var name string
			var price float64
			if err := rows.Scan(&id, &name, &price); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// filled returns a SQLite file with ten thousand items.
func filled(tb testing.TB) driver.Connector {
	tb.Helper()
	connector := sqliteAt(tb, filepath.Join(tb.TempDir(), "items.db"))
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	_, err := db.ExecContext(tb.Context(), `
		CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL NOT NULL, note TEXT);
		CREATE INDEX items_name ON items (name);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
		INSERT INTO items SELECT i, 'item ' || i, i * 0.5, 'note ' || (i % 100) FROM n`)
	if err != nil {
		tb.Fatal(err)
	}
	return connector
}

func sqliteAt(tb testing.TB, path string) driver.Connector {
	tb.Helper()
	connector, err := sqlite.NewConnector("file:" + path + "?_journal_mode=WAL&_synchronous=NORMAL&_busy_timeout=5000&_error_rc=1")
	if err != nil {
		tb.Fatal(err)
	}
	return connector
}
