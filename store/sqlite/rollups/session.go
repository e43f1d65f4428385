package rollups

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"time"

	"vega/policies/rollup"
)

const (
	selectRow = `SELECT data FROM rollups WHERE series = ? AND step = ? AND at = ?`
	// appendRow adds to a row without reading it. SQLite joins two blobs as a text.
	appendRow = `INSERT INTO rollups (series, step, at, data) VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET data = CAST(data || excluded.data AS BLOB)`
	putRow     = `INSERT INTO rollups (series, step, at, data) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET data = excluded.data`
	lastRow    = `SELECT at, data FROM rollups WHERE series = ? AND step = ? ORDER BY at DESC LIMIT 1`
	findSeries = `SELECT id FROM rollup_series WHERE integration = ? AND metric = ? AND labels = ?`
	addSeries  = `INSERT INTO rollup_series (integration, metric, labels) VALUES (?, ?, ?)`
)

// steps are the steps of buckets.
var steps = rollup.Steps

// stepNumber returns the number of a step in the table, or 0.
func stepNumber(step time.Duration) int { return slices.Index(steps, step) + 1 }

// session is the use of the tables in a transaction. Rows that change are kept in memory
// until flush.
type session struct {
	ctx      context.Context //nolint:containedctx // it lives as long as one transaction
	tx       *sql.Tx
	t        *Tables
	stmts    map[string]*sql.Stmt
	rows     map[rowKey]*row
	changed  map[spanKey][]int64 // when the hours and days begin that are to be folded, in order
	building bool                // leave out what retention would delete
	careful  bool                // keep a longer bucket that has more than its parts
	dry      bool                // nothing may be written
	lean     bool                // read no metrics
	failed   error               // of a call that could not return it
	emit     func(*state, *rollup.Closed)
}

type rowKey struct {
	series int64
	step   time.Duration
	at     int64 // seconds since 1970
}

// row is a row of buckets. Unless it is loaded, it has only those that were added.
type row struct {
	buckets         []rollup.Bucket
	loaded, changed bool
	open            time.Time // the bucket that more values will be added to
}

// begin begins a session. If something else has changed the database, such as a recovery,
// what is in memory is forgotten.
func (t *Tables) begin(ctx context.Context, tx *sql.Tx) (*session, error) {
	s := t.session(ctx, tx)
	var changes int64
	err := tx.QueryRowContext(ctx, "PRAGMA data_version").Scan(&changes)
	if err == nil && changes != t.seen {
		t.forget()
		t.seen = changes
	}
	return s, err
}

func (t *Tables) session(ctx context.Context, tx *sql.Tx) *session {
	s := &session{ctx: ctx, tx: tx, t: t, stmts: map[string]*sql.Stmt{}, rows: map[rowKey]*row{}, changed: map[spanKey][]int64{}}
	s.emit = s.closed
	return s
}

// prepare prepares a statement once in the transaction, whose end closes it.
func (s *session) prepare(query string) (*sql.Stmt, error) {
	if stmt := s.stmts[query]; stmt != nil {
		return stmt, nil
	}
	var err error
	stmt := (*sql.Stmt)(nil)
	if s.dry {
		if stmt, err = s.t.prepared(s.ctx, query); err == nil {
			stmt = s.tx.StmtContext(s.ctx, stmt)
		}
	} else {
		stmt, err = s.tx.PrepareContext(s.ctx, query) // the end of the transaction closes it
	}
	if err == nil {
		s.stmts[query] = stmt
	}
	return stmt, err
}

func (s *session) exec(query string, args ...any) (sql.Result, error) {
	stmt, err := s.prepare(query) //nolint:sqlclosecheck // the end of the transaction closes it
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(s.ctx, args...)
}

// find reads one row, and returns whether there is one.
func (s *session) find(query string, args []any, to ...any) (bool, error) {
	stmt, err := s.prepare(query) //nolint:sqlclosecheck // the end of the transaction closes it
	if err != nil {
		return false, err
	}
	err = stmt.QueryRowContext(s.ctx, args...).Scan(to...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// each calls f with each row, which scans it.
func (s *session) each(query string, args []any, f func(*sql.Rows) error) error {
	stmt, err := s.prepare(query) //nolint:sqlclosecheck // the end of the transaction closes it
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(s.ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// row returns the row that has a bucket, perhaps not loaded.
func (s *session) row(series int64, step time.Duration, at time.Time) (*row, rowKey) {
	k := rowKey{series, step, rollup.RowStart(at, step).Unix()}
	r := s.rows[k]
	if r == nil {
		r = &row{}
		s.rows[k] = r
	}
	return r, k
}

// loadRow returns the row that has a bucket, and reads it unless it was read. Of a row that is
// damaged, only the buckets before the damage are used.
func (s *session) loadRow(series int64, step time.Duration, at time.Time) (*row, error) {
	r, k := s.row(series, step, at)
	if r.loaded {
		return r, nil
	}
	var data []byte
	if _, err := s.find(selectRow, []any{series, stepNumber(step), k.at}, &data); err != nil {
		return nil, err
	}
	stored, _ := rollup.Decode(data, time.Unix(k.at, 0).UTC(), step)
	for _, b := range r.buckets {
		stored = rollup.Put(stored, b)
	}
	r.buckets, r.loaded = stored, true
	return r, nil
}

// bucket returns a bucket, and whether there is one.
func (s *session) bucket(series int64, step time.Duration, at time.Time) (b rollup.Bucket, ok bool, err error) {
	r, err := s.loadRow(series, step, at)
	if err != nil {
		return b, false, err
	}
	n, ok := slices.BinarySearchFunc(r.buckets, at, func(b rollup.Bucket, at time.Time) int { return b.At.Compare(at) })
	if ok {
		b = r.buckets[n]
	}
	return b, ok, nil
}

// put adds or replaces a bucket. The longer one that has it is to be folded again.
func (s *session) put(series int64, step time.Duration, b rollup.Bucket) *row {
	r, _ := s.row(series, step, b.At)
	r.buckets, r.changed = rollup.Put(r.buckets, b), true
	if n := stepNumber(step); n < len(steps) {
		s.change(series, steps[n], rollup.Start(b.At, steps[n]))
	}
	return r
}

// flush writes the rows that changed.
func (s *session) flush() error {
	keys := slices.SortedFunc(maps.Keys(s.rows), func(a, b rowKey) int {
		return cmp.Or(cmp.Compare(a.series, b.series), cmp.Compare(a.step, b.step), cmp.Compare(a.at, b.at))
	})
	for _, k := range keys {
		r := s.rows[k]
		if !r.changed || s.building && s.expired(k) {
			continue
		}
		query := appendRow
		if r.loaded {
			query = putRow
		}
		var data []byte
		for n := range r.buckets {
			b := &r.buckets[n]
			data = rollup.Append(data, b, k.step, !b.At.Equal(r.open))
		}
		if _, err := s.exec(query, k.series, stepNumber(k.step), k.at, data); err != nil {
			return err
		}
		r.changed = false
	}
	return nil
}

// series returns the number of a series, which is added if it is new.
func (s *session) series(integration, metric, labels string) (id int64, err error) {
	if found, err := s.find(findSeries, []any{integration, metric, labels}, &id); found || err != nil {
		return id, err
	}
	done, err := s.exec(addSeries, integration, metric, labels)
	if err != nil {
		return 0, err
	}
	return done.LastInsertId()
}

// position returns when the last bucket of a series ends, the zero time if it has none.
func (s *session) position(series int64) (end time.Time, err error) {
	for _, step := range steps {
		at, err := s.ends(series, step)
		if err != nil {
			return end, err
		}
		if at.After(end) {
			end = at
		}
	}
	return end, nil
}
