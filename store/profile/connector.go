package profile

import (
	"context"
	"database/sql/driver"
	"io"
)

// Connector wraps base, for sql.OpenDB, so that p measures its queries. Their
// entries name the pool. Closing the *sql.DB closes base, if base can be closed.
//
// The connections that it makes have the optional interfaces of the driver's
// own, no more and no fewer as far as database/sql can tell. Through
// sql.Conn.Raw a program reaches the driver's connection by its method
// Unwrap() driver.Conn.
func (p *Profiler) Connector(pool string, base driver.Connector) driver.Connector {
	return &connector{base: base, profiler: p, pool: pool}
}

type connector struct {
	base     driver.Connector
	profiler *Profiler
	pool     string
}

// Connect opens a connection of the driver and wraps it.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	base, err := c.base.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return newConn(c.profiler, c.pool, base).dressed(), nil
}

// Driver is the wrapped connector's.
func (c *connector) Driver() driver.Driver { return c.base.Driver() }

// Close closes the wrapped connector, if it can be.
func (c *connector) Close() error {
	if closer, ok := c.base.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}
