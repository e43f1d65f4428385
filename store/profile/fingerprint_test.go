package profile_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"vega/store/profile"
)

func TestStatementIsTheQueryWithoutItsValues(t *testing.T) {
	for _, c := range []struct {
		dialect     profile.Dialect
		query, want string
	}{
		{profile.Standard, "SELECT * FROM t WHERE a = 'x' AND b = 12.5e-3", "SELECT * FROM t WHERE a = ? AND b = ?"},
		{profile.Standard, "  select\n\ta,b  from t -- why\nwhere/* x */a=$1 ;", "select a, b from t where a = ?"},
		{profile.Standard, "SELECT 'it''s', x'00ff', N'é', .5, 0x1F, 1_000", "SELECT ?, ?, ?, ?, ?, ?"},
		{profile.Standard, `SELECT "order"."a 1" FROM "order"`, `SELECT "order"."a 1" FROM "order"`},
		{profile.Standard, "SELECT a FROM t WHERE b IN (1, 2,3)", "SELECT a FROM t WHERE b IN (?)"},
		{profile.Standard, "SELECT a FROM t WHERE (b, c) IN ((1, 'x'), (-2, NULL))", "SELECT a FROM t WHERE (b, c) IN (?)"},
		{profile.Standard, "SELECT a FROM t WHERE b NOT IN (SELECT c FROM u WHERE d = 4)", "SELECT a FROM t WHERE b NOT IN (SELECT c FROM u WHERE d = ?)"},
		{profile.Standard, "INSERT INTO t (a, b) VALUES (1, now()), (2, now()), (3, now()) ON CONFLICT DO NOTHING", "INSERT INTO t(a, b) VALUES (?, now()) ON CONFLICT DO NOTHING"},
		{profile.Standard, "SELECT count(*), t.* FROM t1 t LIMIT 10 OFFSET 20", "SELECT count(*), t.* FROM t1 t LIMIT ? OFFSET ?"},
		{profile.Standard, "SELECT 'without an end", "SELECT ?"},
		{profile.Standard, `SELECT 1 AS "without an end`, "SELECT ? AS ?"},
		{profile.Standard, "BEGIN; UPDATE t SET a = 1; COMMIT;", "BEGIN; UPDATE t SET a = ?; COMMIT"},
		{profile.Standard, "", ""},
		{profile.Standard, "SELECT \xff FROM t", "SELECT \uFFFD FROM t"},
		{profile.SQLite, "SELECT [a 1], `b` FROM t WHERE c = ?1 AND d = :d AND e = @e AND f = $f", "SELECT [a 1], `b` FROM t WHERE c = ? AND d = ? AND e = ? AND f = ?"},
		{profile.SQLite, `SELECT 'C:\', 'b'`, "SELECT ?, ?"},
		{profile.Postgres, `SELECT E'it\'s' || 'C:\', U&'\0041'`, "SELECT ? || ?, U & ?"},
		{profile.Postgres, "SELECT $$it's$$, $tag$ $$ $tag$, $1::text, a[1:2]", "SELECT ?, ?, ?::text, a[? ?]"},
		{profile.Postgres, "SELECT a->>'k', b @> '{}', c#>'{x}' FROM t WHERE d = ANY($1::int[]) AND e = ARRAY[1,2,3]", "SELECT a ->> ?, b @> ?, c #> ? FROM t WHERE d = ANY (?::int[]) AND e = ARRAY[?]"},
		{profile.Postgres, "SELECT /* a /* nested */ secret */ 1", "SELECT ?"},
		{profile.Postgres, "SELECT a-5, -5, a=-5", "SELECT a - ?, ?, a = ?"},
		{profile.Postgres, "CREATE ROLE r LOGIN PASSWORD 'hunter2' VALID UNTIL $$tomorrow$$", "CREATE ROLE r LOGIN PASSWORD ? VALID UNTIL ?"},
		{profile.Postgres, "SET LOCAL app.tenant = acme; SET search_path TO a, \"b\"; SELECT a = b", "SET LOCAL app.tenant = ?; SET search_path TO ?; SELECT a = b"},
		{profile.Postgres, "ALTER ROLE r IN DATABASE d SET app.token TO hunter2", "ALTER ROLE r IN DATABASE d SET app.token TO ?"},
		{profile.Postgres, "ALTER TABLE t ALTER a SET DEFAULT now(), ALTER b TYPE int USING b = c", "ALTER TABLE t ALTER a SET DEFAULT now(), ALTER b TYPE int USING b = c"},
		{profile.Postgres, "SET a =", "SET a ="},
		{profile.Postgres, "UPDATE t SET a = b", "UPDATE t SET a = b"},
		{profile.Postgres, "INSERT INTO t (a, b, c, d) VALUES (NULL, -1, DEFAULT, true), (1, 2, 3, 4)", "INSERT INTO t(a, b, c, d) VALUES (?, ?, ?, ?)"},
		{profile.Postgres, "SELECT a - -1, (-(2)), b - 3, -.5, .5, - +1 FROM t WHERE c IS NULL AND d IS NOT NULL AND e = NULL AND f IS DISTINCT FROM NULL", "SELECT a - ?, (- (?)), b - ?, ?, ?, ? FROM t WHERE c IS NULL AND d IS NOT NULL AND e = ? AND f IS DISTINCT FROM ?"},
		{profile.Postgres, "CREATE TABLE t (a int NOT NULL DEFAULT NULL REFERENCES u ON DELETE SET NULL)", "CREATE TABLE t(a int NOT NULL DEFAULT NULL REFERENCES u ON DELETE SET NULL)"},
		{profile.Postgres, "SELECT INTERVAL '1 day', DATE '2020-01-01', B'01', 1e5, 1.5E-3, 0b11, 5., 1_000, U&'x' UESCAPE '!'", "SELECT INTERVAL ?, DATE ?, ?, ?, ?, ?, ?, ?, U & ? UESCAPE ?"},
		{profile.Postgres, "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET app.token = hunter2 AS $$SELECT 1$$", "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET app.token = ?"},
		{profile.Postgres, "SET a =; SELECT 1", "SET a =; SELECT ?"},
		{profile.Standard, "SELECT q'[it's hunter2]', nq'!don't!', Q'(a'b)' /* a /* b */ hunter2 */ FROM t", "SELECT ?, ?, ? FROM t"},
		{profile.SQLite, `PRAGMA key = "x'2DD2'"`, "PRAGMA key = ?"},
		{profile.SQLite, "PRAGMA key = hunter2; PRAGMA main.rekey('hunter2'); PRAGMA hexkey(hunter2); PRAGMA table_info(users); PRAGMA wal_checkpoint", "PRAGMA key = ?; PRAGMA main.rekey(?); PRAGMA hexkey(?); PRAGMA table_info(users); PRAGMA wal_checkpoint"},
		{profile.SQLite, `ATTACH DATABASE "hunter2.db" AS other KEY hunter2`, "ATTACH ? AS other KEY ?"},
		{profile.SQLite, `VACUUM INTO "hunter2.db"`, "VACUUM INTO ?"},
		{profile.SQLite, `EXPLAIN QUERY PLAN PRAGMA key = hunter2`, "EXPLAIN QUERY PLAN PRAGMA key = ?"},
		{profile.SQLite, `SELECT * FROM t WHERE email = "alice@example.org" AND a IN ("x", "y") AND b LIKE "x%" AND lower("Z") = c`, "SELECT * FROM t WHERE email = ? AND a IN (?) AND b LIKE ? AND lower(?) = c"},
		{profile.SQLite, `SELECT "a" "one", t."b", "c" AS "two" FROM "x" "y", "z" JOIN "w" USING ("k") WHERE "b" = "v" ORDER BY "two"`, `SELECT ? "one", t."b", ? AS "two" FROM "x" "y", "z" JOIN "w" USING ("k") WHERE "b" = ? ORDER BY "two"`},
		{profile.SQLite, `INSERT INTO "t" ("a", "b") VALUES ("x", 'y') ON CONFLICT ("a") DO UPDATE SET "b" = "x" RETURNING "b"`, `INSERT INTO "t"("a", "b") VALUES (?, ?) ON CONFLICT("a") DO UPDATE SET "b" = ? RETURNING "b"`},
		{profile.SQLite, `UPDATE "t" SET "a" = "x", "b" = 1 WHERE "a" IS "y" OR "c" GLOB "z*"`, `UPDATE "t" SET "a" = ?, "b" = ? WHERE "a" IS ? OR ? GLOB ?`},
		{profile.SQLite, `CREATE TABLE IF NOT EXISTS "t" ("a" TEXT DEFAULT "x" CHECK ("a" <> "y"), "b" INT, PRIMARY KEY ("a", "b"))`, `CREATE TABLE IF NOT EXISTS "t"("a" TEXT DEFAULT ? CHECK("a" <> ?), "b" INT, PRIMARY KEY("a", "b"))`},
		{profile.SQLite, `CREATE UNIQUE INDEX "i" ON "t" ("a", "b") WHERE "c" = "x"`, `CREATE UNIQUE INDEX "i" ON "t"("a", "b") WHERE ? = ?`},
		{profile.SQLite, "SELECT [a], `b` FROM t WHERE [a] = \"`b`\"", "SELECT [a], `b` FROM t WHERE [a] = ?"},
		{profile.MySQL, "INSERT INTO t VALUES (_utf8mb4'x', x'00', X\"00\", b'1', 0xff, N'y', DATE '2020-01-01', -1, NULL, TRUE, DEFAULT)", "INSERT INTO t VALUES (_utf8mb4 ?, ?, X ?, ?, ?, ?, DATE ?, ?, ?, ?, ?)"},
		{profile.MySQL, "SELECT a + INTERVAL -5 DAY /*! , 'hunter2' */ FROM t -- hunter2", "SELECT a + INTERVAL ? DAY FROM t"},
		{profile.MySQL, "SELECT `a b`, \"text\", 'it\\'s', 5--3 # why\nFROM t", "SELECT `a b`, ?, ?, ? - ? FROM t"},
		{profile.MySQL, "SET @x = 'v', @@session.sql_mode = ''", "SET @x = ?, @@session.sql_mode = ?"},
		{profile.MySQL, "INSERT INTO t VALUES (1,2),(3,4) ON DUPLICATE KEY UPDATE a = VALUES(a), b = (c)", "INSERT INTO t VALUES (?, ?) ON DUPLICATE KEY UPDATE a = VALUES (a), b = (c)"},
	} {
		got, _ := profile.Normalize(c.query, c.dialect)
		if got != c.want {
			t.Errorf("%q\n\tis  %q\n\twant %q", c.query, got, c.want)
		}
	}
}

func TestFingerprint(t *testing.T) {
	fingerprint := func(query string) string {
		_, f := profile.Normalize(query, profile.Standard)
		return f
	}
	first := fingerprint("SELECT a FROM t WHERE b = 1")
	for _, query := range []string{
		"select A from T where B=?", "SELECT a FROM t WHERE b = 'x';", "SELECT /* */ a\nFROM t WHERE b = :b",
	} {
		if fingerprint(query) != first {
			t.Errorf("%s has another fingerprint", query)
		}
	}
	for _, query := range []string{
		"SELECT a FROM t WHERE c = 1", "SELECT a FROM t WHERE b < 1", `SELECT "A" FROM t WHERE b = 1`, "",
	} {
		if fingerprint(query) == first {
			t.Errorf("%s has the same fingerprint", query)
		}
	}
	if fingerprint(`SELECT "a"`) == fingerprint(`SELECT "A"`) {
		t.Error("names in quotes differ by case")
	}
	if first != fingerprint("SELECT a FROM t WHERE b = 2") || len(first) != 16 {
		t.Errorf("%q, want 16 digits", first)
	}
}

func TestLongQueriesAreCut(t *testing.T) {
	long := "SELECT a FROM t WHERE " + strings.Repeat("é = 'x' AND ", 100_000) + "b = 1"
	statement, _ := profile.Normalize(long, profile.Standard)
	if len(statement) > 2100 || !strings.HasSuffix(statement, " …") || !utf8.ValidString(statement) {
		t.Errorf("%d bytes, ends with %q", len(statement), statement[len(statement)-20:])
	}
}

// literals formats a string as a literal of each dialect.
var literals = map[profile.Dialect][]func(string) string{
	profile.Standard: {single},
	profile.SQLite:   {single},
	profile.Postgres: {single, dollar, func(s string) string { return "E" + backslashed(s, "'") }},
	profile.MySQL:    {func(s string) string { return backslashed(s, "'") }, func(s string) string { return backslashed(s, `"`) }},
}

func single(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func dollar(s string) string {
	for tag := "$q$"; ; tag = tag[:len(tag)-1] + "q$" {
		if !strings.Contains(s+"$", tag) {
			return tag + s + tag
		}
	}
}

func backslashed(s, quote string) string {
	return quote + strings.NewReplacer(`\`, `\\`, quote, `\`+quote).Replace(s) + quote
}

// FuzzLiteral uses arbitrary strings as literals in queries. A literal must
// neither appear in the statement nor change the fingerprint.
func FuzzLiteral(f *testing.F) {
	for _, text := range []string{"secret", "it's", `C:\`, `"`, "$$", "$q$", "--", "/*", "a', 'b", "\x00", "é\xff", "`", `\'`, "?", ");"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1000 {
			return
		}
		for dialect, ways := range literals {
			for _, write := range ways {
				for _, frame := range []string{"SELECT a FROM t WHERE b = ?", "INSERT INTO t VALUES (1, ?), (2, 'x')", "SELECT a FROM t WHERE b IN ('x', ?, 3) OR c LIKE ?"} {
					query := strings.ReplaceAll(frame, "?", write(text))
					got, fingerprint := profile.Normalize(query, dialect)
					want, same := profile.Normalize(strings.ReplaceAll(frame, "?", "'x'"), dialect)
					if got != want || fingerprint != same {
						t.Errorf("dialect %d: %q is %q, want %q", dialect, query, got, want)
					}
				}
			}
		}
	})
}

// FuzzNormalize accepts any input as a query. The result must be valid text,
// and normalizing it again must not change it.
func FuzzNormalize(f *testing.F) {
	for _, query := range []string{
		"SELECT a.b, c::text FROM [x y] WHERE d IN (1,2) AND e = $1", "VALUES (1),(2)", "/*", "'", "$a$", "5--3", "e'\\''", ":a:::b", ". .5", "[ ]", "@@a @b", "- - -1", "array[1,2]", "in (", "values ((", "set a = b; alter c set d to e f", "set=;0", "set=;;", "pragma a=;b", `select "a" from "b"`, "attach a as b key c", "q'[a]'", "- - null", "values(default)",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		for _, dialect := range []profile.Dialect{profile.Standard, profile.SQLite, profile.Postgres, profile.MySQL} {
			once, fingerprint := profile.Normalize(query, dialect)
			if !utf8.ValidString(once) {
				t.Errorf("dialect %d: %q becomes %q, which is not valid text", dialect, query, once)
			}
			if strings.HasSuffix(once, "…") {
				continue // truncated
			}
			if twice, again := profile.Normalize(once, dialect); twice != once || again != fingerprint {
				t.Errorf("dialect %d: %q becomes %q and then %q", dialect, query, once, twice)
			}
		}
	})
}

// FuzzRedact looks for a literal in a PostgreSQL plan.
func FuzzRedact(f *testing.F) {
	f.Add("secret")
	f.Add("two\nlines  (cost=1.00..2.00 rows=3 width=4)\n")
	f.Add("it's (cost=0.00..1.00 rows=1 width=1)")
	f.Fuzz(func(t *testing.T, text string) {
		plan := func(literal string) string {
			return "Seq Scan on t  (cost=0.00..35.50 rows=10 width=4)\n  Filter: (x = " + literal + "::text)\n  ->  Result  (cost=0.00..0.01 rows=1 width=0)"
		}
		if got, want := profile.Redact(plan(single(text))), plan("?"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}
