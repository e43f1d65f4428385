package databases

import (
	"context"
	"crypto/tls"
	"crypto/x509"
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

	"vega/daemon/databases/shield"
	"vega/daemon/scram"
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
		own = s.forbidden(err)
	}
	if own == nil {
		own = s.beyondDriver(err)
	}
	if own == nil {
		own = s.refusedOption(err)
	}
	if ended := ctx.Err(); ended != nil && own == nil && !errors.Is(err, sqlite.ErrLocked) {
		err = ended // drivers return different errors for this
	}
	if own == nil {
		own = fault.Of(kindOf(err))
	}
	text, ok := serverMessage(err, s.scrub)
	switch {
	case own != nil:
		own = own.Rewritten(s.scrub.replace) // it names the host, which is as secret as the rest of the DSN
		return &failure{text: fmt.Sprintf("database %q: %s", s.config.Name, own), kind: own}
	case ok:
	case errors.Is(err, errNoRow):
		text = errNoRow.Error()
	case isForeign(err):
		text = "what answers at its address does not speak " + s.protocol() + "; correct host and port in dsn"
	case isTooLong(err), errors.Is(err, plugins.ErrTooLarge):
		text = fmt.Sprintf("a row is larger than %v; select fewer or shorter columns", manifest.Size(maxRow))
	case errors.Is(err, sqlite.ErrLocked):
		text = "the file is locked by another connection; end its transaction, or wait until it has ended"
	case errors.Is(err, context.DeadlineExceeded):
		text = "no response in time"
	case errors.Is(err, os.ErrDeadlineExceeded):
		text = "no response within the timeout in its dsn"
	default:
		text = s.scrub.replace(reason(err, len(s.scrub.words) == 0)) + s.trustHint(err)
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
	case ofCertificate(err) != nil:
		return "TLS: " + ofCertificate(err).Error()
	case errors.As(err, &op) && op.Op != "dial":
		return "the connection broke: " + ofSystem(op.Err).Error()
	case errors.As(err, &op) && address && op.Addr != nil:
		return "connecting to " + op.Addr.String() + ": " + ofSystem(op.Err).Error()
	case errors.As(err, &op):
		return "connecting: " + ofSystem(op.Err).Error()
	case errors.As(err, &connect):
		return ofAttempt(connect.Unwrap()).Error()
	default:
		return err.Error()
	}
}

// forbidden returns the error of a file or a Unix socket that vega's user may not
// use, or nil if a firewall may be the one to refuse.
func (s *source) forbidden(err error) *fault.Own {
	if op, ok := errors.AsType[*net.OpError](err); !ok {
		return fault.New(syscall.EACCES, fmt.Sprintf("vega may not read the file of database %q", s.config.Name), "give vega's user read access to it, and to its directories")
	} else if op.Net == "unix" {
		return fault.New(syscall.EACCES, fmt.Sprintf("vega may not connect to the Unix socket of database %q", s.config.Name), "give vega's user write access to it, and access to its directories")
	}
	return nil
}

// ofCertificate returns the error of a certificate that a driver verified by
// itself, or nil.
func ofCertificate(err error) error {
	if unknown, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return unknown
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return invalid
	}
	return nil
}

// trustHint says how to trust an authority that signed a server's certificate.
func (s *source) trustHint(err error) string {
	if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); !unknown {
		return ""
	}
	const hint = "; if the authority is your own, set network.ca_file"
	if s.config.Driver == "postgres" {
		return hint + ", or sslrootcert in dsn, which replaces all others"
	}
	return hint
}

// ofAttempt returns the error of the last address that the driver tried, without
// the address in front of it.
func ofAttempt(err error) error {
	if all, ok := err.(interface{ Unwrap() []error }); ok && len(all.Unwrap()) > 0 {
		err = all.Unwrap()[len(all.Unwrap())-1]
	}
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// protocol returns the name of the protocol that a source speaks.
func (s *source) protocol() string {
	if s.config.Driver == "mysql" {
		return "MySQL"
	}
	return "PostgreSQL"
}

// beyondDriver returns the error of what vega or its driver can't do with what a server
// sends, or nil. It says nothing about the server, whose answer may be right.
func (s *source) beyondDriver(err error) *fault.Own {
	if e, ok := errors.AsType[*scram.Error](err); ok {
		return fault.New(syscall.EINVAL, fmt.Sprintf("the server of database %q asks for %d iterations of SCRAM, more than the %d that vega computes", s.config.Name, e.Iterations, scram.MaxIterations), "set scram_iterations lower, and then the password of this user again")
	}
	if e, ok := errors.AsType[*shield.Error](err); ok {
		return fault.New(syscall.EINVAL, fmt.Sprintf("vega can't read what the server of database %q sends: %s", s.config.Name, e), "check what answers at its address; if it is a "+s.protocol()+" server that other clients can use, report this")
	}
	return nil
}

// refusedOption returns the error of a login that ended because the server does
// not accept an option of the dsn, which says nothing about the server. It
// returns nil for any other error.
func (s *source) refusedOption(err error) *fault.Own {
	if _, login := errors.AsType[loginError](err); !login {
		return nil
	}
	var message string
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && slices.Contains(optionStates, pg.Code) {
		message = pg.Message
	} else if my, ok := errors.AsType[*mysql.MySQLError](err); ok && slices.Contains(optionNumbers, my.Number) {
		message = my.Message
	} else {
		return s.unsupportedLogin(err)
	}
	return fault.New(syscall.EINVAL, fmt.Sprintf("the server of database %q does not accept an option in its dsn: %s", s.config.Name, s.scrub.replace(message)), "correct the options in dsn")
}

// unsupportedLogin returns the error of a login in a way that vega or the dsn does
// not allow, which says nothing about the server. It returns nil for any other
// error.
func (s *source) unsupportedLogin(err error) *fault.Own {
	for kind, option := range map[error]string{
		mysql.ErrCleartextPassword: "allowCleartextPasswords=true, with TLS only",
		mysql.ErrNativePassword:    "allowNativePasswords=true",
		mysql.ErrOldPassword:       "allowOldPasswords=true",
	} {
		if errors.Is(err, kind) {
			return fault.New(syscall.EINVAL, fmt.Sprintf("the dsn of database %q does not allow the way in which its server asks for the password", s.config.Name), "add "+option+", or give this user another authentication plugin")
		}
	}
	if errors.Is(err, mysql.ErrUnknownPlugin) {
		return fault.New(syscall.EINVAL, fmt.Sprintf("vega does not support the authentication plugin of the user of database %q", s.config.Name), "use one such as caching_sha2_password, mysql_native_password or ed25519")
	}
	return nil
}

// What a server answers to an option of a login.
var (
	optionStates = []string{
		"42704", // unknown parameter
		"22023", // invalid value
		"55P02", // the parameter cannot be changed
	}
	optionNumbers = []uint16{
		1115, // unknown character set
		1193, // unknown variable
		1229, // the variable is a global one
		1231, // invalid value
		1232, // a value of another type
		1238, // the variable is read-only
		1273, // unknown collation
		1298, // unknown time zone
	}
)

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
var publicClasses = []string{"08", "0A", "25", "26", "28", "3D", "3F", "40", "42", "53", "54", "55", "57", "58", "70", "F0"}

// publicStates lists more of them: damaged data, and a damaged index.
var publicStates = []string{"XX001", "XX002"}

// stateFixes says what to do about the errors of a SQLSTATE class.
var stateFixes = map[string]string{"28": "; correct the user and the password in its dsn, or allow the login on the server"}

func messageByState(state, message string) string {
	if len(state) == 5 && (slices.Contains(publicClasses, state[:2]) || slices.Contains(publicStates, state)) {
		return fmt.Sprintf("%s (SQLSTATE %s)", message, state) + stateFixes[state[:2]]
	}
	return fmt.Sprintf("the query failed with SQLSTATE %s; vega hides the message because it may quote data, so run the query manually to see it", state)
}

// serverMessage returns the server's own message without secrets, if err contains
// one. For messages that quote data ("invalid input syntax for type integer: …") it
// returns only the code.
func serverMessage(err error, scrub *scrubber) (string, bool) {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return messageByState(pg.Code, scrub.replace(pg.Message)), true
	}
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		if message := scrub.replace(my.Message); quotesNothing[my.Number] {
			return fmt.Sprintf("%s (error %d)", message, my.Number), true
		}
		return messageByState(strings.Trim(string(my.SQLState[:]), "\x00"), scrub.replace(my.Message)), true
	}
	return "", false
}

// quotesNothing lists the codes of MySQL and MariaDB that have no SQLSTATE, or one
// that says nothing, and whose messages quote no data.
var quotesNothing = map[uint16]bool{
	1021: true, // the disk is full
	1030: true, // an error of the storage engine
	1034: true, // a damaged index
	1040: true, // too many connections
	1041: true, // out of memory
	1114: true, // the table is full
	1129: true, // the host is blocked, after too many errors
	1130: true, // the host is not allowed to connect
	1193: true, // unknown variable
	1194: true, // the table is damaged
	1195: true, // the table is damaged, and its repair failed
	1203: true, // the user has too many connections
	1205: true, // a lock was not granted in time
	1226: true, // the user has exceeded a limit
	1251: true, // the client does not support the server's login
	1275: true, // the password has a form that the server no longer accepts
	1290: true, // an option such as --read-only forbids it
	1356: true, // a view of something that is gone
	1412: true, // the table was changed meanwhile
	1524: true, // the plugin of the user's login is not loaded
	1820: true, // the password must be changed
	1836: true, // the server is in read-only mode
	1862: true, // the password has expired
	3024: true, // max_execution_time
	3118: true, // the account is locked
	4151: true, // the account is locked, MariaDB
}

// isTooLong reports whether a driver refused a row because of its length.
func isTooLong(err error) bool {
	var long *pgproto3.ExceededMaxBodyLenErr
	return errors.As(err, &long)
}

// isForeign reports whether a server speaks another protocol: it begins with other
// bytes, or with a message of a length that no PostgreSQL server sends.
func isForeign(err error) bool {
	if errors.Is(err, errForeign) {
		return true
	}
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
