package databases

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"

	"vega/daemon/databases/shield"
	"vega/plugins/manifest"
	"vega/plugins/sockets"
)

// bounded limits how many bytes a driver can read from a connection. It is needed
// because drivers accept rows of any length and any number of messages without a
// row.
type bounded struct {
	net.Conn
	connector *boundedConnector
	remaining atomic.Int64
	exceeded  atomic.Bool           // a Read was refused
	broken    atomic.Pointer[error] // of the first Read or Write that failed
	head      []byte                // the first bytes of the server; used only by Read
	login     *mysqlLogin           // nil: the login is not checked; used only by Read
	onClose   func()
}

// readAhead is how many bytes a driver may read beyond the requested row.
const readAhead = 64 << 10

// allow sets the limit to n bytes from now on, plus readAhead.
func (b *bounded) allow(n int64) {
	if b != nil {
		b.remaining.Store(n + readAhead)
	}
}

// columnOverhead is an upper bound on the bytes that a protocol adds to each column.
// In addition, values can be twice as long on the wire as when decoded.
const columnOverhead = 64

// credit raises the limit by the size of a row that was read. A server that sends
// other messages between its rows therefore reaches the limit.
func (b *bounded) credit(columns, size int) {
	if b == nil {
		return
	}
	remaining := b.remaining.Add(int64(2*size + columnOverhead*(columns+1)))
	if limit := b.connector.max + readAhead; remaining > limit {
		b.remaining.Add(limit - remaining)
	}
}

// explain returns the driver's error, or errExceeded if the limit caused it, or
// why the connection broke if the driver does not say that.
func (b *bounded) explain(err error) error {
	if err == nil || b == nil {
		return err
	}
	if b.exceeded.Load() {
		return b.connector.errExceeded
	}
	why := b.broken.Load()
	if why != nil && (errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, driver.ErrBadConn) || errors.Is(*why, errForeign)) {
		return *why
	}
	return err
}

// fail remembers the first error of the connection, because some drivers don't
// return it.
func (b *bounded) fail(err error) error {
	if err != nil {
		b.broken.CompareAndSwap(nil, &err)
	}
	return err
}

// interrupt makes everything that waits for the server fail. Some calls of
// drivers, such as the one that rolls a transaction back, have no deadline.
func (b *bounded) interrupt() {
	if b != nil {
		_ = b.SetDeadline(time.Unix(1, 0)) // the connection is about to be closed
	}
}

// errForeign reports that a server speaks another protocol than the driver's.
var errForeign = errors.New("another protocol")

// headSize is the number of bytes that show which protocol a server speaks.
const headSize = 5

// recognize checks the first bytes of a server.
func (b *bounded) recognize(p []byte) error {
	if b.connector.speaks == nil || len(p) == 0 || len(b.head) == headSize {
		return nil
	}
	b.head = append(b.head, p[:min(len(p), headSize-len(b.head))]...)
	if !b.connector.speaks(b.head) {
		return errForeign
	}
	return nil
}

// Write writes to the server.
func (b *bounded) Write(p []byte) (int, error) {
	n, err := b.Conn.Write(p)
	return n, b.fail(err)
}

// Read fails once the limit is reached. The driver then drops the connection.
func (b *bounded) Read(p []byte) (int, error) {
	remaining := b.remaining.Load()
	if remaining <= 0 {
		b.exceeded.Store(true)
		return 0, b.connector.errExceeded
	}
	n, err := b.Conn.Read(p[:min(int64(len(p)), remaining)])
	b.remaining.Add(-int64(n))
	foreign := b.recognize(p[:n])
	if foreign == nil && b.login != nil {
		foreign = b.login.check(p[:n])
	}
	if foreign != nil {
		n, err = 0, foreign
	}
	return n, b.fail(err)
}

// Close closes the connection.
func (b *bounded) Close() error {
	b.onClose()
	return b.Conn.Close()
}

// boundedConnector opens driver connections over bounded network connections, and
// maps each to its underlying network connection.
type boundedConnector struct {
	shield.Connector
	max         int64                  // bytes to read before allow or credit raises the limit
	errExceeded error                  // reported when the limit is reached
	speaks      func(head []byte) bool // reports whether a server may begin like that
	login       func() *mysqlLogin     // of a new connection; nil: it is not checked
	conns       sync.Map               // driver.Conn → *bounded
}

// errNoRow reports that a server sent too much data that contained no row.
var errNoRow = fmt.Errorf("the server sent more than %v of notices or other messages without a row; set client_min_messages = error for vega's role, or check the server's log", manifest.Size(maxRow))

// dialing carries the state of one Connect through the driver to dialer.bounded.
type dialing struct {
	connector *boundedConnector
	conn      *bounded
}

type dialingKey struct{}

// Connect opens a connection.
func (c *boundedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	d := &dialing{connector: c}
	conn, err := c.Connector.Connect(context.WithValue(ctx, dialingKey{}, d))
	if err == nil && d.conn != nil {
		c.conns.Store(conn, d.conn)
		d.conn.onClose = func() { c.conns.Delete(conn) }
	}
	if err != nil && d.conn != nil {
		_ = d.conn.Close() // a driver that panicked has not
	}
	if err = d.conn.explain(err); err != nil {
		err = loginError{err}
	}
	return conn, err
}

// loginError is an error before the login has ended.
type loginError struct{ error }

// Unwrap returns the driver's error.
func (e loginError) Unwrap() error { return e.error }

// allow resets the limit of every connection to max.
func (c *boundedConnector) allow() {
	c.conns.Range(func(_, b any) bool {
		b.(*bounded).allow(c.max)
		return true
	})
}

// dialer connects to database servers. It remembers shortages in vega itself,
// because some drivers keep only the text of an error.
type dialer struct{ *sockets.Dialer }

// bounded dials on behalf of a driver whose connector is a boundedConnector.
func (d dialer) bounded(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	state, ok := ctx.Value(dialingKey{}).(*dialing)
	if !ok { // a short-lived connection, on which the driver cancels a query
		return conn, nil
	}
	b := &bounded{Conn: conn, connector: state.connector, onClose: func() {}}
	b.allow(state.connector.max)
	if state.connector.login != nil {
		b.login = state.connector.login()
	}
	state.conn = b
	return b, nil
}

// boundedOf returns the bounded connection that a pooled one uses, or nil.
func (c *boundedConnector) boundedOf(conn *sql.Conn) (b *bounded, err error) {
	if c == nil {
		return nil, nil
	}
	return b, conn.Raw(func(top any) error {
		for {
			if v, ok := c.conns.Load(top); ok {
				b = v.(*bounded)
				return nil
			}
			wrapped, ok := top.(interface{ Unwrap() driver.Conn })
			if !ok {
				return nil
			}
			top = wrapped.Unwrap()
		}
	})
}
