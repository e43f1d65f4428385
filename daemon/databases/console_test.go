package databases

import (
	"strings"
	"testing"

	"vega/daemon/realtest"
	"vega/plugins/manifest"
)

// TestPgBouncer checks queries through PgBouncer in transaction mode, and on its
// admin console, which knows no transactions.
func TestPgBouncer(t *testing.T) {
	t.Parallel()
	through, console := realtest.PgBouncer(t, realtest.Postgres(t))
	d := testDatabases(t, Config{Name: "app", Driver: "postgres", DSN: manifest.Plain(through)}, Config{Name: "console", Driver: "postgres", DSN: manifest.Plain(console)})
	for _, a := range []ask{
		{"SELECT 1", "1", ""},
		{"SHOW transaction_read_only", "on", ""},
		{"WITH x AS (INSERT INTO t VALUES (1)) SELECT 1", "", "SQLSTATE"},
	} {
		for range 2 {
			a.check(t, d, "app")
		}
	}
	for range 2 {
		got, err := answer(t.Context(), d, "console", "SHOW POOLS")
		if err != nil || !strings.Contains(got, "transaction") {
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
