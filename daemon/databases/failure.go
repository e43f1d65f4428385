package databases

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"vega/plugins"
	"vega/plugins/egress"
	"vega/plugins/fault"
	"vega/plugins/manifest"
	"vega/store/sqlite"
)

// failure is a database error that is safe to show. Its text contains no secret, and
// it wraps only the kind of the error, not the error itself.
type failure struct {
	text string
	kind error
}

// Error returns the text for the operator.
func (f *failure) Error() string { return f.text }

// Unwrap returns the kind of error, or nil for an error of the database itself.
func (f *failure) Unwrap() error { return f.kind }

// explain converts a driver's error into a failure.
func (s *source) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if own := (*egress.Error)(nil); errors.As(err, &own) {
		return own // an error of the sandbox: the run exceeded a limit
	}
	own := fault.Of(err)
	if own == nil && errors.Is(err, fs.ErrPermission) {
		own = fault.New(syscall.EACCES, "vega may not read the file", "give vega's user read access to it, and to its directories")
	}
	if ended := ctx.Err(); ended != nil && own == nil && !errors.Is(err, sqlite.ErrLocked) {
		err = ended // drivers return different errors for this
	}
	text, ok := serverMessage(err, s.scrub)
	switch {
	case own != nil:
		return &failure{text: fmt.Sprintf("database %q: %s", s.config.Name, own), kind: own}
	case ok:
	case errors.Is(err, errNoRow):
		text = errNoRow.Error()
	case isForeign(err):
		text = "what answers at its address does not speak PostgreSQL; correct host and port in dsn"
	case isTooLong(err), errors.Is(err, plugins.ErrTooLarge):
		text = fmt.Sprintf("a row is larger than %v; select fewer or shorter columns", manifest.Size(maxRow))
	case errors.Is(err, sqlite.ErrLocked):
		text = "the file is locked by another connection; end its transaction, or wait until it has ended"
	case errors.Is(err, context.DeadlineExceeded):
		text = "no response in time"
	default:
		text = s.scrub.replace(reason(err, len(s.scrub.words) == 0))
	}
	return &failure{text: fmt.Sprintf("database %q: %s", s.config.Name, text), kind: kindOf(err)}
}

// reason returns the text of the innermost informative error. Drivers prefix it
// with the user, the host and all its addresses. With address, reason adds the
// one that it could not connect to.
func reason(err error, address bool) string {
	var name *net.DNSError
	var op *net.OpError
	var cert *tls.CertificateVerificationError
	var connect *pgconn.ConnectError
	switch {
	case errors.As(err, &name):
		return "resolving " + name.Name + ": " + name.Err
	case errors.As(err, &cert):
		return "TLS: " + cert.Err.Error()
	case errors.As(err, &op) && address && op.Addr != nil:
		return "connecting to " + op.Addr.String() + ": " + ofSystem(op.Err).Error()
	case errors.As(err, &op):
		return "connecting: " + ofSystem(op.Err).Error()
	case errors.As(err, &connect):
		return connect.Unwrap().Error()
	default:
		return err.Error()
	}
}

// ofSystem returns the system's error that err wraps, or err.
func ofSystem(err error) error {
	if sys, ok := errors.AsType[*os.SyscallError](err); ok {
		return sys.Err
	}
	return err
}

// kindOf returns the error in err's chain that classifies a failure, or nil.
func kindOf(err error) error {
	if isForeign(err) {
		return fault.Target
	}
	for _, kind := range []error{context.DeadlineExceeded, context.Canceled, syscall.ECONNREFUSED, syscall.ECONNRESET, plugins.ErrTooLarge, plugins.ErrRefused, plugins.ErrBadQuery} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	if isTooLong(err) || errors.Is(err, errNoRow) {
		return plugins.ErrTooLarge
	}
	if kind := kindByState(sqlState(err)); kind != nil {
		return kind
	}
	var name *net.DNSError
	if errors.As(err, &name) {
		return name
	}
	var cert *tls.CertificateVerificationError
	if errors.As(err, &cert) {
		return cert
	}
	return judge(err)
}

// kindByState returns what a SQLSTATE says about a query that no state of the
// database would make right, or nil. SQLSTATEs with five digits have the same
// meaning in PostgreSQL and MySQL, except for MySQL's 42000.
func kindByState(state string) error {
	switch state {
	case "42601": // syntax error, or several statements
		return plugins.ErrBadQuery
	case "25006": // a write in a read-only transaction
		return plugins.ErrRefused
	default:
		return nil
	}
}

// publicClasses lists the SQLSTATE classes whose messages describe the connection,
// privileges, the statement or the server, and do not quote data.
var publicClasses = []string{"08", "0A", "25", "28", "3D", "3F", "42", "53", "54", "55", "57"}

func messageByState(state, message string) string {
	if len(state) == 5 && slices.Contains(publicClasses, state[:2]) {
		return fmt.Sprintf("%s (SQLSTATE %s)", message, state)
	}
	return fmt.Sprintf("the query failed with SQLSTATE %s; vega hides the message because it may quote data, so run the query manually to see it", state)
}

// serverMessage returns the server's own message without secrets, if err contains one. For messages
// that quote data ("invalid input syntax for type integer: …") it returns only the
// code.
func serverMessage(err error, scrub *scrubber) (string, bool) {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return messageByState(pg.Code, scrub.replace(pg.Message)), true
	}
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		if message := scrub.replace(my.Message); aboutLogin[my.Number] {
			return fmt.Sprintf("%s (error %d)", message, my.Number), true
		}
		return messageByState(strings.Trim(string(my.SQLState[:]), "\x00"), scrub.replace(my.Message)), true
	}
	return "", false
}

// aboutLogin lists the codes of MySQL and MariaDB for a client that is not let in,
// which have no SQLSTATE, or one that says nothing. Their messages quote no data.
var aboutLogin = map[uint16]bool{
	1040: true, // too many connections
	1129: true, // the host is blocked, after too many errors
	1130: true, // the host is not allowed to connect
	1203: true, // the user has too many connections
	1226: true, // the user has exceeded a limit
	1251: true, // the client does not support the server's login
	1820: true, // the password must be changed
	1862: true, // the password has expired
	3118: true, // the account is locked
	4151: true, // the account is locked, MariaDB
}

// isTooLong reports whether a driver refused a row because of its length.
func isTooLong(err error) bool {
	var long *pgproto3.ExceededMaxBodyLenErr
	return errors.As(err, &long)
}

// isForeign reports whether a login failed because of a message of a length that
// no PostgreSQL server sends: another protocol, read as this one.
func isForeign(err error) bool {
	_, login := errors.AsType[*pgconn.ConnectError](err)
	return login && isTooLong(err)
}

// Error codes of MySQL whose SQLSTATE, 42000, covers more than them.
const (
	mysqlParseError = 1064
	mysqlEmptyQuery = 1065
)

// sqlState returns the SQLSTATE of a server's error, or "" for any other error.
// It returns PostgreSQL's SQLSTATE for a syntax error of MySQL.
func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	var my *mysql.MySQLError
	if !errors.As(err, &my) {
		return ""
	}
	if my.Number == mysqlParseError || my.Number == mysqlEmptyQuery {
		return "42601"
	}
	return strings.Trim(string(my.SQLState[:]), "\x00")
}
