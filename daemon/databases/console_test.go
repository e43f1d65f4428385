package databases

import (
	"strings"
	"testing"

	"vega/daemon/realtest"
	"vega/plugins/manifest"
)

// TestPgBouncer checks queries through PgBouncer in each of its modes, and on its
// admin console, which knows no transactions.
func TestPgBouncer(t *testing.T) {
	t.Parallel()
	dsn := realtest.Postgres(t)
	fill(t, "postgres", dsn, "CREATE TABLE t (a int)")
	for _, mode := range []string{"session", "transaction", "statement"} {
		t.Run(mode, func(t *testing.T) { testPgBouncer(t, dsn, mode) })
	}
}

func testPgBouncer(t *testing.T, dsn, mode string) {
	through, console := realtest.PgBouncer(t, dsn, mode)
	d := testDatabases(t, Config{Name: "app", Driver: "postgres", DSN: manifest.Plain(through)}, Config{Name: "console", Driver: "postgres", DSN: manifest.Plain(console)})
	for _, a := range []ask{
		{"SELECT 1", "1", ""},
		{"SHOW transaction_read_only", "on", ""},
		{"SELECT n FROM generate_series(1, 3) n", "1 2 3", ""},
		{"SELECT NULL, true, 1.5::float8, 2.50::numeric, 'x'::bytea, 'a', 7::oid, '[1]'::json", " true 1.5 2.50 x a 7 [1]", ""},
		{"SELECT timestamptz '2026-01-02 03:04:05Z' = now(), date '2026-01-02'", "false 2026-01-02T00:00:00Z", ""},
		{"SELECT 1 FROM nope", "", "SQLSTATE 42P01"},
		{"SELECT 1 / (n - 2) FROM generate_series(1, 3) n", "", "SQLSTATE 22012"},
		{"WITH x AS (INSERT INTO t VALUES (1) RETURNING a) SELECT * FROM x", "", "SQLSTATE 25006"},
		{"SELECT set_config('transaction_read_only', 'off', true)", "", "SQLSTATE 25001"},
		{"SELECT 1 AS a$b$; SELECT 2 -- $b$", "", "SQLSTATE 42601"},
	} {
		for range 2 {
			a.check(t, d, "app")
		}
	}
	// Before PostgreSQL 16, a read-only transaction can do this.
	_, _ = answer(t.Context(), d, "app", "SELECT lo_create(0)")
	ask{"SELECT count(*) FROM pg_largeobject_metadata", "0", ""}.check(t, d, "app")
	for range 2 {
		got, err := answer(t.Context(), d, "console", "SHOW POOLS")
		if err != nil || !strings.Contains(got, mode) {
			t.Errorf("SHOW POOLS: %q, %v", got, err)
		}
		ask{"SHOW VERSION;", "PgBouncer", ""}.checkPart(t, d, "console")
	}
	for _, query := range []string{"SELECT 1", "SHOW POOLS -- x"} {
		ask{query, "", "on the console of PgBouncer, a query must be SHOW and a name"}.check(t, d, "console")
	}
	ask{"SHUTDOWN", "", "must begin with"}.check(t, d, "console")
	ask{"SHOW POOLS; SHUTDOWN", "", "must be a single statement"}.check(t, d, "console")
	ask{"SHOW NONSENSE", "", "SQLSTATE"}.check(t, d, "console")
	ask{"SHOW VERSION", "PgBouncer", ""}.checkPart(t, d, "console")
}

// checkPart is like check, but want may be a part of the result.
func (a ask) checkPart(t *testing.T, d *Set, database string) {
	t.Helper()
	if got, err := answer(t.Context(), d, database, a.query); err != nil || !strings.Contains(got, a.want) {
		t.Errorf("%s: %q, %v; want %q in it", a.query, got, err, a.want)
	}
}
