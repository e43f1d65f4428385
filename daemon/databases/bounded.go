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
)

// bounded is a connection that gives no more than it is allowed to: for drivers
// that take a row of any length, or messages of any number that come to no row.
type bounded struct {
	net.Conn
	by   *boundedConnector
	left atomic.Int64
	over atomic.Bool // more would have come
	gone func()
}

// ahead is how much a driver may read beyond the row that it is asked for.
const ahead = 64 << 10

// allow lets so many bytes come from now on.
func (b *bounded) allow(most int64) {
	if b != nil {
		b.left.Store(most + ahead)
	}
}

// rowForm is what a protocol adds to a column at most. The values of a row may
// also be up to twice as long in the protocol as they are for the reader.
const rowForm = 64

// earn allows as much again as a row that was read took. A server that sends
// something else beside its rows uses up what was allowed for one.
func (b *bounded) earn(columns, size int) {
	if b == nil {
		return
	}
	left := b.left.Add(int64(2*size + rowForm*(columns+1)))
	if most := b.by.most + ahead; left > most {
		b.left.Add(most - left)
	}
}

// explain is the error of the driver, or that too much came if that is the
// reason for it.
func (b *bounded) explain(err error) error {
	if err != nil && b != nil && b.over.Load() {
		return b.by.tooMuch
	}
	return err
}

// Read fails where nothing more may come. The driver then gives the connection
// up.
func (b *bounded) Read(p []byte) (int, error) {
	left := b.left.Load()
	if left <= 0 {
		b.over.Store(true)
		return 0, b.by.tooMuch
	}
	n, err := b.Conn.Read(p[:min(int64(len(p)), left)])
	b.left.Add(-int64(n))
	return n, err
}

// Close closes the connection.
func (b *bounded) Close() error {
	b.gone()
	return b.Conn.Close()
}

// boundedConnector makes connections over bounded ones, and knows which is
// under which.
type boundedConnector struct {
	driver.Connector
	most    int64    // bytes that a connection may give until it is allowed more
	tooMuch error    // what it means that more would have come
	under   sync.Map // driver.Conn → *bounded
}

// errNoRow is a server that sends much, and no row.
var errNoRow = fmt.Errorf("the server sent more than %v that came to no row, such as notices; set client_min_messages = error for vega's role, or look into the server's log", manifest.Size(maxRow))

// dialing is where a connection that is being made stands.
type dialing struct {
	by   *boundedConnector
	conn *bounded
}

type dialingKey struct{}

// Connect makes a connection.
func (c *boundedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	d := &dialing{by: c}
	conn, err := c.Connector.Connect(context.WithValue(ctx, dialingKey{}, d))
	if err == nil && d.conn != nil {
		c.under.Store(conn, d.conn)
		d.conn.gone = func() { c.under.Delete(conn) }
	}
	return conn, d.conn.explain(err)
}

// allow lets every connection give the most that it may from now on.
func (c *boundedConnector) allow() {
	c.under.Range(func(_, b any) bool {
		b.(*bounded).allow(c.most)
		return true
	})
}

// dialBounded is for drivers whose connector is a boundedConnector.
func dialBounded(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := databaseDialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	d, ok := ctx.Value(dialingKey{}).(*dialing)
	if !ok { // to cancel a query, by a few bytes
		return conn, nil
	}
	b := &bounded{Conn: conn, by: d.by, gone: func() {}}
	b.allow(d.by.most)
	d.conn = b
	return b, nil
}

// of is what lies under a connection of a pool, nil where nobody bounds it.
func (c *boundedConnector) of(conn *sql.Conn) (b *bounded, err error) {
	if c == nil {
		return nil, nil
	}
	return b, conn.Raw(func(top any) error {
		if wrapped, ok := top.(interface{ Unwrap() driver.Conn }); ok {
			top = wrapped.Unwrap()
		}
		if v, ok := c.under.Load(top); ok {
			b = v.(*bounded)
		}
		return nil
	})
}
