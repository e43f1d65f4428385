package profile

import (
	"context"
	"database/sql/driver"
	"io"
	"sync"
)

// Connector wraps base so that p measures its queries. Pass the result to
// sql.OpenDB. The entries of the queries name the pool. Closing the *sql.DB
// closes base, if base can be closed.
//
// The connections have the same optional interfaces as those of the driver, as
// far as database/sql can notice. Code that passes a driver's own type to
// sql.Conn.Raw must take it from Unwrap.
func (p *Profiler) Connector(pool string, base driver.Connector) driver.Connector {
	return &connector{base: base, profiler: p, pool: pool}
}

type connector struct {
	base     driver.Connector
	profiler *Profiler
	pool     string
	names    names      // of columns, for SQLite
	extra    sync.Mutex // held while there is a connection of the profiler's own
}

// Connect opens a connection of the driver and wraps it.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	base, err := c.base.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return newConn(c, base).wrapConn(), nil
}

// Driver returns the driver of the wrapped connector.
func (c *connector) Driver() driver.Driver { return c.base.Driver() }

// Close closes the wrapped connector, if it can be closed.
func (c *connector) Close() error {
	if closer, ok := c.base.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}
