package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
	"vega/store/profile"
	"vega/store/sqlite/alerts"
)

// maxShared limits the number of names in run_names. The names of further
// details and metrics are stored with their run.
const maxShared = 20_000

const (
	insertRun = `INSERT INTO runs (integration, probe, digest, shape, status, cause, began, took, message, data, correlation_id, late, pressure, throttled) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	findName  = `SELECT id FROM run_names WHERE name = ?`
	addName   = `INSERT INTO run_names (name) VALUES (?)`
)

// AppendRun implements store.Runs.
func (s *Store) AppendRun(ctx context.Context, r *check.Run) error {
	if s.discards {
		return store.ValidateRun(r)
	}
	return s.runs.Append(ctx, r)
}

// FlushRuns implements store.Runs.
func (s *Store) FlushRuns(ctx context.Context) error {
	if s.discards || s.runs == nil { // the caller queues runs
		return nil
	}
	return s.runs.Flush(ctx)
}

// runWriter stores batches of runs. Only the appender's goroutine uses it.
type runWriter struct {
	store  *Store
	names  map[string]int64 // IDs in run_names
	lastID int64            // highest known ID in run_names
	seen   int64            // SQLite's count of changes by others, when names was read
}

func newRunWriter(ctx context.Context, s *Store) (*runWriter, error) {
	w := &runWriter{store: s, names: map[string]int64{}}
	err := s.read.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM run_names`).Scan(&w.lastID)
	return w, err
}

// Judge implements store.Alerts.
func (s *Store) Judge(j store.Journal) {
	if !s.discards && s.runs != nil {
		s.runs.Judge(j, nil)
	}
}

// FlushAlerts implements store.Alerts.
func (s *Store) FlushAlerts(ctx context.Context) error {
	if s.discards || s.runs == nil { // the caller queues runs
		return nil
	}
	return s.runs.FlushAlerts(ctx)
}

// WriteRuns stores the batch and the changes, which may be nil, in one transaction. An
// empty batch without changes only tries whether the database can be written. It must
// not be called concurrently.
func (s *Store) WriteRuns(batch []store.PackedRun, changes *incident.Changes) error {
	return s.batches.write(batch, changes)
}

// write stores the batch and the changes in one transaction. With changes, a nil error
// means that they survive a loss of power.
func (w *runWriter) write(batch []store.PackedRun, changes *incident.Changes) error {
	ctx := profile.WithFunction(context.Background(), "AppendRun")
	try := w.store.writer.try
	if !changes.Empty() {
		try = w.store.writer.tryDurably
	}
	err := w.store.rollups.Transact(func() error {
		return try(ctx, func(tx *sql.Tx) error { return w.writeAll(ctx, tx, batch, changes) })
	})
	if err != nil {
		clear(w.names)           // the transaction may have added some
		w.store.health.Fail(err) // whatever the error: neither has anything that SQLite could refuse
	}
	return err
}

func (w *runWriter) writeAll(ctx context.Context, tx *sql.Tx, batch []store.PackedRun, changes *incident.Changes) error {
	if !changes.Empty() {
		if err := alerts.Store(ctx, tx, changes); err != nil {
			return err
		}
	} else if len(batch) == 0 {
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version=%d", len(w.store.schema))) // writes a page
		return err
	}
	if err := w.insertAll(ctx, tx, batch); err != nil {
		return err
	}
	return w.store.rollups.Add(ctx, tx, batch)
}

func (w *runWriter) insertAll(ctx context.Context, tx *sql.Tx, batch []store.PackedRun) error {
	if len(batch) == 0 {
		return nil
	}
	if err := w.forgetStale(ctx, tx); err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, insertRun)
	if err != nil {
		return err
	}
	defer insert.Close()
	for i := range batch {
		if err := w.insert(ctx, tx, insert, &batch[i]); err != nil {
			return err
		}
	}
	return nil
}

// forgetStale forgets the names if something else has changed the database, such as the
// sqlite3 shell, which may have deleted some of them.
func (w *runWriter) forgetStale(ctx context.Context, tx *sql.Tx) error {
	var changes int64
	if err := tx.QueryRowContext(ctx, "PRAGMA data_version").Scan(&changes); err != nil || changes == w.seen {
		return err
	}
	clear(w.names)
	w.seen = changes
	return tx.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM run_names`).Scan(&w.lastID)
}

func (w *runWriter) insert(ctx context.Context, tx *sql.Tx, insert *sql.Stmt, r *store.PackedRun) (err error) {
	names, data := r.Names, r.Values
	var ids [4]int64
	for i, name := range []string{r.Integration, r.Probe, r.Digest} {
		if ids[i], err = w.nameID(ctx, tx, name); err != nil {
			return err
		}
	}
	shared := w.names[names] != 0 || w.lastID < maxShared
	switch {
	case names == "":
	case len(names) <= store.MaxNames && shared:
		if ids[3], err = w.nameID(ctx, tx, names); err != nil {
			return err
		}
	default:
		data = r.Inline()
	}
	status, cause := store.EncodeStatus(r.Status, r.Cause)
	values := []any{
		ids[0], ids[1], ids[2], ids[3], status, cause,
		r.Began.UnixMilli(), r.Took.Microseconds(), r.Message, data, compactID(r.CorrelationID),
	}
	_, err = insert.ExecContext(ctx, append(values, contentionColumns(r.Contention)...)...)
	return err
}

// nameID returns the ID of a name in run_names, adding it if necessary.
func (w *runWriter) nameID(ctx context.Context, tx *sql.Tx, name string) (int64, error) {
	if id := w.names[name]; id != 0 {
		return id, nil
	}
	var id int64
	err := tx.QueryRowContext(ctx, findName, name).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		var done sql.Result
		if done, err = tx.ExecContext(ctx, addName, name); err == nil {
			id, err = done.LastInsertId()
		}
	}
	if err != nil {
		return 0, err
	}
	if len(w.names) > maxShared {
		clear(w.names)
	}
	w.names[name], w.lastID = id, max(w.lastID, id)
	return id, nil
}

// compactID returns the 16 bytes of a correlation ID that vega generated, and
// any other ID unchanged.
func compactID(id string) any {
	if b, err := hex.DecodeString(id); err == nil && len(b) == 16 && hex.EncodeToString(b) == id {
		return b
	}
	return id
}

// contentionColumns returns late, pressure and throttled, in milliseconds.
func contentionColumns(c *check.Contention) []any {
	if c == nil {
		return []any{nil, nil, nil}
	}
	columns := []any{c.Late.Milliseconds(), nil, nil}
	for n, d := range []*time.Duration{c.Pressure, c.Throttled} {
		if d != nil {
			columns[n+1] = d.Milliseconds()
		}
	}
	return columns
}
