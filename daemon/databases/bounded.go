package databases

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

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
	exceeded  atomic.Bool // a Read was refused
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

// explain returns the driver's error, or errExceeded if the limit caused it.
func (b *bounded) explain(err error) error {
	if err != nil && b != nil && b.exceeded.Load() {
		return b.connector.errExceeded
	}
	return err
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
	return n, err
}

// Close closes the connection.
func (b *bounded) Close() error {
	b.onClose()
	return b.Conn.Close()
}

// boundedConnector opens driver connections over bounded network connections, and
// maps each to its underlying network connection.
type boundedConnector struct {
	driver.Connector
	max         int64    // bytes to read before allow or credit raises the limit
	errExceeded error    // reported when the limit is reached
	conns       sync.Map // driver.Conn → *bounded
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
	return conn, d.conn.explain(err)
}

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
	state.conn = b
	return b, nil
}

// boundedOf returns the bounded connection that a pooled one uses, or nil.
func (c *boundedConnector) boundedOf(conn *sql.Conn) (b *bounded, err error) {
	if c == nil {
		return nil, nil
	}
	return b, conn.Raw(func(top any) error {
		if wrapped, ok := top.(interface{ Unwrap() driver.Conn }); ok {
			top = wrapped.Unwrap()
		}
		if v, ok := c.conns.Load(top); ok {
			b = v.(*bounded)
		}
		return nil
	})
}
