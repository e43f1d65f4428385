package realtest

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// PgBouncer starts PgBouncer in front of the PostgreSQL of a DSN, with a pool_mode,
// and returns the DSNs of the database through it and of its admin console.
func PgBouncer(t testing.TB, dsn, mode string) (through, console string) {
	t.Helper()
	program := Program(t, "pgbouncer", "pgbouncer")
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	cred := credential(t, "postgres") // it refuses to run as root
	dir, port := directory(t, cred), FreePort(t)
	config, users := filepath.Join(dir, "pgbouncer.ini"), filepath.Join(dir, "users")
	write(t, users, fmt.Sprintf("%q %q\n", "vega", Password))
	write(t, config, fmt.Sprintf(pgbouncerConfig, u.Hostname(), u.Port(), Password, port, users, mode))
	serve(t, cred, dir, "127.0.0.1:"+port, connected, program, "-q", config)
	u.Host = "127.0.0.1:" + port
	through = u.String()
	return through, strings.Replace(through, "/app?", "/pgbouncer?", 1)
}

const pgbouncerConfig = `[databases]
app = host=%s port=%s dbname=app user=vega password=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
unix_socket_dir =
auth_type = plain
auth_file = %s
pool_mode = %s
stats_users = vega
ignore_startup_parameters = extra_float_digits
`
