package profile

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync"
)

// conn measures a connection of the driver. Like every driver.Conn it is used
// by one goroutine at a time, except that Stats reads its open rows, and Slowest the
// call in progress.
type conn struct {
	base      driver.Conn
	connector *connector
	profiler  *Profiler
	pool      string
	inTx      bool // database/sql or the program has begun a transaction
	altered   bool // the transaction may contain what other connections do not see
	differs   bool // names may mean other tables than on a new connection

	// cache is nil if caching is off.
	cache *cache
	call  call

	mu   sync.Mutex // guards open, and the links between its rows
	open *rows      // the newest open rows
}

func newConn(of *connector, base driver.Conn) *conn {
	p := of.profiler
	c := &conn{base: base, connector: of, profiler: p, pool: of.pool}
	if p.options.StatementCache > 0 {
		c.cache = newCache(p.options.StatementCache)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[c] = struct{}{}
	return c
}

// wrapConn adds those optional interfaces whose mere presence changes what
// database/sql does. It converts arguments differently for a connection that
// executes directly, and keeps a connection after a canceled transaction only
// if that can be reset and validated. All other interfaces can always be there:
// if the driver lacks one, c does what database/sql would do without it.
func (c *conn) wrapConn() driver.Conn {
	_, resets := c.base.(driver.SessionResetter)
	_, validates := c.base.(driver.Validator)
	executes, queries := canExec(c.base), canQuery(c.base)
	type (
		x = execer
		q = queryer
		v = validator
	)
	switch both := resets && validates; {
	case executes && queries && both:
		return struct {
			*conn
			x
			q
			v
		}{c, x{c}, q{c}, v{c}}
	case executes && queries:
		return struct {
			*conn
			x
			q
		}{c, x{c}, q{c}}
	case executes && both:
		return struct {
			*conn
			x
			v
		}{c, x{c}, v{c}}
	case executes:
		return struct {
			*conn
			x
		}{c, x{c}}
	case queries && both:
		return struct {
			*conn
			q
			v
		}{c, q{c}, v{c}}
	case queries:
		return struct {
			*conn
			q
		}{c, q{c}}
	case both:
		return struct {
			*conn
			v
		}{c, v{c}}
	}
	return c
}

type execer struct{ of *conn }

// ExecContext implements driver.ExecerContext.
func (x execer) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return x.of.exec(ctx, query, args)
}

type queryer struct{ of *conn }

// QueryContext implements driver.QueryerContext.
func (q queryer) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return q.of.query(ctx, query, args)
}

type validator struct{ of *conn }

// IsValid implements driver.Validator.
func (v validator) IsValid() bool { return v.of.valid() }

// Unwrap returns the driver's connection.
func (c *conn) Unwrap() driver.Conn { return c.base }

// Unwrap returns the driver's connection in what sql.Conn.Raw passes on, whether
// it is profiled or not.
func Unwrap(raw any) any {
	for {
		wrapper, ok := raw.(interface{ Unwrap() driver.Conn })
		if !ok {
			return raw
		}
		raw = wrapper.Unwrap()
	}
}

// Close closes the cached statements, then the connection.
func (c *conn) Close() error {
	c.profiler.mu.Lock()
	delete(c.profiler.conns, c)
	c.profiler.mu.Unlock()
	if c.cache != nil {
		c.cache.clear()
	}
	return c.base.Close()
}

// Ping implements driver.Pinger.
func (c *conn) Ping(ctx context.Context) error {
	if pinger, ok := c.base.(driver.Pinger); ok {
		return pinger.Ping(ctx)
	}
	return nil
}

// ResetSession implements driver.SessionResetter. If the driver has a validator
// but no resetter, it validates the connection.
func (c *conn) ResetSession(ctx context.Context) error {
	c.ended()
	resetter, ok := c.base.(driver.SessionResetter)
	if ok {
		return resetter.ResetSession(ctx)
	}
	if !c.valid() {
		return driver.ErrBadConn
	}
	return nil
}

func (c *conn) valid() bool {
	if validator, ok := c.base.(driver.Validator); ok {
		return validator.IsValid()
	}
	return true
}

// CheckNamedValue implements driver.NamedValueChecker. With
// ErrSkip, database/sql continues as if it were not implemented.
func (c *conn) CheckNamedValue(value *driver.NamedValue) error {
	if checker, ok := c.base.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(value)
	}
	return driver.ErrSkip
}

// Begin implements driver.Conn.
func (c *conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// BeginTx implements driver.ConnBeginTx.
func (c *conn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	base, err := begin(ctx, c.base, options)
	if err != nil {
		return nil, err
	}
	c.begun()
	return &tx{base: base, conn: c}, nil
}

func (c *conn) begun() { c.inTx, c.altered = true, false }
func (c *conn) ended() { c.inTx, c.altered = false, false }

// Prepare implements driver.Conn.
func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// PrepareContext implements driver.ConnPrepareContext. A query that fails
// here counts as failed.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	t := c.connector.text(ctx, query)
	began := c.profiler.now()
	c.call.begin(t, began)
	base, err := prepare(ctx, c.base, query)
	c.call.end()
	if err != nil {
		r := run{text: t, began: began, call: c.profiler.now() - began, err: err}
		c.record(ctx, &r)
		return nil, err
	}
	return wrapStmt(&stmt{base: base, conn: c, query: query, text: t}), nil
}

// exec runs a query that returns no rows.
func (c *conn) exec(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	r := run{text: c.connector.text(ctx, query), began: c.profiler.now()}
	c.call.begin(r.text, r.began)
	var result driver.Result
	kept, err := c.keep(ctx, r.text, query, len(args))
	switch {
	case err != nil:
	case kept != nil:
		result, err = execStmt(ctx, kept.stmt, args)
		c.cache.release(kept, err)
	default:
		result, err = execConn(ctx, c.base, query, args)
	}
	c.call.end()
	if errors.Is(err, driver.ErrSkip) {
		r.text.skipped.Store(true)
		return nil, err
	}
	c.executed(ctx, &r, query, args, result, err)
	return result, err
}

// executed ends a run without rows.
func (c *conn) executed(ctx context.Context, r *run, query string, args []driver.NamedValue, result driver.Result, err error) {
	r.call = c.profiler.now() - r.began
	r.err = err
	if err == nil {
		r.rows = affected(result)
	}
	c.update(r)
	if c.wantsPlan(r) {
		r.plan = c.plan(r, query, args)
	}
	c.record(ctx, r)
}

// affected returns the number of rows that a statement changed, if the driver
// reports it.
func affected(result driver.Result) int64 {
	if result == nil || result == driver.ResultNoRows {
		return 0
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0
	}
	return n
}

// query runs a query that returns rows.
func (c *conn) query(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	r := run{text: c.connector.text(ctx, query), began: c.profiler.now()}
	c.call.begin(r.text, r.began)
	var base driver.Rows
	kept, err := c.keep(ctx, r.text, query, len(args))
	switch {
	case err != nil:
	case kept != nil:
		base, err = queryStmt(ctx, kept.stmt, args)
		if err != nil {
			c.cache.release(kept, err)
			kept = nil
		}
	default:
		base, err = queryConn(ctx, c.base, query, args)
	}
	c.call.end()
	if errors.Is(err, driver.ErrSkip) {
		r.text.skipped.Store(true)
		return nil, err
	}
	return c.answered(ctx, &r, query, args, kept, base, err)
}

// answered returns the rows of a run, or ends the run if it failed.
func (c *conn) answered(ctx context.Context, r *run, query string, args []driver.NamedValue, kept *prepared, base driver.Rows, err error) (driver.Rows, error) {
	if err != nil {
		c.executed(ctx, r, query, args, nil, err)
		return nil, err
	}
	r.call = c.profiler.now() - r.began
	rs := &rows{base: base, conn: c, kept: kept, ctx: ctx, query: query, run: *r}
	if c.profiler.options.Explain != nil {
		rs.args = args
	}
	rs.link()
	return rs, nil
}
