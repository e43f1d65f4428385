package advise

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// maxResolved limits how many columns, tables and functions a statement names
// after expanding its views and common tables, whose number grows exponentially
// when they are nested.
const maxResolved = 20_000

var errTooDeep = errors.New("the statement takes too long to plan because its views or common table expressions expand too far")

// clone is an empty copy of the database in memory, with one connection.
type clone struct {
	db   *sql.DB
	conn *sql.Conn
	*schema
	guard
}

// guard allows planning a statement but not running it.
type guard struct {
	*budget
	on       bool
	resolved int
	tripped  error
}

func (g *guard) authorize(action sqlite.AuthorizerActionCode, first, second, _, _ string) sqlite.AuthorizerReturnCode {
	if !g.on {
		return sqlite.AuthorizerOK
	}
	g.resolved++
	g.spent += planWork
	switch {
	case g.resolved > maxResolved:
		g.tripped = errTooDeep
	case g.resolved%256 == 0 && g.late():
		g.tripped = errPatience
	}
	if g.tripped != nil {
		return sqlite.AuthorizerDeny
	}
	switch action {
	case sqlite.AuthSelect, sqlite.AuthRead, sqlite.AuthRecursive:
		return sqlite.AuthorizerOK
	case sqlite.AuthInsert, sqlite.AuthUpdate, sqlite.AuthDelete:
		if !strings.HasPrefix(strings.ToLower(first), "sqlite_") {
			return sqlite.AuthorizerOK
		}
	case sqlite.AuthFunction:
		if !strings.EqualFold(second, "load_extension") {
			return sqlite.AuthorizerOK
		}
	}
	return sqlite.AuthorizerDeny
}

// memory opens one connection to an empty database in memory. A nil driver
// stands for the default one, with the functions that this program registered.
func memory(ctx context.Context, d *sqlite.Driver, setup func(any) error) (*sql.DB, *sql.Conn, error) {
	connector, err := sqlite.NewConnector(":memory:")
	if err != nil {
		return nil, nil, err
	}
	if d != nil {
		connector = private{d}
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err == nil {
		err = limit(conn)
	}
	if err == nil {
		err = conn.Raw(setup)
	}
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, conn, nil
}

// limit restricts the size of what is planned.
func limit(conn *sql.Conn) error {
	for id, most := range map[int]int{
		sqlite3.SQLITE_LIMIT_LENGTH:              16 << 20,
		sqlite3.SQLITE_LIMIT_EXPR_DEPTH:          1000,
		sqlite3.SQLITE_LIMIT_COMPOUND_SELECT:     100,
		sqlite3.SQLITE_LIMIT_VDBE_OP:             250_000,
		sqlite3.SQLITE_LIMIT_ATTACHED:            1, // VACUUM needs one
		sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1000,
	} {
		if _, err := sqlite.Limit(conn, id, most); err != nil {
			return err
		}
	}
	return nil
}

// private is a driver with modules of its own.
type private struct{ d *sqlite.Driver }

func (p private) Connect(context.Context) (driver.Conn, error) { return p.d.Open(":memory:") }
func (p private) Driver() driver.Driver                        { return p.d }

func (g *guard) install(c any) error {
	r, ok := c.(sqlite.AuthorizerRegisterer)
	if !ok {
		return fmt.Errorf("the SQLite driver does not support authorizers: %T", c)
	}
	return r.RegisterAuthorizer(g.authorize)
}

// newClone copies the schema of s. It skips what needs a module or a function
// that is missing.
func newClone(ctx context.Context, s *snapshot, b *budget) (*clone, error) {
	c := &clone{guard: guard{budget: b}}
	var err error
	if c.db, c.conn, err = memory(ctx, nil, c.install); err != nil {
		return nil, err
	}
	if err := c.fill(ctx, s); err != nil {
		return nil, errors.Join(err, c.db.Close())
	}
	return c, nil
}

func (c *clone) fill(ctx context.Context, s *snapshot) error {
	if _, err := c.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA page_size=%d; BEGIN", s.pageSize)); err != nil {
		return err
	}
	var missing []string
	// A virtual table creates its own tables, which are in the schema, too.
	for _, wanted := range []func(object) bool{
		object.virtual,
		func(o object) bool { return o.kind == "table" },
		func(o object) bool { return o.kind == "index" },
		func(o object) bool { return o.kind == "view" },
		func(o object) bool { return o.kind == "trigger" },
	} {
		for _, o := range s.objects {
			if strings.HasPrefix(strings.ToLower(o.name), "sqlite_") || !wanted(o) {
				continue
			}
			_, err := c.conn.ExecContext(ctx, o.sql)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil && !c.has(ctx, o) {
				missing = append(missing, strings.ToLower(o.name))
			}
		}
	}
	if _, err := c.conn.ExecContext(ctx, "COMMIT"); err != nil {
		return err
	}
	var err error
	if c.schema, err = describe(ctx, c.conn, s.objects); err != nil {
		return err
	}
	c.missing = missing
	return c.load(ctx, s.statistics)
}

// has reports whether the copy contains an object. A virtual table may already
// have created the object.
func (c *clone) has(ctx context.Context, o object) bool {
	var n int
	err := c.conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE name = ? COLLATE NOCASE", o.name).Scan(&n)
	return err == nil && n > 0
}

// load sets the planner's statistics to those of the live database.
func (c *clone) load(ctx context.Context, statistics []statistic) error {
	if statistics == nil {
		return nil
	}
	if _, err := c.conn.ExecContext(ctx, "ANALYZE; DELETE FROM sqlite_stat1"); err != nil {
		return err
	}
	for _, r := range statistics {
		if _, err := c.conn.ExecContext(ctx, "INSERT INTO sqlite_stat1 VALUES(?, ?, ?)", r.table, r.index, r.stat); err != nil {
			return err
		}
	}
	_, err := c.conn.ExecContext(ctx, "ANALYZE sqlite_schema")
	return err
}

// explain plans a statement without running it. Planning cannot be interrupted,
// but the guard limits it.
func (c *clone) explain(query string, params int) ([]step, error) {
	return explain(c.conn, &c.guard, query, params)
}

func explain(conn *sql.Conn, g *guard, query string, params int) (steps []step, err error) {
	g.on, g.resolved, g.tripped = true, 0, nil
	defer func() {
		g.on = false
		if g.tripped != nil {
			steps, err = nil, g.tripped
		}
	}()
	ctx := context.Background()
	rows, err := conn.QueryContext(ctx, "EXPLAIN QUERY PLAN "+query, make([]any, params)...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var s step
		var unused int
		if err := rows.Scan(&s.id, &s.parent, &unused, &s.detail); err != nil {
			return nil, err
		}
		steps = append(steps, s)
	}
	return steps, rows.Err()
}

func (c *clone) exec(query string) error {
	_, err := c.conn.ExecContext(context.Background(), query)
	return err
}
