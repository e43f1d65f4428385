package salvage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"vega/store"
)

// A transaction holds up other writers, so it is kept short.
const (
	maxRows  = 500     // in a transaction
	maxBytes = 4 << 20 // of the rows in a transaction
)

// maxNames limits the memory for the numbers of names. A vega stores about
// 20,000 of them.
const maxNames = 1 << 20

// sink adds rows to a database, in short transactions.
type sink struct {
	db     *sql.DB
	tables []*table
	report Report
	newer  bool // the rows are newer than those in the database
	goesOn bool // a vega goes on with the rows, and with the numbers of its incidents

	names     map[int64]int64  // numbers of names, from the source's to the database's
	texts     map[int64]string // names of values, by the database's number
	incidents map[int64]int64  // numbers of incidents, from the source's to the database's
	series    map[int64]int64  // numbers of series of roll-ups, from the source's to the database's

	ids        map[string]*numbering // by table
	highestRun int64                 // number of a run in the source

	rows  []row // not written yet
	bytes int
	tx    *sql.Tx // nil between transactions
	stmts map[string]*sql.Stmt
}

// outcome is what happened to a row.
type outcome int

const (
	added outcome = iota
	known
	refused
	incomplete // added, but not all of it
)

func newSink(ctx context.Context, db *sql.DB, newer bool) (*sink, error) {
	tables, err := readTables(ctx, db)
	if err != nil {
		return nil, err
	}
	s := &sink{
		db: db, tables: tables, newer: newer,
		names: map[int64]int64{}, texts: map[int64]string{}, incidents: map[int64]int64{}, series: map[int64]int64{}, ids: map[string]*numbering{},
	}
	s.report.Tables = make([]Table, len(tables))
	for i, t := range tables {
		s.report.Tables[i].Name = t.name
		if t.number < 0 {
			continue
		}
		s.ids[t.name] = &numbering{empty: true}
	}
	return s, nil
}

// add takes a row that was read. It keeps the row until enough of them are
// there for a transaction.
func (s *sink) add(ctx context.Context, r row) error {
	s.report.table(r.of.name).Read++
	s.rows = append(s.rows, r)
	if s.bytes += r.size(); len(s.rows) < maxRows && s.bytes < maxBytes {
		return nil
	}
	return s.flush(ctx)
}

// flush writes all rows in one transaction.
func (s *sink) flush(ctx context.Context) (err error) {
	if len(s.rows) == 0 {
		return nil
	}
	if s.tx, err = s.db.BeginTx(ctx, nil); err != nil {
		return fmt.Errorf("add rows: %w", err)
	}
	s.stmts = map[string]*sql.Stmt{}
	outcomes, err := s.putAll(ctx)
	if err != nil {
		if rolled := s.tx.Rollback(); rolled != nil && !errors.Is(rolled, sql.ErrTxDone) {
			err = errors.Join(err, rolled)
		}
		return err
	}
	if err := s.tx.Commit(); err != nil {
		return fmt.Errorf("add rows: %w", err)
	}
	for i := range s.rows {
		s.report.table(s.rows[i].of.name).count(outcomes[i])
	}
	clear(s.rows)
	s.rows, s.bytes = s.rows[:0], 0
	return nil
}

// putAll adds the rows in the transaction. Other connections may have added rows
// since the last one.
func (s *sink) putAll(ctx context.Context) (outcomes []outcome, err error) {
	for _, t := range s.tables {
		if n := s.ids[t.name]; n != nil {
			if err := s.look(ctx, t, n); err != nil {
				return nil, fmt.Errorf("add rows: %w", err)
			}
		}
	}
	outcomes = make([]outcome, len(s.rows))
	for i := range s.rows {
		if outcomes[i], err = s.put(ctx, &s.rows[i]); err != nil {
			return nil, fmt.Errorf("add a row to %s: %w", s.rows[i].of.name, err)
		}
	}
	return outcomes, nil
}

func (t *Table) count(o outcome) {
	switch o {
	case added:
		t.Added++
	case known:
		t.Known++
	case refused:
		t.Refused++
	case incomplete:
		t.Added++
		t.Incomplete++
	}
}

// put adds one row in the transaction.
func (s *sink) put(ctx context.Context, r *row) (outcome, error) {
	if !r.fits() {
		return refused, nil
	}
	o, err := s.putInto(ctx, r)
	if isRefusal(err) {
		return refused, nil
	}
	return o, err
}

func (s *sink) putInto(ctx context.Context, r *row) (outcome, error) {
	switch r.of.name {
	case "run_names":
		return s.putName(ctx, r)
	case "runs":
		return s.putRun(ctx, r)
	case "conversations":
		return s.putConversation(ctx, r)
	case "memories":
		return s.putMemory(ctx, r)
	case "kv":
		return s.putValue(ctx, r)
	case "figures":
		return s.putFigure(ctx, r)
	case "rollup_series":
		return s.putSeries(ctx, r)
	case "rollups":
		return s.putRollup(ctx, r)
	default:
		return s.putOfAlerting(ctx, r)
	}
}

// putOfAlerting adds one row of alerting, or of a table that it does not know.
func (s *sink) putOfAlerting(ctx context.Context, r *row) (outcome, error) {
	switch r.of.name {
	case "incidents":
		return s.putIncident(ctx, r)
	case "incident_alerts":
		return s.putAlert(r)
	case "incident_events":
		return s.putEvent(ctx, r)
	case "deliveries":
		return s.putDelivery(ctx, r)
	case "watches":
		return s.putWatch(ctx, r)
	case "silences":
		return s.putSilence(ctx, r)
	default:
		return s.insert(ctx, r.of.insert()+` ON CONFLICT DO NOTHING`, r.values)
	}
}

// insert runs a statement that adds a row, or nothing.
func (s *sink) insert(ctx context.Context, query string, values []any) (outcome, error) {
	done, err := s.exec(ctx, query, values...)
	if err != nil {
		return refused, err
	}
	n, err := done.RowsAffected()
	if n == 0 {
		return known, err
	}
	return added, err
}

// exec runs a statement in the transaction.
func (s *sink) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	stmt, err := s.prepare(ctx, query) //nolint:sqlclosecheck // the end of the transaction closes it
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

// find reads one value in the transaction, and returns whether there is one.
func (s *sink) find(ctx context.Context, to any, query string, args ...any) (bool, error) {
	stmt, err := s.prepare(ctx, query) //nolint:sqlclosecheck // the end of the transaction closes it
	if err != nil {
		return false, err
	}
	err = stmt.QueryRowContext(ctx, args...).Scan(to)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// prepare prepares a statement once in a transaction, whose end closes it.
func (s *sink) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if s.stmts[query] == nil {
		stmt, err := s.tx.PrepareContext(ctx, query) //nolint:sqlclosecheck // the end of the transaction closes it
		if err != nil {
			return nil, err
		}
		s.stmts[query] = stmt
	}
	return s.stmts[query], nil
}

// isRefusal reports whether a row was refused for what it holds. The transaction
// goes on after that.
func isRefusal(err error) bool {
	if _, ok := errors.AsType[*store.InvalidError](err); ok {
		return true
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG:
		return true
	default:
		return false
	}
}
