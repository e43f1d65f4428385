package databases

import (
	"slices"
	"strings"
	"testing"

	"vega/daemon/realtest"
)

// rightsOn returns the rights of the user of a DSN.
func rightsOn(t *testing.T, driver, dsn string) []string {
	t.Helper()
	all := testDatabases(t, Config{Name: "app", Driver: driver, DSN: secretDSN(dsn)}).Rights(t.Context())
	if len(all) != 1 || all[0].Database != "app" || all[0].Fix == "" {
		t.Fatalf("%+v", all)
	}
	return all[0].May
}

func TestPostgresRights(t *testing.T) {
	t.Parallel()
	dsn := realtest.Postgres(t)
	if may := rightsOn(t, "postgres", dsn); !slices.Equal(may, []string{"do anything (superuser)"}) {
		t.Errorf("the superuser: %q", may)
	}
	reader := strings.Replace(dsn, "vega:"+realtest.Password, "reader:reader-password", 1)
	fill(t, "postgres", dsn, "CREATE TABLE t (a int)", "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
		"CREATE ROLE reader LOGIN PASSWORD 'reader-password'", "GRANT SELECT ON t TO reader", "GRANT pg_monitor TO reader")
	if may := rightsOn(t, "postgres", reader); len(may) != 0 {
		t.Errorf("a read-only role: %q", may)
	}
	for grant, want := range map[string]string{
		"GRANT DELETE ON t TO reader":               "write to tables",
		"GRANT CREATE ON SCHEMA public TO reader":   "create tables",
		"GRANT CREATE ON DATABASE app TO reader":    "create schemas",
		"GRANT pg_signal_backend TO reader":         "terminate other sessions",
		"GRANT pg_read_server_files TO reader":      "read files on the server",
		"GRANT pg_execute_server_program TO reader": "run programs on the server",
		"ALTER ROLE reader CREATEROLE":              "create roles",
	} {
		fill(t, "postgres", dsn, grant)
		if may := rightsOn(t, "postgres", reader); !slices.Contains(may, want) {
			t.Errorf("after %s: %q", grant, may)
		}
	}
}

func TestMariaDBRights(t *testing.T) {
	t.Parallel()
	dsn := realtest.MariaDB(t)
	if may := rightsOn(t, "mysql", dsn); !slices.Contains(may, "FILE") || !slices.Contains(may, "DELETE") || slices.Contains(may, "SELECT") {
		t.Errorf("%q", may)
	}
}
