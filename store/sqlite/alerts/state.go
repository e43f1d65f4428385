package alerts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"vega/policies/incident"
	"vega/store"
	"vega/store/profile"
)

// recent is how long ago an incident or a silence may have ended that alerting continues
// with: an incident may begin again, and the end of a silence is to be noticed.
const recent = 25 * time.Hour

// Schema is the version of the schema that has the tables of alerting.
const Schema = 6

const (
	liveIncidents = `SELECT id FROM incidents WHERE ended IS NULL
		UNION SELECT root FROM incidents WHERE ended IS NULL
		UNION SELECT id FROM incidents WHERE ended IS NOT NULL AND ended >= ?1
		UNION SELECT incident FROM deliveries WHERE done = 0
		UNION SELECT incident FROM watches`
	stateIncidents  = `SELECT ` + incidentColumns + ` FROM incidents i WHERE i.id IN (` + liveIncidents + `) ORDER BY i.id`
	stateDeliveries = `SELECT incident, notifier, done, data FROM deliveries WHERE incident IN (` + liveIncidents + `) ORDER BY incident, notifier`
	stateWatches    = `SELECT alert, kind, name, instance, incident, data FROM watches ORDER BY alert, kind, name, instance`
	stateSilences   = `SELECT id, data FROM silences WHERE over >= ? ORDER BY id`
	lastNumbers     = `SELECT
		max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'incidents'), 0), coalesce((SELECT max(id) FROM incidents), 0)),
		max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'silences'), 0), coalesce((SELECT max(id) FROM silences), 0))`
)

// Tables has the queries of alerting. It implements store.Alerts except what concerns
// runs.
type Tables struct {
	read   *sql.DB
	change func(context.Context, func(*sql.Tx) error) error
	absent bool
}

// New returns the tables of a database that is read through a pool and written by change.
// A nil change drops what is to be written. absent says that the database is older than
// the tables: then nothing is in them.
func New(read *sql.DB, change func(context.Context, func(*sql.Tx) error) error, absent bool) *Tables {
	return &Tables{read, change, absent}
}

// AlertState implements store.Alerts.
func (t *Tables) AlertState(ctx context.Context) (s incident.State, err error) {
	if t.absent {
		return s, nil
	}
	ctx = profile.WithFunction(ctx, "AlertState")
	tx, err := t.read.BeginTx(ctx, nil)
	if err != nil {
		return s, fmt.Errorf("load the state of alerting: %w", err)
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	l := &loader{ctx: ctx, tx: tx}
	since := micros(time.Now().Add(-recent))
	s.Incidents = load(l, "incident", scanIncident, stateIncidents, since)
	s.Deliveries = load(l, "delivery", scanDelivery, stateDeliveries, since)
	s.Watches = load(l, "watch", scanWatch, stateWatches)
	s.Silences = load(l, "silence", scanSilence, stateSilences, since)
	if l.err == nil {
		l.err = tx.QueryRowContext(ctx, lastNumbers).Scan(&s.LastIncident, &s.LastSilence)
	}
	if l.err != nil {
		return incident.State{}, fmt.Errorf("load the state of alerting: %w", l.err)
	}
	if len(l.broken) > 0 {
		return s, &store.RowsError{Rows: l.broken}
	}
	return s, nil
}

// loader reads rows in a transaction.
type loader struct {
	ctx    context.Context //nolint:containedctx // it lives as long as one transaction
	tx     *sql.Tx
	broken []error // rows that can't be used
	err    error   // of the database; the rest is not read
}

// rowError says why a row can't be used.
type rowError struct {
	row string
	err error
}

func (e *rowError) Error() string { return e.row + " in the store can't be used: " + e.err.Error() }
func (e *rowError) Unwrap() error { return e.err }

type scanner interface{ Scan(dest ...any) error }

// load reads records of one kind.
func load[T any](l *loader, kind string, scan func(scanner) (T, error), query string, args ...any) (all []T) {
	if l.err != nil {
		return nil
	}
	rows, err := l.tx.QueryContext(l.ctx, query, args...)
	if err != nil {
		l.err = err
		return nil
	}
	defer rows.Close()
	for rows.Next() {
		record, err := scan(rows)
		if broken, ok := errors.AsType[*rowError](err); ok {
			l.broken = append(l.broken, broken)
			continue
		}
		if err != nil {
			l.err = fmt.Errorf("read a %s: %w", kind, err)
			return nil
		}
		all = append(all, record)
	}
	l.err = rows.Err()
	return all
}

func scanWatch(row scanner) (w incident.Watch, err error) {
	var alert, kind, name, instance, data string
	var of int64
	if err := row.Scan(&alert, &kind, &name, &instance, &of, &data); err != nil {
		return w, err
	}
	w, err = decodeWatch(data)
	w.Alert, w.Incident = alert, of
	w.Subject = incident.Subject{Kind: incident.Kind(kind), Name: name, Instance: instance}
	if err = errors.Join(err, known("kind", w.Subject.Kind, kinds)); err != nil {
		return w, &rowError{fmt.Sprintf("the watch of alert %q on %q", alert, w.Subject), err}
	}
	return w, nil
}

// incidentColumns are those of a table i.
const incidentColumns = `i.id, i.opened, i.ended, i.root, i.subject, i.data`

// scanIncident returns a rowError, and what the columns say, if the record can't be used.
func scanIncident(row scanner) (i incident.Incident, err error) {
	var id, opened, root int64
	var ended sql.NullInt64
	var subject, data string
	if err := row.Scan(&id, &opened, &ended, &root, &subject, &data); err != nil {
		return i, err
	}
	if i, err = decodeIncident(data); err != nil {
		err = &rowError{fmt.Sprintf("incident %d on %q", id, subject), err}
		i = incident.Incident{Subject: incident.Subject{Name: subject}, Opened: fromMicros(opened), Alerts: []string{}, Summary: err.Error()}
		if ended.Valid {
			i.Ended = fromMicros(ended.Int64)
		}
	}
	i.ID, i.Root = id, root
	if micros(i.Opened) != opened {
		i.Opened = fromMicros(opened)
	}
	return i, err
}

// scanDelivery returns a rowError, and what the columns say, if the record can't be used.
func scanDelivery(row scanner) (d incident.Delivery, err error) {
	var of int64
	var notifier, data string
	var done bool
	if err := row.Scan(&of, &notifier, &done, &data); err != nil {
		return d, err
	}
	if d, err = decodeDelivery(data); err != nil {
		err = &rowError{fmt.Sprintf("the delivery of incident %d to %q", of, notifier), err}
		d = incident.Delivery{Error: err.Error()}
	}
	d.Incident, d.Notifier, d.Done = of, notifier, done
	return d, err
}

// scanEvent returns a rowError, and what the columns say, if the record can't be used.
func scanEvent(row scanner) (e incident.Event, err error) {
	var id, of, at int64
	var data string
	if err := row.Scan(&id, &of, &at, &data); err != nil {
		return e, err
	}
	if e, err = decodeEvent(data); err != nil {
		err = &rowError{fmt.Sprintf("event %d of incident %d", id, of), err}
		e = incident.Event{At: fromMicros(at), Text: err.Error()}
	}
	e.ID, e.Incident = id, of
	return e, err
}

// scanSilence returns a rowError, and what the columns say, if the record can't be used.
func scanSilence(row scanner) (s incident.Silence, err error) {
	var id int64
	var data string
	if err := row.Scan(&id, &data); err != nil {
		return s, err
	}
	if s, err = decodeSilence(data); err != nil {
		err = &rowError{fmt.Sprintf("silence %d", id), err}
		s = incident.Silence{Integrations: []string{}, Alerts: []string{}, Comment: err.Error()}
	}
	s.ID = id
	return s, err
}
