package daemon_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"vega/policies/check"
)

// sqliteFile creates a SQLite file with a table and returns a database block for it.
func sqliteFile(t *testing.T) (db *sql.DB, preamble string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "app.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE t (a); INSERT INTO t VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	return db, fmt.Sprintf("database \"app\" {\n  driver = \"sqlite\"\n  dsn    = %q\n}\n", path)
}

func query(name, text, timeout string) row {
	return row{name: name, probe: "database", config: fmt.Sprintf("    database = database.app\n    query = %q", text), timeout: timeout}
}

// wants sets the expected outcome.
func (r row) wants(status check.Status, cause check.Cause, says string) row {
	r.status, r.cause, r.says = status, cause, says
	return r
}

// TestEndlessQueriesOnSQLite checks that the CPU time of SQLite, which runs in
// vega's process, counts against the run's own budget, and that other runs, on the
// same file or elsewhere, are not affected.
func TestEndlessQueriesOnSQLite(t *testing.T) {
	_, preamble := sqliteFile(t)
	ok := site(t, http.NotFoundHandler())
	var rows []row
	for range 6 {
		rows = append(rows,
			query("endless", "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n) SELECT max(x) FROM n", "").wants(unknown, check.Probe, "computed for more than 500ms"),
			query("honest", "SELECT count(*) FROM t", "").wants(healthy, "", ""),
			row{name: "web", probe: "http", config: fmt.Sprintf("    url = %q\n    expect_status = [404]", ok), status: healthy})
	}
	for i, got := range runRows(t, preamble, rows) {
		switch endless := i%3 == 0; {
		case endless && (got.Status != unknown || got.Cause != check.Probe || !strings.Contains(got.Message, "computed for more than 500ms")):
			t.Errorf("%s: %s/%s %q", got.Name, got.Status, got.Cause, got.Message)
		case !endless && got.Status != healthy:
			t.Errorf("%s: %s/%s %q", got.Name, got.Status, got.Cause, got.Message)
		}
	}
}

// TestLockedSQLite checks that a lock held by another program is reported as a lock,
// and not blamed on the probe.
func TestLockedSQLite(t *testing.T) {
	t.Parallel() // waits for the deadline
	db, preamble := sqliteFile(t)
	if _, err := db.ExecContext(t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	got := runRows(t, preamble, []row{query("short", "SELECT 1 FROM t", "1s").wants(unhealthy, timeout, "locked by another connection")})[0]
	if got.Status != unhealthy || got.Cause != timeout || !strings.Contains(got.Message, "locked by another connection") {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
}
