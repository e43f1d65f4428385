package advise

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// Limits of the copy in which advice is tried.
const (
	copiedRows  = 10_000  // of a table
	copiedBytes = 8 << 20 // of a table
	copiedTotal = 32 << 20
	chunks      = 100              // places of a large table from which rows are copied
	aperiodic   = 7919             // a prime
	copyLife    = 10 * time.Minute // before rows are copied again
)

var errUntried = errors.New("it could not be tried on a copy of the data")

// trial is a copy of the schema in memory with some rows of each table. Advice is
// tried there.
type trial struct {
	*engine
	rows       map[*table]int64 // copied
	bytes      int              // of all rows
	made       time.Time
	statistics []statistic
	lengths    []int64 // of the results last measured
}

// newTrial creates the tables, indexes and views of a snapshot, without rows.
// What needs a module, a function or a collation of the program is missing.
func newTrial(ctx context.Context, live *snapshot, b *budget) (*trial, error) {
	e, err := newEngine(b)
	if err != nil {
		return nil, err
	}
	t := &trial{engine: e, rows: map[*table]int64{}, made: time.Now(), statistics: live.statistics}
	if err := t.fill(ctx, live); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *trial) fill(ctx context.Context, live *snapshot) error {
	for _, s := range []string{fmt.Sprintf("PRAGMA page_size=%d", live.pageSize), "PRAGMA journal_mode=MEMORY", "PRAGMA ignore_check_constraints=ON", "PRAGMA temp_store=MEMORY", "BEGIN"} {
		if err := t.exec(s); err != nil {
			return err
		}
	}
	for _, kind := range []string{"table", "index", "view"} {
		for _, o := range live.objects {
			if o.kind != kind || o.virtual() || strings.HasPrefix(strings.ToLower(o.name), "sqlite_") {
				continue
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			_ = t.exec(o.sql) // a statement that needs it cannot be tried
		}
	}
	return errors.Join(t.exec("COMMIT"), t.assume(live.statistics))
}

// assume sets the planner's statistics.
func (t *trial) assume(statistics []statistic) error {
	if statistics == nil {
		if n, err := t.value("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'"); err != nil || n == "0" {
			return err
		}
	} else if err := t.exec("ANALYZE sqlite_schema"); err != nil { // creates the tables
		return err
	}
	for _, name := range []string{"sqlite_stat1", "sqlite_stat4"} {
		_ = t.exec("DELETE FROM " + name) // sqlite_stat4 does not always exist
	}
	for _, s := range statistics {
		values := make([]any, 3)
		for i, v := range []sql.NullString{s.table, s.index, s.stat} {
			if v.Valid {
				values[i] = v.String
			}
		}
		if err := t.exec("INSERT INTO sqlite_stat1 VALUES(?, ?, ?)", values...); err != nil {
			return err
		}
	}
	return t.exec("ANALYZE sqlite_schema")
}

// copy copies rows of a table that has none yet. A small table is copied
// completely; of a large one, rows from many places.
func (t *trial) copy(ctx context.Context, db *sql.DB, of *table) error {
	if _, done := t.rows[of]; done {
		return nil
	}
	if t.bytes > copiedTotal {
		return errUntried
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	c := copier{trial: t, conn: conn, table: of, rowid: of.hidden()}
	if of.withoutRowid {
		c.rowid = ""
	}
	if err := t.exec("BEGIN"); err != nil {
		return err
	}
	err = c.copy(ctx, spanOf(ctx, conn, of))
	t.rows[of] = c.rows
	t.bytes += c.bytes
	return errors.Join(err, t.exec("COMMIT"))
}

// copier copies the rows of one table.
type copier struct {
	*trial
	conn  *sql.Conn
	table *table
	rowid string // its name, or ""
	rows  int64
	bytes int
	into  run
}

func (c *copier) copy(ctx context.Context, span int64) (err error) {
	var names, values []string
	if c.rowid != "" {
		names = append(names, c.rowid)
	}
	for _, column := range c.table.columns {
		if !column.generated && !strings.EqualFold(column.name, c.table.rowid) {
			names = append(names, identifier(column.name))
		}
	}
	for _, name := range names {
		values = append(values, "+"+name) // without its type, by which the driver converts values
	}
	name := identifier(c.table.name)
	c.into, err = c.prepare("INSERT OR IGNORE INTO " + name + "(" + strings.Join(names, ", ") + ") VALUES(?" + strings.Repeat(", ?", len(names)-1) + ")")
	if err != nil {
		return errors.Join(errUntried, err)
	}
	defer c.into.close()
	query := "SELECT " + strings.Join(values, ", ") + " FROM " + name
	if c.rowid == "" || span <= copiedRows {
		return c.read(ctx, len(names), query+" LIMIT ?", copiedRows)
	}
	var low int64
	if err := c.conn.QueryRowContext(ctx, "SELECT min("+c.rowid+") FROM "+name).Scan(&low); err != nil {
		return err
	}
	query += " WHERE " + c.rowid + " >= ? AND " + c.rowid + " < ? ORDER BY " + c.rowid + " LIMIT ?"
	for i := range int64(chunks) {
		from, to := low+span/chunks*i, low+span/chunks*(i+1)
		from += i * aperiodic % max(1, span/chunks/2) // data often repeats at regular distances
		if err := c.read(ctx, len(names), query, from, to, copiedRows/chunks); err != nil {
			return err
		}
	}
	return nil
}

// read copies the rows of a query.
func (c *copier) read(ctx context.Context, columns int, query string, args ...any) error {
	rows, err := c.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	values := make([]any, columns)
	targets := make([]any, columns)
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() && c.bytes < copiedBytes {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		if err := c.add(values); err != nil {
			return err
		}
	}
	return rows.Err()
}

// add inserts a row, if it is not too long.
func (c *copier) add(values []any) error {
	for _, value := range values {
		size := 8
		switch v := value.(type) {
		case string:
			size = len(v)
		case []byte:
			size = len(v)
		}
		if size > longValue {
			return nil
		}
		c.bytes += size
	}
	if err := c.into.bind(values); err != nil {
		return err
	}
	_, err := c.into.next()
	c.into.reset()
	if err == nil {
		c.rows++
	}
	return err
}

// measure returns the cost of running each form of a statement with the indexes
// created, or errUntried.
func (t *trial) measure(forms []string, indexes []candidate) (costs []int64, err error) {
	if err := t.exec("SAVEPOINT measure"); err != nil {
		return nil, err
	}
	defer func() {
		err = errors.Join(err, t.exec("ROLLBACK TO measure"), t.exec("RELEASE measure"))
	}()
	for i, c := range indexes {
		if err := t.exec(c.sql(candidateName(i))); err != nil {
			return nil, errors.Join(errUntried, err)
		}
	}
	t.lengths = t.lengths[:0]
	for _, form := range forms {
		if err := t.exec("SAVEPOINT form"); err != nil {
			return nil, err
		}
		cost, err := t.cost(form)
		if err := errors.Join(t.exec("ROLLBACK TO form"), t.exec("RELEASE form")); err != nil {
			return nil, err
		}
		if err != nil {
			return nil, errors.Join(errUntried, err)
		}
		costs = append(costs, cost)
		t.lengths = append(t.lengths, t.found)
	}
	return costs, nil
}

// relative compares costs form by form: it returns the geometric mean of their
// ratios, so that each form has the same weight, and the best and worst ratio.
func relative(costs, to []int64) (mean, best, worst float64) {
	const least = 20 // steps of any statement
	sum := 0.0
	for i, cost := range costs {
		ratio := float64(cost+least) / float64(to[i]+least)
		sum += math.Log(ratio)
		if i == 0 || ratio < best {
			best = ratio
		}
		worst = max(worst, ratio)
	}
	return math.Exp(sum / float64(len(costs))), best, worst
}
