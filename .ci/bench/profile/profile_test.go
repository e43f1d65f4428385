// Package profile_test compares store/profile with otelsql and the bare driver. From
// this directory:
//
//	go test -bench . -count 10 | tee /tmp/figures
//	benchstat -col /with /tmp/figures
//
// The variants of a benchmark run sequentially within a second, under the same
// conditions; across invocations, compare ratios only. otelsql runs without an
// exporter, so its cost here is its minimum in any program.
package profile_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/XSAM/otelsql"
	"modernc.org/sqlite"

	"vega/store/profile"
)

// variants returns the same driver wrapped in four ways.
func variants(base driver.Connector) []variant {
	options := profile.Options{Dialect: profile.SQLite, Explain: profile.ExplainSQLite, Correlation: request}
	cached := options
	cached.StatementCache = 32
	return []variant{
		{"bare", sql.OpenDB(base)},
		{"profile", sql.OpenDB(profile.New(options).Connector("bench", base))},
		{"profile+cache", sql.OpenDB(profile.New(cached).Connector("bench", base))},
		{"otelsql", otelsql.OpenDB(base)},
	}
}

type variant struct {
	name string
	db   *sql.DB
}

type requestKey struct{}

func request(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// compare runs body with each variant, in one goroutine and in sixteen.
func compare(b *testing.B, base driver.Connector, body func(context.Context, *sql.DB) error) {
	b.Helper()
	for _, goroutines := range []int{1, 16} {
		for _, v := range variants(base) {
			b.Run(fmt.Sprintf("goroutines=%d/with=%s", goroutines, v.name), func(b *testing.B) {
				run(b, v.db, goroutines, body)
			})
			_ = v.db.Close()
		}
	}
}

func run(b *testing.B, db *sql.DB, goroutines int, body func(context.Context, *sql.DB) error) {
	db.SetMaxOpenConns(goroutines)
	db.SetMaxIdleConns(goroutines)
	ctx := context.WithValue(b.Context(), requestKey{}, "0c8a3a0e-2a4b-4b52-9d3e-54a9f2a4a7f1")
	b.ReportAllocs()
	if goroutines == 1 {
		for b.Loop() {
			if err := body(ctx, db); err != nil {
				b.Fatal(err)
			}
		}
		return
	}
	b.SetParallelism(max(1, goroutines/runtime.GOMAXPROCS(0)))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := body(ctx, db); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkNullExec uses a driver that does nothing, which leaves the cost of
// database/sql and of the measurement.
func BenchmarkNullExec(b *testing.B) {
	compare(b, null{}, func(ctx context.Context, db *sql.DB) error {
		_, err := db.ExecContext(ctx, "DELETE FROM runs WHERE ended < 1700000000")
		return err
	})
}

// BenchmarkPrimaryKey reads one row.
func BenchmarkPrimaryKey(b *testing.B) {
	compare(b, items(b), func(ctx context.Context, db *sql.DB) error {
		var name string
		return db.QueryRowContext(ctx, "SELECT name FROM items WHERE id = ?", 4711).Scan(&name)
	})
}

// BenchmarkPage reads twenty rows.
func BenchmarkPage(b *testing.B) {
	compare(b, items(b), func(ctx context.Context, db *sql.DB) error {
		rows, err := db.QueryContext(ctx, "SELECT id, name, price FROM items WHERE id > ? ORDER BY id LIMIT 20", 4711)
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

// items makes a SQLite file with ten thousand rows.
func items(b *testing.B) driver.Connector {
	b.Helper()
	connector, err := sqlite.NewConnector("file:" + filepath.Join(b.TempDir(), "items.db") + "?_journal_mode=WAL&_busy_timeout=5000")
	if err != nil {
		b.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	_, err = db.ExecContext(b.Context(), `
		CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL NOT NULL);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
		INSERT INTO items SELECT i, 'item ' || i, i * 0.5 FROM n`)
	if err != nil {
		b.Fatal(err)
	}
	return connector
}

// null is a driver that does nothing.
type null struct{}

func (null) Connect(context.Context) (driver.Conn, error) { return nullConn{}, nil }
func (null) Driver() driver.Driver                        { return nil }

type nullConn struct{}

func (nullConn) Prepare(string) (driver.Stmt, error) { return nil, driver.ErrSkip }
func (nullConn) Close() error                        { return nil }
func (nullConn) Begin() (driver.Tx, error)           { return nil, driver.ErrSkip }

func (nullConn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(1), nil
}
