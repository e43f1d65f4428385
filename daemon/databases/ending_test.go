package databases

import (
	"testing"

	"vega/daemon/realtest"
)

// The server ends a query soon after the run that sent it, even if it missed the
// cancellation. A shorter limit of the role stays. vega allows no query more than five minutes.
func TestServersEndQueriesThemselves(t *testing.T) {
	t.Parallel()
	dsn := realtest.Postgres(t)
	pooled, _ := realtest.PgBouncer(t, dsn, "statement")
	open := func() *Set {
		return testDatabases(t, Config{Name: "app", Driver: "postgres", DSN: secretDSN(dsn)}, Config{Name: "pooled", Driver: "postgres", DSN: secretDSN(pooled)})
	}
	limit := func(d *Set, name, least, most string) {
		t.Helper()
		query := "SELECT current_setting('statement_timeout')::interval BETWEEN '" + least + "' AND '" + most + "', current_setting('statement_timeout')"
		if got, err := answer(t.Context(), d, name, query); err != nil || got[:5] != "true " {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	d := open()
	for range 2 {
		limit(d, "app", "4min", "5min 1s")
		limit(d, "pooled", "4min", "5min 1s")
	}
	for _, shorter := range []string{"700ms", "90500ms", "2min"} {
		fill(t, "postgres", dsn, "ALTER ROLE vega SET statement_timeout = '"+shorter+"'")
		limit(open(), "app", shorter, shorter)
	}
	fill(t, "postgres", dsn, "ALTER ROLE vega SET statement_timeout = '2d'")
	limit(open(), "app", "4min", "5min 1s")
}
