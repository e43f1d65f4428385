package databases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/plugins"
	"vega/plugins/fault"
	"vega/plugins/manifest"
)

// TestQueriesThatNoDatabaseAccepts checks that an error that is the query's own
// is told apart from one of the database.
func TestQueriesThatNoDatabaseAccepts(t *testing.T) {
	t.Parallel()
	for driver, dsn := range map[string]func(testing.TB) string{
		"postgres": func(t testing.TB) string { return realtest.Postgres(t) }, "mysql": realtest.MariaDB, "sqlite": emptySQLite,
	} {
		t.Run(driver, func(t *testing.T) {
			d := testDatabases(t, Config{Name: "app", Driver: driver, DSN: manifest.Plain(dsn(t))})
			for query, want := range map[string]string{
				"SELECT count(*) FRM t WHERE": "bad",
				"SELECT 1; SELECT 2":          "refused",
				"DELETE FROM t":               "refused",
				"SELECT 1 FROM nope":          "",
			} {
				_, err := answer(t.Context(), d, "app", query)
				if err == nil || errors.Is(err, plugins.ErrBadQuery) != (want == "bad") || errors.Is(err, plugins.ErrRefused) != (want == "refused") {
					t.Errorf("%s: %v; want %q", query, err, want)
				}
			}
		})
	}
}

// TestLockedSQLiteFile checks that a query of a file that another program has
// locked ends at its deadline and says why.
func TestLockedSQLiteFile(t *testing.T) {
	t.Parallel()
	path := emptySQLite(t)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	d := testDatabases(t, Config{Name: "app", Driver: "sqlite", DSN: manifest.Plain(path)})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = answer(ctx, d, "app", "SELECT a FROM t")
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "locked by another connection") {
		t.Errorf("%v", err)
	}
}

// TestUnreadableFileIsVegasFault checks the error of a SQLite file that vega's
// user may not read.
func TestUnreadableFileIsVegasFault(t *testing.T) {
	s := source{config: Config{Name: "app"}, scrub: newScrubber(nil, "")}
	err := s.explain(t.Context(), fmt.Errorf("read: %w", &fs.PathError{Op: "open", Path: "/x/app.db", Err: syscall.EACCES}))
	if short := fault.Of(err); short == nil || !strings.Contains(err.Error(), "give vega's user read access") {
		t.Errorf("%v", err)
	}
}
