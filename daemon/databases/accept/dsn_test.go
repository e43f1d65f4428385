package accept

import (
	"strings"
	"testing"
)

// TestInvalidDSN checks that a data source name that a driver would misread is
// refused, that the error says how to correct it, and that it contains no part
// of it.
func TestInvalidDSN(t *testing.T) {
	for _, c := range []struct{ driver, dsn, want string }{
		{"postgres", "postgres://app@CANARY#X@127.0.0.1:1/x", "escape # as %23"},
		{"postgres", "postgres://app:CANARY#X@127.0.0.1:1/x", "escape # as %23"},
		{"postgres", "postgres://app:12/CANARY@127.0.0.1:1/x", "escape / as %2F"},
		{"postgres", "postgres://app:12?CANARY@127.0.0.1:1/x", "? as %3F"},
		{"postgres", "postgres://app:CANARY/x@127.0.0.1:1/x", "escape / as %2F"},
		{"postgres", "postgres://app:x@CANARY@127.0.0.1:1/x", "escape @ as %40"}, // uptime-kuma#3922
		{"postgres", "postgres://app@CANARY@127.0.0.1:1/x", "escape @ as %40"},
		{"postgres", "host='CANARY x' user=app", postgresForm},
		{"postgres", "postgres://app:CANARY%x@127.0.0.1:1/x", "escape % as %25"},
		{"postgres", "postgres://app:CANARY x@127.0.0.1:1/x", "escape a space as %20"},
		{"postgres", "postgres://app:CANARY@127.0.0.1:1/x\n", "remove the line break"},
		{"postgres", "postgres://app:CANARY@127.0.0.1:port/x", postgresForm},
		{"postgres", "postgres://app:CANARY@127.0.0.1:1/x?sslmode=CANARY", "sslmode must be one of disable, allow"},
		{"postgres", "host=127.0.0.1 password=CANARY sslmode=true", "sslmode must be one of disable, allow"},
		{"postgres", "postgres://app:CANARY@127.0.0.1:1/x?target_session_attrs=CANARY", "correct the values of its options"},
		{"postgres", "service=CANARY", "define its service in ~/.pg_service.conf"},
		{"postgres", "postgres://app:CANARY@%2Frun%2Fpostgresql/x", "?host=/run/postgresql"},
		{"postgres", "postgres://app:CANARY@127.0.0.1:1/x?sslmode=disable&channel_binding=require", "channel_binding = require needs TLS"},
		{"postgres", "postgres://app:CANARY@127.0.0.1:1/x?sslmode=verify-full&sslrootcert=/CANARY", "a file that the dsn names can't be read: no such file or directory"},
		{"postgres", "host=127.0.0.1 password=CANARY x user=app", postgresForm},
		{"postgres", "app:CANARY@tcp(127.0.0.1:1)/x", `set driver = "mysql"`},
		{"postgres", "mysql://app:CANARY@127.0.0.1:1/x", postgresForm},
		{"postgres", "CANARY", postgresForm},
		{"mysql", "postgres://app:CANARY@127.0.0.1:1/x", `set driver = "postgres"`},
		{"mysql", "mysql://app:CANARY@127.0.0.1:1/x", "which is not a URL"},
		{"mysql", "app:CANARY@127.0.0.1:1/x", mysqlForm},
		{"mysql", "app:CANARY@tcp(127.0.0.1:1)", mysqlForm},
		{"mysql", "app:CANARY@tcp(127.0.0.1:1)/x?parseTime=CANARY", mysqlForm},
		{"mysql", "app:CANARY@tcp(127.0.0.1:1)/x?tls=CANARY&timeout=1s", "tls is true, false, skip-verify or preferred"},
		{"mysql", "app:CANARY@udp(127.0.0.1:1)/x", "use tcp(host:3306) or unix("},
		{"sqlite", "postgres://app:CANARY@127.0.0.1:1/x", "set driver to postgres or mysql"},
		{"sqlite", "file:CANARY.db?mode=rw", sqliteForm},
	} {
		err := DSN(c.driver, c.dsn)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q: %v; want %q", c.driver, c.dsn, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: the error quotes the dsn: %v", c.driver, err)
		}
	}
	for _, c := range []struct{ driver, dsn string }{
		{"postgres", "postgres://app:p%40ss@[fe80::1%25eth0]:1,münchen.example:2,a_b:3/x"},
		{"postgres", "postgresql://app:p%23ss@h1:1,h2:2/x?sslmode=disable"},
		{"postgres", "host=127.0.0.1 user=app password='a b#c'"},
		{"postgres", "postgres:///x?host=/run/postgresql"},
		{"postgres", "postgres://app:a%2Fb@127.0.0.1:1/x?channel_binding=require"},
		{"mysql", "app:p@s/s#@tcp(127.0.0.1:1)/x"},
		{"mysql", "app@unix(/run/mysqld/mysqld.sock)/x"},
		{"sqlite", "/var/lib/app/a#b?.db"},
	} {
		if err := DSN(c.driver, c.dsn); err != nil {
			t.Errorf("%s: %q: %v", c.driver, c.dsn, err)
		}
	}
}
