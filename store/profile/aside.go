package profile

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
)

// errNoConnection means that the profiler has no connection of its own now.
var errNoConnection = errors.New("the pool has no connection to spare")

// aside calls use with a connection of the profiler's own, outside the pool, and
// closes it. There is at most one per connector, and none next to a pool that
// is limited to one connection, unless Options.ExplainSingle allows it: the
// program may not allow for another, as with a database in memory, and other
// programs may not either.
func (c *connector) aside(ctx context.Context, use func(driver.Conn) error) (err error) {
	if c.profiler.single(c.pool) && !c.profiler.options.ExplainSingle || !c.extra.TryLock() {
		return errNoConnection
	}
	defer c.extra.Unlock()
	other, err := c.base.Connect(ctx)
	if err != nil {
		return errors.Join(errNoConnection, err)
	}
	defer func() { err = errors.Join(err, other.Close()) }()
	if err := settle(ctx, Session{other}, c.profiler.options.Dialect); err != nil {
		return err
	}
	return use(other)
}

// single reports whether a pool is limited to one connection.
func (p *Profiler) single(pool string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.pools {
		if p.pools[i].name == pool {
			return p.pools[i].db.Stats().MaxOpenConnections == 1
		}
	}
	return false
}

// settle prepares a connection of the profiler's own: it must not wait for what
// the program has locked, and not write. A pooler may give its session to
// another client, so PostgreSQL's settings are those of a transaction.
func settle(ctx context.Context, s Session, dialect Dialect) error {
	switch dialect {
	case SQLite:
		if _, err := s.Query(ctx, "PRAGMA busy_timeout = 0", nil); err != nil {
			return err
		}
		return onDisk(ctx, s)
	case Postgres:
		return errors.Join(s.Exec(ctx, "BEGIN READ ONLY"), s.Exec(ctx, "SET LOCAL lock_timeout = 100"))
	case MySQL:
		return s.Exec(ctx, "SET SESSION lock_wait_timeout = 1")
	}
	return nil
}

// onDisk returns an error for a database in memory, where every connection has
// another one, and those that share it lock each other.
func onDisk(ctx context.Context, s Session) error {
	table, err := s.Query(ctx, "PRAGMA database_list", nil)
	if err != nil {
		return err
	}
	for _, row := range table {
		if len(row) == 3 && row[1] == "main" && row[2] != "" {
			return nil
		}
	}
	return fmt.Errorf("%w: it is in memory", errNoConnection)
}
