package profile

import (
	"context"
	"database/sql/driver"
	"errors"
)

// cache keeps the prepared statements of one connection, the one used last in
// front. Like its connection it serves one goroutine at a time.
type cache struct {
	most    int
	byQuery map[string]*prepared
	front   prepared // front.after is the one used last, front.before the first
}

// prepared is a kept statement.
type prepared struct {
	query         string
	stmt          driver.Stmt
	inputs        int  // parameters; -1 where the driver doesn't know
	busy          bool // rows of it are open
	dropped       bool // no longer in the cache; closed when not busy
	before, after *prepared
}

func newCache(most int) *cache {
	c := &cache{most: most, byQuery: map[string]*prepared{}}
	c.front.before, c.front.after = &c.front, &c.front
	return c
}

// add takes a new statement in, busy, and lets the one unused for longest go.
func (c *cache) add(query string, stmt driver.Stmt) *prepared {
	k := &prepared{query: query, stmt: stmt, inputs: stmt.NumInput(), busy: true}
	c.byQuery[query] = k
	c.toFront(k)
	if len(c.byQuery) > c.most {
		c.drop(c.front.before)
	}
	return k
}

// release ends a use. A statement that failed goes: what it was prepared for
// may have changed, or the connection may be lost.
func (c *cache) release(k *prepared, err error) {
	k.busy = false
	switch {
	case k.dropped:
		_ = k.stmt.Close() // its failure means a lost connection, which shows elsewhere
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

// keep is the kept statement for a query, prepared now where there is none;
// nil where the query has to go to the driver as it is. The caller must
// release it. It fails only where a transaction has failed with it.
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
		return nil, nil // the driver says better what is wrong with the query
	}
	if n := base.NumInput(); n >= 0 && n != args || c.converts(base) {
		t.unfit.Store(true)
		_ = base.Close() // it was not used
		return nil, nil
	}
	return c.cache.add(query, base), nil
}

// keeps says whether the text is one to prepare: a single statement that reads
// or writes rows, and has run before. One with values in it never comes again.
func (c *conn) keeps(t *text) bool {
	if t.kind != kindRows || !t.proven.Load() || t.unfit.Load() {
		return false
	}
	// MySQL answers a prepared statement with other types. So prepare only
	// what the driver would have prepared.
	return c.profiler.options.Dialect != MySQL || t.skipped.Load()
}

// converts says whether the statement treats arguments unlike its connection.
func (c *conn) converts(stmt driver.Stmt) bool {
	//nolint:staticcheck // drivers still have the deprecated interface
	if _, ok := stmt.(driver.ColumnConverter); ok {
		return true
	}
	_, statement := stmt.(driver.NamedValueChecker)
	_, connection := c.base.(driver.NamedValueChecker)
	return statement && !connection
}

// stale is PostgreSQL's refusal of a statement whose result would have other
// columns by now. It comes before anything is done.
func stale(err error) bool {
	e, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err)
	return ok && e.SQLState() == "0A000"
}
