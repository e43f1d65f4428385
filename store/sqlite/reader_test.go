package sqlite_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/store/sqlite"
)

// theirs returns the database of another program.
func theirs(t *testing.T) (path string, r *sqlite.Reader) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "theirs.db")
	db := raw(t, path)
	execSQL(t, db, "CREATE TABLE t (a INTEGER, b TEXT); INSERT INTO t VALUES (1, 'x'), (3, 'z'), (2, 'y;(')")
	execSQL(t, db, "CREATE VIEW v AS SELECT a FROM t")
	r, err := sqlite.OpenForeign(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return path, r
}

func TestQueriesThatReadAreRun(t *testing.T) {
	_, r := theirs(t)
	for text, want := range map[string]string{
		"SELECT 1":                                  "1",
		"select a from t order by a desc":           "3 2 1",
		"SELECT a, a FROM t ORDER BY b LIMIT 2":     "1 2",
		"SELECT b FROM t WHERE b = 'y;(' ;":         "y;(",
		"/* a */ -- b\n SELECT max(a) FROM t -- ;(": "3",
		"SELECT \"a\" FROM [t] WHERE `b`='x';; ":    "1",
		"WITH n(x) AS (VALUES (7)) SELECT x FROM n": "7",
		"VALUES (1),(2)":                            "1 2",
		"SELECT a FROM t WHERE 0":                   "",
		"PRAGMA quick_check":                        "ok",
		"PRAGMA table_info(t)":                      "0 1",
		"SELECT name FROM pragma_table_info('t')":   "a b",
		"SELECT group_concat(a) FROM v":             "1,3,2",
		"SELECT json_extract('{\"a\":5}', '$.a')":   "5",
	} {
		rows, err := r.Query(t.Context(), text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		cols, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for rows.Next() {
			row := make([]any, len(cols))
			first := ""
			for i := range row {
				row[i] = new(any)
			}
			row[0] = &first
			if err := rows.Scan(row...); err != nil {
				t.Fatal(err)
			}
			got = append(got, first)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestQueriesThatWriteAreRefused(t *testing.T) {
	path, r := theirs(t)
	before := digest(t, path)
	other := filepath.Join(t.TempDir(), "other.db")
	for _, text := range []string{
		"", ";", "-- nothing", "SELEC 1", "SELECT",
		"INSERT INTO t VALUES (9,'')", "UPDATE t SET a=1", "DELETE FROM t", "DROP TABLE t", "VACUUM",
		"WITH x AS (SELECT 1) DELETE FROM t", "EXPLAIN DELETE FROM t", "CREATE TEMP TABLE x(a)", "REINDEX", "ANALYZE",
		"ATTACH '" + other + "' AS o", "VACUUM INTO '" + other + "'", "BEGIN", "SAVEPOINT a",
		"PRAGMA query_only=0", "PRAGMA journal_mode=WAL", "PRAGMA user_version=5", "PRAGMA writable_schema=1", "PRAGMA wal_checkpoint",
		"PRAGMA cache_size=-9999999", "SELECT * FROM pragma_wal_checkpoint", "SELECT load_extension('x')",
		"SELECT 1; SELECT 2", "SELECT 1; DROP TABLE t", "SELECT 1;;/**/;SELECT 2", "SELECT '1;", "SELECT 1 /* ", "SELECT 1\x00",
		"SELECT 1) UNION ALL SELECT (2", "SELECT 1)) UNION ALL SELECT a,1 FROM ((SELECT a FROM t", "SELECT ((1)",
		"SELECT randomblob(1000000000)", strings.Repeat(" ", 70_000) + "SELECT 1",
	} {
		rows, err := r.Query(t.Context(), text)
		if err == nil {
			t.Errorf("%.60q was run, want it refused", text)
			_ = rows.Close()
		}
	}
	if digest(t, path) != before {
		t.Error("the file was changed")
	}
	if got := names(t, filepath.Dir(other)) + names(t, filepath.Dir(path)); got != "theirs.db" {
		t.Errorf("made %s", got)
	}
}

func TestSyntaxErrorsAreNamed(t *testing.T) {
	_, r := theirs(t)
	for query, want := range map[string]bool{
		"SELECT count(*) FRM t x": true, "SELECT": true, "SELECT ?#1": true, "WITH x AS (SELECT 1) DELETE FROM t": true,
		"SELECT nope FROM t": false, "SELECT 1 FROM nope": false, "SELECT abs('x', 'y')": false,
	} {
		if _, err := r.Query(t.Context(), query); err == nil || errors.Is(err, sqlite.ErrSyntax) != want {
			t.Errorf("%s: %v", query, err)
		}
	}
}

func TestQueriesAreBounded(t *testing.T) {
	_, r := theirs(t)
	const numbers = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n) SELECT x FROM n "
	for name, text := range map[string]string{
		"no row":              numbers + "WHERE x < 0",
		"no row after others": numbers + "WHERE x < 3 OR x > 1e15",
		"in one row":          strings.Replace(numbers, "SELECT x FROM", "SELECT count(*) FROM", 1),
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			rows, err := r.Query(ctx, text) // it would never end
			if err == nil {
				_ = rows.Close()
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		})
	}
	rows, err := r.Query(t.Context(), numbers+"LIMIT 10001")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	if rows.Next() || rows.Err() == nil || !strings.Contains(rows.Err().Error(), "more than 10000 rows") {
		t.Errorf("too many rows: %v", rows.Err())
	}
}

func TestQueriesSeeLaterWrites(t *testing.T) {
	path, r := theirs(t)
	db := raw(t, path)
	execSQL(t, db, "PRAGMA journal_mode=WAL")
	for _, want := range []string{"4", "5"} {
		execSQL(t, db, "INSERT INTO t VALUES (9,'')")
		rows, err := r.Query(t.Context(), "SELECT count(*) FROM t")
		if got := values(t, rows, err); got != want {
			t.Errorf("%s rows, want %s", got, want)
		}
	}
}

func TestForeignFileIsNotCreated(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "absent.db")
	r, err := sqlite.OpenForeign(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if _, err := r.Query(t.Context(), "SELECT 1"); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error: %v", err)
	}
	if got := names(t, dir); got != "" {
		t.Errorf("made %s", got)
	}
	text := filepath.Join(dir, "text.db")
	write(t, text, strings.Repeat("not a database\n", 100))
	r2, err := sqlite.OpenForeign(text)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r2.Close() }()
	if _, err := r2.Query(t.Context(), "SELECT 1"); err == nil || !strings.Contains(err.Error(), "not a database") {
		t.Errorf("error: %v", err)
	}
}
