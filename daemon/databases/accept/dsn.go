package accept

import (
	"errors"
	"io/fs"
	"net/url"
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
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, refused(err, postgresForm)
	}
	return config, nil
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
	if _, err := url.Parse(dsn); errors.As(err, new(url.EscapeError)) {
		return invalid("escape % as %25")
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
	if err != nil {
		return nil, refused(err, mysqlForm)
	}
	return config, nil
}

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
