package advise_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"vega/daemon/realtest"
	"vega/store/advise"
)

// conversations returns a database of 50,000 rows without an index.
func conversations(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	run(t, db, "PRAGMA journal_mode=WAL")
	run(t, db, `CREATE TABLE conversations (id INTEGER PRIMARY KEY, session_id TEXT NOT NULL, ts INTEGER NOT NULL,
		source TEXT NOT NULL, reviewed INTEGER NOT NULL DEFAULT 0, body TEXT)`)
	run(t, db, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<50000) INSERT INTO conversations
		SELECT i, printf('s%08d', (i*2654435761)%2500), 1700000000000+i*1000, 'src'||(i*7%5), i%20!=0, hex(randomblob(40)) FROM n`)
	return db
}

func run(t testing.TB, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(context.Background(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func advisor(t testing.TB, db *sql.DB) *advise.Advisor {
	t.Helper()
	a, err := advise.New(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// Every page of a history is found, and there is no more advice after creating
// the index.
func TestAdviceEndsWhenTheIndexExists(t *testing.T) {
	for statement, want := range map[string][]string{
		"SELECT * FROM conversations WHERE session_id = ? ORDER BY ts DESC, id DESC LIMIT 50":           {"session_id", "ts"},
		"SELECT * FROM conversations WHERE (ts, id) < (?, ?) ORDER BY ts DESC, id DESC LIMIT 50":        {"ts"},
		"SELECT * FROM conversations WHERE reviewed = ? ORDER BY ts DESC LIMIT 50":                      {"reviewed", "ts"},
		"SELECT * FROM conversations WHERE source = ? AND ts < ? ORDER BY ts DESC LIMIT 50":             {"source", "ts"},
		"DELETE FROM conversations WHERE ts < ?":                                                        {"ts"},
		"SELECT count(*) FROM conversations WHERE session_id = ? AND source = ? AND ts BETWEEN ? AND ?": nil, // any index that avoids the scan
	} {
		t.Run(statement, func(t *testing.T) {
			db := conversations(t)
			a := advisor(t, db)
			got, err := a.Statement(t.Context(), statement)
			if err != nil || len(got.Indexes) != 1 || len(got.Problems) == 0 {
				t.Fatalf("%+v %v", got, err)
			}
			x := got.Indexes[0]
			if want != nil && !slices.Equal(x.Columns, want) {
				t.Errorf("%s, want %v", x.SQL, want)
			}
			if x.BytesPerRow <= 0 || x.BytesPerRow > 100 || x.WALBytesPerInsert <= 0 || x.TotalBytes < 50_000 {
				t.Errorf("the cost is %+v", x.Cost)
			}
			if text := got.String(); !strings.Contains(text, x.SQL) || !strings.Contains(text, "per row") {
				t.Errorf("%q", text)
			}
			run(t, db, x.SQL)
			again, err := a.Statement(t.Context(), statement)
			if err != nil || len(again.Problems) > 0 || len(again.Indexes) > 0 {
				t.Errorf("with %s: %+v %v", x.SQL, again, err)
			}
		})
	}
}

// Problems that an index cannot solve are reported, and statements that cannot
// be analyzed have a reason.
func TestProblemsWithoutAnIndex(t *testing.T) {
	db := conversations(t)
	a := advisor(t, db)
	for statement, want := range map[string]string{
		"SELECT * FROM conversations WHERE id = ?":                                                           "",
		"SELECT * FROM conversations WHERE ts < ? OR (ts = ? AND id < ?) ORDER BY ts DESC, id DESC LIMIT 50": "(ts, id) <",
		"SELECT * FROM conversations WHERE session_id = ? ORDER BY ts LIMIT ? OFFSET ?":                      "OFFSET",
		"SELECT * FROM conversations WHERE body LIKE '%x'":                                                   "wildcard",
		"SELECT nope(1)":     "no such function",
		"SELECT 1; SELECT 2": "No advice",
		"nonsense":           "No advice",
		"":                   "No advice",
	} {
		got, err := a.Statement(t.Context(), statement)
		if err != nil || !strings.Contains(got.String(), want) || want == "" && got.String() != "" {
			t.Errorf("%s: %q %v, want %q", statement, got, err, want)
		}
	}
}

// Statements that are hard to plan get no advice and take little time.
func TestHostileStatementsAreBounded(t *testing.T) {
	db := conversations(t)
	a := advisor(t, db)
	var joins []string
	for range 60 {
		joins = append(joins, "conversations")
	}
	for _, statement := range []string{
		"SELECT * FROM " + strings.Join(joins, " NATURAL JOIN "),
		"SELECT * FROM conversations WHERE " + strings.Repeat("ts = ? OR ", 1000) + "ts = ?",
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT * FROM n, conversations",
		strings.Repeat("(", 100_000), "SELECT '" + strings.Repeat("x", 1<<20), "\x00\xff",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), realtest.Patience)
		if _, err := a.Statement(ctx, statement); err != nil {
			t.Errorf("%.60s: %v", statement, err)
		}
		cancel()
	}
	if got, err := a.Statement(t.Context(), "SELECT * FROM conversations WHERE source = ? AND session_id = ?"); err != nil || len(got.Indexes) == 0 {
		t.Errorf("afterwards: %+v %v", got, err)
	}
}

func BenchmarkStatement(b *testing.B) {
	db := conversations(b)
	a := advisor(b, db)
	for b.Loop() {
		if _, err := a.Statement(b.Context(), "SELECT * FROM conversations WHERE session_id = ? ORDER BY ts DESC, id DESC LIMIT 50"); err != nil {
			b.Fatal(err)
		}
	}
}
