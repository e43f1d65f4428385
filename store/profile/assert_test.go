package profile_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"vega/store/profile"
)

// recorder is a TB that records what AssertNoFullScan reports.
type recorder struct {
	*testing.T
	failure string
}

func (v *recorder) Fatalf(format string, args ...any) { v.failure = fmt.Sprintf(format, args...) }

func (v *recorder) Context() context.Context { return v.T.Context() }

type scanCase struct {
	query string
	args  []any
	want  string // what the message contains, "" if there is none
}

func assertScans(t *testing.T, db *sql.DB, cases []scanCase) {
	t.Helper()
	for _, c := range cases {
		v := &recorder{T: t}
		profile.AssertNoFullScan(v, db, c.query, c.args...)
		switch {
		case c.want == "" && v.failure != "":
			t.Errorf("%s:\n%s", c.query, v.failure)
		case c.want != "" && !strings.HasPrefix(v.failure, c.want):
			t.Errorf("%s:\ngot  %q\nwant %q", c.query, v.failure, c.want)
		}
	}
}

func TestAssertNoFullScanSQLite(t *testing.T) {
	db := sql.OpenDB(sqliteAt(t, filepath.Join(t.TempDir(), "a.db")))
	defer func() { _ = db.Close() }()
	run(t, db, `CREATE TABLE runs (id INTEGER PRIMARY KEY, ts INTEGER, name TEXT, status TEXT);
		CREATE INDEX runs_name_ts ON runs (name, ts); CREATE INDEX runs_ts ON runs (ts)`)
	assertScans(t, db, []scanCase{
		{"SELECT * FROM runs WHERE id = ?", []any{1}, ""},
		{"SELECT * FROM runs WHERE name = :n ORDER BY ts DESC LIMIT 50", []any{sql.Named("n", "x")}, ""},
		{"SELECT * FROM runs ORDER BY ts DESC LIMIT 50", nil, ""},
		{"SELECT * FROM runs ORDER BY ts DESC", nil, "the query reads all of runs:"},
		{"SELECT * FROM runs WHERE status = ? LIMIT 50", []any{"bad"}, "the query reads all of runs:"},
		{"SELECT count(*) FROM runs WHERE status = ?", []any{"bad"}, "the query reads all of runs:"},
		{"SELECT name FROM runs WHERE id IN (SELECT id FROM runs r WHERE r.status = 'x' LIMIT 3)", nil, "the query reads all of r:"},
		{"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT * FROM n", nil, ""},
		{"SELECT value FROM json_each(?)", []any{"[1]"}, ""},
		{"UPDATE runs SET status = 'x' WHERE ts < 5", nil, ""},
		{"SELECT nothing FROM runs", nil, "explain a query: SQL logic error"},
	})
	if n := column(t, db, "SELECT count(*) FROM runs WHERE status = 'x'")[0]; n != "0" {
		t.Error("the query was run")
	}
}

func TestAssertNoFullScanPostgres(t *testing.T) {
	db := sql.OpenDB(postgres(t))
	defer func() { _ = db.Close() }()
	run(t, db, "CREATE TABLE runs (id int PRIMARY KEY, ts bigint, name text, status text)")
	run(t, db, "CREATE INDEX ON runs (name, ts)")
	run(t, db, "CREATE INDEX ON runs (ts)")
	assertScans(t, db, []scanCase{
		{"SELECT * FROM runs WHERE id = $1", []any{1}, ""},
		{"SELECT * FROM runs WHERE name = $1 ORDER BY ts DESC LIMIT 50", []any{"x"}, ""},
		{"SELECT * FROM runs ORDER BY ts DESC LIMIT 50", nil, ""},
		{"SELECT * FROM runs ORDER BY ts DESC", nil, "the query reads all of runs:"},
		{"SELECT count(*) FROM runs WHERE status = $1", []any{"bad"}, "the query reads all of runs:"},
		{"SELECT * FROM generate_series(1, 3)", nil, ""},
		{"DELETE FROM runs WHERE id = 1", nil, ""},
		{"SELECT nothing FROM runs", nil, "explain a query: ERROR"},
	})
}

func TestAssertNoFullScanMariaDB(t *testing.T) {
	db := sql.OpenDB(mariadb(t))
	defer func() { _ = db.Close() }()
	run(t, db, "CREATE TABLE runs (id int PRIMARY KEY, ts bigint, name varchar(50), status varchar(50), KEY (name, ts), KEY (ts))")
	run(t, db, "INSERT INTO runs SELECT seq, seq, concat('n', seq), 'ok' FROM seq_1_to_20000")
	run(t, db, "ANALYZE TABLE runs")
	assertScans(t, db, []scanCase{
		{"SELECT * FROM runs WHERE id = ?", []any{1}, ""},
		{"SELECT * FROM runs WHERE name = ? ORDER BY ts DESC LIMIT 50", []any{"x"}, ""},
		{"SELECT * FROM runs ORDER BY ts DESC LIMIT 50", nil, ""},
		{"SELECT ts FROM runs ORDER BY ts DESC", nil, "the query reads all of runs:"},
		{"SELECT count(*) FROM runs WHERE status = ?", []any{"bad"}, "the query reads all of runs:"},
		{"SELECT nothing FROM runs", nil, "explain a query: Error"},
	})
}
