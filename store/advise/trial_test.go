package advise_test

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

	"modernc.org/sqlite"

	"vega/store/advise"
)

// shop returns a database like those of the programs that the statements of the
// tests come from.
func shop(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "shop.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	const n = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
	for _, s := range []string{
		"CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, org INTEGER, name TEXT, deleted INTEGER, data TEXT, day TEXT, status TEXT)",
		n + `INSERT INTO users SELECT i, 'user' || (i * 7919 % 20000) || '@example.org', i * 31 % 400, 'Name ' || (i * 7919 % 5000), CASE WHEN i % 100 = 0 THEN 1 END,
			json_object('plan', 'p' || (i % 900)), datetime(1700000000 + i * 3700, 'unixepoch'), CASE WHEN i % 300 = 0 THEN 'new' ELSE 'done' END FROM n`,
		"CREATE TABLE orders (id INTEGER PRIMARY KEY, user INTEGER, status TEXT, total REAL, ts INTEGER, note TEXT)",
		"CREATE INDEX orders_status ON orders (status)",
		n + "INSERT INTO orders SELECT i, i * 2654435761 % 4000 + 1, 's' || (i * 7 % 8), i % 977, 1700000000 + i * 11, hex(i * 48271 % 100003) || printf('%0200d', i) FROM n",
	} {
		run(t, db, s)
	}
	return db
}

func TestIndexesAreThoseThatSaveMost(t *testing.T) {
	a := advisor(t, shop(t))
	for statement, want := range map[string]string{
		"SELECT * FROM orders WHERE user = ? ORDER BY ts DESC LIMIT 10":                     "user, ts",
		"SELECT max(ts) FROM orders WHERE user = ?":                                         "user, ts",
		"DELETE FROM users WHERE email = ?":                                                 "email",
		"DELETE FROM users WHERE email = 'user77@example.org'":                              "email",
		"SELECT * FROM orders WHERE status = ? AND user = ?":                                "status, user", // better than the existing one
		"SELECT * FROM orders WHERE status = ? ORDER BY ts DESC LIMIT 10":                   "status, ts",
		"SELECT * FROM users WHERE org IN (?) ORDER BY id LIMIT 5":                          "org",
		"SELECT * FROM users WHERE status = ?":                                              "status", // for its rare value
		"SELECT * FROM users WHERE json_extract(data, '$.plan') = 'p7'":                     "json_extract(data, '$.plan')",
		"SELECT * FROM users WHERE data ->> '$.plan' = ?":                                   "data ->> '$.plan'",
		"SELECT * FROM users WHERE date(day) = ?":                                           "date(day)",
		"SELECT * FROM users WHERE email LIKE 'user77%'":                                    "email COLLATE NOCASE",
		"SELECT * FROM users WHERE email LIKE ?":                                            "email COLLATE NOCASE",
		"SELECT * FROM users WHERE name GLOB 'Name 77*'":                                    "name",
		"SELECT * FROM users WHERE deleted IS NOT NULL":                                     "deleted",
		"SELECT o.* FROM orders o JOIN users u ON u.id = o.user WHERE u.email = ?":          "user; email",
		"SELECT * FROM orders WHERE note LIKE '%ABCD%' ORDER BY ts LIMIT 10":                "",
		"SELECT count(*) FROM orders WHERE total >= 0":                                      "total", // it covers the statement
		"SELECT * FROM orders WHERE total >= 0 AND note <> ''":                              "",
		"SELECT * FROM users WHERE json_extract(data, ?) = ?":                               "",
		"SELECT * FROM users WHERE status = 'done' AND name <> 'x' ORDER BY email":          "",
		"INSERT INTO users (email) VALUES (?)":                                              "",
		"SELECT * FROM orders WHERE ts > ? AND ts < ? ORDER BY id LIMIT 20":                 "ts",
		"UPDATE orders SET status = ? WHERE user = ? AND ts = (SELECT max(ts) FROM orders)": "ts",
	} {
		t.Run(statement, func(t *testing.T) {
			got, err := a.Statement(t.Context(), statement)
			if err != nil || got.Reason != "" {
				t.Fatalf("%+v %v", got, err)
			}
			var indexes []string
			for _, x := range got.Indexes {
				indexes = append(indexes, strings.Join(x.Columns, ", "))
				if strings.Contains(x.Where, "=") {
					t.Errorf("a partial index for a value: %s", x.SQL)
				}
			}
			slices.Sort(indexes)
			wanted := strings.Split(want, "; ")
			slices.Sort(wanted)
			if strings.Join(indexes, "; ") != strings.Join(wanted, "; ") {
				t.Errorf("%q, want %q: %s", indexes, want, got)
			}
			if want != "" && got.After >= got.Before {
				t.Errorf("%d steps instead of %d", got.After, got.Before)
			}
			if strings.Contains(got.String(), "every row") {
				t.Errorf("it does not ask for every row: %s", got)
			}
		})
	}
}

// A third of the names begins like the first six letters of most, so a usual
// search is for more of them. Nobody knows what is searched for in a note: an
// index that helps only if many rows match is not recommended.
func TestPatternsThatAreNotKnown(t *testing.T) {
	db := shop(t)
	run(t, db, "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, note TEXT, ts INTEGER)")
	run(t, db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO people SELECT i, 'Name 1' || (i * 7919 % 20000), 'note ' || (i * 48271 % 100003), i * 7919 % 20011 FROM n")
	a := advisor(t, db)
	for statement, want := range map[string]string{
		"SELECT * FROM people WHERE name GLOB ?":                            "name",
		"SELECT * FROM people WHERE name LIKE ?":                            "name COLLATE NOCASE",
		"SELECT * FROM people WHERE name LIKE ? || '%'":                     "", // SQLite uses no index for an expression
		"SELECT * FROM people WHERE note LIKE '%' || ? || '%'":              "",
		"SELECT * FROM people WHERE note LIKE '%' || ? ORDER BY ts LIMIT ?": "",
	} {
		got, err := a.Statement(t.Context(), statement)
		if err != nil || got.Reason != "" {
			t.Fatalf("%+v %v", got, err)
		}
		indexes := ""
		for _, x := range got.Indexes {
			indexes += strings.Join(x.Columns, ", ")
		}
		if indexes != want || got.Prefix != (want != "") || got.Mixed {
			t.Errorf("%s: %q, want %q: %s", statement, indexes, want, got)
		}
	}
}

// A column of small ascending numbers, as the parents of bookmarks are, is sampled
// as one byte wide.
func TestAnIndexOnSmallAscendingNumbers(t *testing.T) {
	db := shop(t)
	run(t, db, "CREATE TABLE bookmarks (id INTEGER PRIMARY KEY, parent INTEGER, title TEXT)")
	run(t, db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO bookmarks SELECT i, i / 50, 't' || i FROM n")
	got, err := advisor(t, db).Statement(t.Context(), "SELECT title FROM bookmarks WHERE parent = ?")
	if err != nil || len(got.Indexes) != 1 || got.Indexes[0].BytesPerRow <= 0 {
		t.Errorf("%+v %v", got, err)
	}
}

// Of the rows with a literal, the copy has a tenth, and few cost little there.
func TestALiteralIsRareInTheCopy(t *testing.T) {
	db := shop(t)
	run(t, db, "CREATE TABLE messages (id INTEGER PRIMARY KEY, conversation TEXT, seen INTEGER, body TEXT)")
	run(t, db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) INSERT INTO messages SELECT i, 'c' || (i * 7919 % 200), i % 400 <> 0, printf('%0100d', i) FROM n")
	run(t, db, "CREATE INDEX messages_conversation ON messages (conversation)")
	a := advisor(t, db)
	for statement, want := range map[string]int{
		"SELECT count(*) FROM messages WHERE conversation = 'c150' AND seen = 0": 1,
		"SELECT count(*) FROM messages WHERE conversation = 'c7' AND seen = 0":   1,
		"SELECT body FROM messages WHERE id = 77 AND seen = 0":                   0,
	} {
		if got, err := a.Statement(t.Context(), statement); err != nil || len(got.Indexes) != want {
			t.Errorf("%s: %s %v", statement, got, err)
		}
	}
}

func TestSentencesOnPlansThatAreMixedOrGood(t *testing.T) {
	db := shop(t)
	run(t, db, "CREATE INDEX users_email ON users (email)")
	run(t, db, "CREATE INDEX users_lower ON users (lower( email ))")
	run(t, db, "CREATE TABLE kv (ns TEXT, k TEXT, v BLOB, expires INTEGER, PRIMARY KEY (ns, k)) WITHOUT ROWID")
	run(t, db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) INSERT INTO kv SELECT 'ns' || (i % 40), 'key' || i, printf('%020d', i), CASE WHEN i % 100 = 0 THEN 1700000000 + i END FROM n")
	a := advisor(t, db)
	got, err := a.Statement(t.Context(), "SELECT * FROM users WHERE lower(email) = ?")
	if err != nil || !got.Empty() {
		t.Errorf("with an index on the expression: %s %v", got, err)
	}
	got, err = a.Statement(t.Context(), "SELECT * FROM users WHERE json_extract(data, ?) = ?")
	if text := got.String(); err != nil || got.Tried || !strings.Contains(text, "an index supports json_extract(data, ?) only if the statement and the index have the same constant") {
		t.Errorf("without the path: %s %v", text, err)
	}
	got, err = a.Statement(t.Context(), "SELECT k, v FROM kv WHERE ns = ? AND expires < ?")
	if err != nil || len(got.Indexes) != 1 || got.Before == 0 || got.After == 0 {
		t.Errorf("%s %v", got, err)
	}
}

// With the statistics of a small table, SQLite reads the large one first.
func TestANALYZEAloneIsRecommended(t *testing.T) {
	db := shop(t)
	run(t, db, "CREATE TABLE flags (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER)")
	run(t, db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO flags SELECT i, i % 2, i FROM n")
	run(t, db, "CREATE INDEX flags_a ON flags (a)")
	run(t, db, "CREATE INDEX flags_b ON flags (b)")
	run(t, db, "ANALYZE")
	run(t, db, "UPDATE sqlite_stat1 SET stat = '20000 2' WHERE idx = 'flags_a'")
	run(t, db, "UPDATE sqlite_stat1 SET stat = '20000 9000' WHERE idx = 'flags_b'")
	a := advisor(t, db)
	const statement = "SELECT * FROM flags WHERE a = ? AND b = ?"
	got, err := a.Statement(t.Context(), statement)
	if err != nil || !got.Analyze || len(got.Indexes) > 0 || got.After >= got.Before || !strings.Contains(got.String(), "ANALYZE solves this") {
		t.Fatalf("%s %+v %v", got, got, err)
	}
	run(t, db, "ANALYZE")
	if got, err = a.Statement(t.Context(), statement); err != nil || !got.Empty() {
		t.Errorf("afterwards: %+v %v", got, err)
	}
}

// The database is only read, and an end of the context ends the trial.
func TestATrialIsBounded(t *testing.T) {
	db := shop(t)
	a := advisor(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Statement(ctx, "SELECT * FROM users a, users b, users c WHERE a.name > b.name AND b.name > c.name"); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	got, err := a.Statement(t.Context(), "DELETE FROM users WHERE org IN (SELECT a.org FROM users a, users b WHERE a.name > b.name)")
	if err != nil {
		t.Errorf("%+v %v", got, err)
	}
	var left int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM users").Scan(&left); err != nil || left != 20_000 {
		t.Errorf("%d rows are left, %v", left, err)
	}
	a.Rest()
	if got, err = a.Statement(t.Context(), "SELECT * FROM users WHERE email = ?"); err != nil || len(got.Indexes) != 1 {
		t.Errorf("after a rest: %+v %v", got, err)
	}
}

// What cannot be tried is not recommended: nobody knows whether it helps.
func TestWithoutATrialThereIsNoIndex(t *testing.T) {
	sqlite.MustRegisterDeterministicScalarFunction("vega_test_tax", 1, func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) { return int64(1), nil })
	for statement, schema := range map[string]string{
		"SELECT * FROM empty WHERE a = ?":                  "CREATE TABLE empty (a, b)",
		"SELECT * FROM users WHERE vega_test_tax(org) > 5": "CREATE TABLE other (a)",
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000) SELECT * FROM n JOIN users ON users.org = n.i": "CREATE TABLE third (a)",
	} {
		db := shop(t)
		run(t, db, schema)
		got, err := advisor(t, db).Statement(t.Context(), statement)
		if err != nil || len(got.Indexes) > 0 {
			t.Errorf("%s: %+v %v", statement, got, err)
		}
	}
}

// Values of odd types are copied as they are.
func TestRowsAreCopiedAsTheyAre(t *testing.T) {
	db := scratch(t, "CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP, flag BOOLEAN, body BLOB, twice INT GENERATED ALWAYS AS (id * 2), kind TEXT CHECK (kind <> 'x') NOT NULL, UNIQUE (at, id))",
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO t (id, at, flag, body, kind) SELECT i * 3, CASE i % 3 WHEN 0 THEN '2023-01-0' || (i % 9) || 'T00:00:00Z' WHEN 1 THEN i END, i % 2, CASE WHEN i % 7 THEN zeroblob(i % 20) ELSE x'00ff27' END, 'k' || (i % 500) FROM n",
		"CREATE TABLE w (a TEXT, b, PRIMARY KEY (a, b)) WITHOUT ROWID", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO w SELECT 'a''' || i, i % 800 FROM n")
	a := advisor(t, db)
	for statement, want := range map[string]string{
		"SELECT * FROM t WHERE kind = ?": "kind", "SELECT * FROM w WHERE b = ?": "b", "SELECT id FROM t WHERE twice = ?": "twice",
	} {
		got, err := a.Statement(t.Context(), statement)
		if err != nil || len(got.Indexes) != 1 || got.Indexes[0].Columns[0] != want {
			t.Errorf("%s: %v %v, want %s", statement, got, err, want)
		}
	}
}

func ExampleAdvice() {
	fmt.Println(advise.Advice{Problems: []string{"full scan of t"}, Tried: true})
	// Output: Full scan of t. None of the indexes that were tried on a copy of some of the rows makes it faster.
}
