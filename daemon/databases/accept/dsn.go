package accept

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
)

// Error says what is wrong with a data source name and how to correct it.
type Error struct {
	What string
	Fix  string

	cause error // may quote the data source name, so it is not printed
}

// Error returns what is wrong and how to correct it.
func (e *Error) Error() string { return e.What + ": " + e.Fix }

// Unwrap returns the driver's error, or nil.
func (e *Error) Unwrap() error { return e.cause }

// Forms of data source names.
const (
	postgresForm = "use the form postgres://user:password@host:5432/name"
	mysqlForm    = "use the form user:password@tcp(host:3306)/name"
	sqliteForm   = "use the path of the file, without file: or parameters"
)

// Postgres parses a data source name for PostgreSQL. Like the driver, it reads
// the files that the name refers to and the PG… variables.
func Postgres(dsn string) (*pgx.ConnConfig, error) {
	if err := postgresURL(dsn); err != nil {
		return nil, err
	}
	if err := postgresFiles(dsn); err != nil {
		return nil, err
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, refused(err, postgresFix(dsn))
	}
	if err := postgresHosts(config); err != nil {
		return nil, err
	}
	return config, postgresOptions(config)
}

// hostName matches what a host can be: a name, an address with or without a
// zone, or the directory of a Unix socket.
var hostName = regexp.MustCompile(`^(/|[A-Za-z]:\\|[\pL\pN._:%-]+$)`)

// postgresHosts checks that what the driver took for hosts can be hosts. A part
// of a password must never be looked up as one.
func postgresHosts(config *pgx.ConnConfig) error {
	hosts := []string{config.Host}
	for _, f := range config.Fallbacks {
		hosts = append(hosts, f.Host)
	}
	for _, host := range hosts {
		if !hostName.MatchString(host) {
			return invalid(postgresForm + ", and escape special characters of the user and the password, such as @ as %40")
		}
	}
	return nil
}

// postgresURL finds characters that would make the driver take a part of the
// password for the host or the name of the database.
func postgresURL(dsn string) error {
	scheme, rest, isURL := strings.Cut(dsn, "://")
	switch {
	case strings.ContainsAny(dsn, "\r\n\x00"):
		return invalid("remove the line break")
	case !isURL && strings.Contains(dsn, "@tcp("):
		return invalid(`this is the form for MySQL; set driver = "mysql", or ` + postgresForm)
	case !isURL && !strings.Contains(dsn, "="):
		return invalid(postgresForm)
	case !isURL:
		return nil
	case scheme != "postgres" && scheme != "postgresql":
		return invalid(postgresForm)
	case strings.Contains(rest, "#"):
		return invalid("escape # as %23")
	case strings.ContainsAny(rest, " \t"):
		return invalid("escape a space as %20")
	}
	authority := rest
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		authority = rest[:i]
	}
	if !strings.Contains(authority, "@") && strings.Contains(rest, "@") {
		return invalid("in the user and the password, escape / as %2F, ? as %3F and @ as %40")
	}
	_, host, _ := strings.Cut(authority, "@")
	switch {
	case strings.Contains(host, "@"): // the driver takes what follows the first one for the host
		return invalid("in the user and the password, escape @ as %40")
	case strings.Contains(host, "%2F") || strings.Contains(host, "%2f"):
		return invalid("write the directory of a Unix socket as host: postgres://user:password@/name?host=/run/postgresql")
	}
	if _, err := url.Parse(dsn); errors.As(err, new(url.EscapeError)) {
		return invalid("escape % as %25")
	}
	return nil
}

// Options of data source names for PostgreSQL.
var (
	sslmode = regexp.MustCompile(`[?&\s]sslmode\s*=\s*'?([^&\s']*)`)
	file    = regexp.MustCompile(`(?:^|[?&\s])(?:sslrootcert|sslcert|sslkey|passfile|servicefile)\s*=\s*('[^']*'|[^&\s]*)`)
	service = regexp.MustCompile(`(?:^|[?&\s])service\s*=`)
	options = regexp.MustCompile(`\?.|^[^:/?]*=`)
)

// postgresFiles finds files that the driver would wait for, or read, without end.
// They are named by the data source name, the PG… variables or their default.
func postgresFiles(dsn string) error {
	var all []string
	for _, found := range file.FindAllStringSubmatch(dsn, -1) {
		name := strings.Trim(found[1], "'")
		if plain, err := url.QueryUnescape(name); err == nil && strings.Contains(dsn, "://") {
			name = plain
		}
		all = append(all, name)
	}
	for _, variable := range []string{"PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY", "PGPASSFILE", "PGSERVICEFILE"} {
		all = append(all, os.Getenv(variable))
	}
	if home, err := os.UserHomeDir(); err == nil {
		for _, name := range []string{".pgpass", ".pg_service.conf", ".postgresql/root.crt", ".postgresql/postgresql.crt", ".postgresql/postgresql.key"} {
			all = append(all, filepath.Join(home, name))
		}
	}
	for _, name := range all {
		info, err := os.Stat(name) // if it can't be read, the driver says so
		if err == nil && info.Mode()&(fs.ModeNamedPipe|fs.ModeDevice) != 0 && name != os.DevNull {
			return &Error{What: "a file that the dsn names can't be read", Fix: "it is a pipe or a device; name a regular file in sslrootcert, sslcert, sslkey, passfile and servicefile"}
		}
	}
	return nil
}

// postgresFix returns what to do about a data source name that the driver refuses
// without a reason that is safe to show.
func postgresFix(dsn string) string {
	modes := []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}
	mode := sslmode.FindStringSubmatch(dsn)
	switch {
	case mode != nil && !slices.Contains(modes, mode[1]):
		return "sslmode must be one of " + strings.Join(modes, ", ")
	case service.MatchString(dsn):
		return "define its service in ~/.pg_service.conf of vega's user, or in the file that PGSERVICEFILE names"
	case options.MatchString(dsn):
		return postgresForm + ", and correct the values of its options, such as port, target_session_attrs and sslcert"
	}
	return postgresForm
}

// postgresOptions finds options that contradict each other, so that no login can
// succeed.
func postgresOptions(config *pgx.ConnConfig) error {
	secured := config.TLSConfig != nil
	for _, f := range config.Fallbacks {
		secured = secured || f.TLSConfig != nil
	}
	if config.ChannelBinding == "require" && !secured {
		return invalid("channel_binding = require needs TLS: set sslmode to require, verify-ca or verify-full")
	}
	return nil
}

// MySQL parses a data source name for MySQL and MariaDB.
func MySQL(dsn string) (*mysql.Config, error) {
	switch {
	case strings.ContainsAny(dsn, "\r\n\x00"):
		return nil, invalid("remove the line break")
	case strings.HasPrefix(dsn, "postgres://"), strings.HasPrefix(dsn, "postgresql://"):
		return nil, invalid(`this is the form for PostgreSQL; set driver = "postgres", or ` + mysqlForm)
	case strings.HasPrefix(dsn, "mysql://"), strings.HasPrefix(dsn, "mariadb://"):
		return nil, invalid(mysqlForm + ", which is not a URL")
	}
	config, err := mysql.ParseDSN(dsn)
	switch {
	case err != nil && tlsOption.MatchString(dsn):
		return nil, refused(err, mysqlForm+"; tls is true, false, skip-verify or preferred")
	case err != nil:
		return nil, refused(err, mysqlForm)
	case config.Net != "tcp" && config.Net != "unix":
		return nil, invalid("use tcp(host:3306) or unix(/run/mysqld/mysqld.sock) before the slash")
	}
	return config, nil
}

// tlsOption matches a DSN with the option tls.
var tlsOption = regexp.MustCompile(`[?&]tls=[^&]*(&[^@/]*)?$`)

// SQLite checks the path of a SQLite file.
func SQLite(path string) error {
	switch {
	case strings.Contains(path, "://"):
		return invalid("this is the form for a server; set driver to postgres or mysql, or " + sqliteForm)
	case strings.HasPrefix(path, "file:"), strings.Contains(path, ":memory:"), strings.ContainsRune(path, 0):
		return invalid(sqliteForm)
	}
	return nil
}

// DSN checks a data source name for one of vega's drivers: postgres, mysql or
// sqlite.
func DSN(driver, dsn string) (err error) {
	switch driver {
	case "postgres":
		_, err = Postgres(dsn)
	case "mysql":
		_, err = MySQL(dsn)
	case "sqlite":
		err = SQLite(dsn)
	}
	return err
}

// Conflict returns the error for a data source name whose options a driver
// refuses together.
func Conflict(cause error) error { return refused(cause, "its options contradict each other") }

func invalid(fix string) *Error { return &Error{What: "the dsn is not valid", Fix: fix} }

// refused returns the error for a data source name that a driver refuses.
func refused(cause error, fix string) error {
	e := invalid(fix)
	if path, ok := errors.AsType[*fs.PathError](cause); ok {
		e.What, e.Fix = "a file that the dsn names can't be read", path.Err.Error()
	}
	e.cause = cause
	return e
}
