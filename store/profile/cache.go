package profile

import (
	"context"
	"database/sql/driver"
	"errors"
)

// cache holds the prepared statements of one connection, sorted by last use.
// Like its connection, it is used by one goroutine at a time.
type cache struct {
	limit   int
	byQuery map[string]*prepared
	front   prepared // front.after was used last, front.before least recently
}

// prepared is a cached statement.
type prepared struct {
	query         string
	stmt          driver.Stmt
	inputs        int  // number of parameters; -1 if the driver does not know it
	busy          bool // it has open rows
	dropped       bool // no longer in the cache; closed when not busy
	before, after *prepared
}

func newCache(limit int) *cache {
	c := &cache{limit: limit, byQuery: map[string]*prepared{}}
	c.front.before, c.front.after = &c.front, &c.front
	return c
}

// add caches a new statement, marked as busy, and evicts the least recently
// used one.
func (c *cache) add(query string, stmt driver.Stmt) *prepared {
	k := &prepared{query: query, stmt: stmt, inputs: stmt.NumInput(), busy: true}
	c.byQuery[query] = k
	c.toFront(k)
	if len(c.byQuery) > c.limit {
		c.drop(c.front.before)
	}
	return k
}

// release ends a use. It drops a statement that failed: the schema may have
// changed, or the connection may be lost.
func (c *cache) release(k *prepared, err error) {
	k.busy = false
	switch {
	case k.dropped:
		_ = k.stmt.Close() // it fails only if the connection is lost, which shows elsewhere
	case err != nil:
		c.drop(k)
	}
}

func (c *cache) clear() {
	for c.front.after != &c.front {
		c.drop(c.front.after)
	}
}

func (c *cache) drop(k *prepared) {
	delete(c.byQuery, k.query)
	k.before.after, k.after.before = k.after, k.before
	k.dropped = true
	if !k.busy {
		_ = k.stmt.Close() // as in release
	}
}

func (c *cache) toFront(k *prepared) {
	if k.before != nil {
		k.before.after, k.after.before = k.after, k.before
	}
	k.before, k.after = &c.front, c.front.after
	k.before.after, k.after.before = k, k
}

// keep returns the cached statement for a query, and prepares it if necessary.
// It returns nil if the query has to go to the driver unchanged. The caller
// must release the statement. keep returns an error only if a transaction has
// failed with it.
func (c *conn) keep(ctx context.Context, t *text, query string, args int) (*prepared, error) {
	if c.cache == nil || !c.keeps(t) {
		return nil, nil
	}
	if k := c.cache.byQuery[query]; k != nil {
		if k.busy || k.inputs >= 0 && k.inputs != args {
			return nil, nil
		}
		c.cache.toFront(k)
		k.busy = true
		return k, nil
	}
	base, err := prepare(ctx, c.base, query)
	if err != nil {
		if c.inTx || errors.Is(err, driver.ErrBadConn) {
			return nil, err
		}
		return nil, nil // the driver's own error is clearer
	}
	if n := base.NumInput(); n >= 0 && n != args || c.converts(base) {
		t.unfit.Store(true)
		_ = base.Close() // it was not used
		return nil, nil
	}
	return c.cache.add(query, base), nil
}

// keeps reports whether to prepare a query: it must be a single statement that
// reads or writes rows and has run before. A query with literal values is
// rarely repeated.
func (c *conn) keeps(t *text) bool {
	if t.kind != kindRows || t.session != 0 || !t.proven.Load() || t.unfit.Load() {
		return false
	}
	switch c.profiler.options.Dialect {
	case SQLite:
		return true
	case Postgres:
		return false // see Options.StatementCache
	}
	// Many databases return other types for prepared statements, so prepare only
	// what the driver would have prepared.
	return t.skipped.Load()
}

// converts reports whether the statement converts arguments differently from
// its connection.
func (c *conn) converts(stmt driver.Stmt) bool {
	//nolint:staticcheck // drivers still have the deprecated interface
	if _, ok := stmt.(driver.ColumnConverter); ok {
		return true
	}
	_, statement := stmt.(driver.NamedValueChecker)
	_, connection := c.base.(driver.NamedValueChecker)
	return statement && !connection
}
