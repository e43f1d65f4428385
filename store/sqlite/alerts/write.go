package alerts

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"vega/policies/incident"
)

const (
	putIncident = `INSERT INTO incidents (id, opened, ended, root, subject, data) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET ended = excluded.ended, root = excluded.root, subject = excluded.subject, data = excluded.data WHERE opened = excluded.opened`
	putAlerts   = `INSERT OR IGNORE INTO incident_alerts (alert, opened, incident) SELECT value, ?, ? FROM json_each(?)`
	putWatch    = `INSERT OR REPLACE INTO watches (alert, kind, name, instance, incident, data) VALUES (?, ?, ?, ?, ?, ?)`
	forgetWatch = `DELETE FROM watches WHERE alert = ? AND kind = ? AND name = ? AND instance = ?`
	// A transaction that was committed may be taken as failed, and written again.
	putEvent = `INSERT INTO incident_events (incident, at, data) SELECT ?1, ?2, ?3
		WHERE NOT EXISTS (SELECT 1 FROM incident_events WHERE incident = ?1 AND at = ?2 AND data = ?3)`
	putDelivery = `INSERT OR REPLACE INTO deliveries (incident, notifier, done, data) VALUES (?, ?, ?, ?)`
	putSilence  = `INSERT INTO silences (id, begins, over, data) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET over = excluded.over, data = excluded.data WHERE begins = excluded.begins`
)

// Store stores changes in a transaction.
func Store(ctx context.Context, tx *sql.Tx, c *incident.Changes) error {
	w := &writer{ctx, tx}
	return errors.Join(
		each(c.Incidents, w.incident), each(c.Forgotten, w.forget), each(c.Watches, w.watch),
		each(c.Events, w.event), each(c.Deliveries, w.delivery), each(c.Silences, w.silence),
	)
}

// each calls put with each record until it fails.
func each[T any](all []T, put func(*T) error) error {
	for n := range all {
		if err := put(&all[n]); err != nil {
			return fmt.Errorf("store %T: %w", all[n], err)
		}
	}
	return nil
}

// writer writes the records of a transaction.
type writer struct {
	ctx context.Context //nolint:containedctx // it lives as long as one transaction
	tx  *sql.Tx
}

// exec runs a statement, which the connection keeps compiled.
func (w *writer) exec(statement string, args ...any) (rows int64, err error) {
	done, err := w.tx.ExecContext(w.ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

func (w *writer) incident(i *incident.Incident) error {
	data, err := encode(*i, repairIncident)
	if err != nil {
		return err
	}
	var ended any
	if !i.Ended.IsZero() {
		ended = micros(i.Ended)
	}
	opened := micros(i.Opened)
	args := []any{i.ID, opened, ended, i.Root, i.Subject.Name, data}
	n, err := w.exec(putIncident, args...)
	if err == nil && n == 0 {
		if err = MoveIncident(w.ctx, w.tx, i.ID); err == nil {
			_, err = w.exec(putIncident, args...)
		}
	}
	if err != nil {
		return err
	}
	names, err := json.Marshal(i.Alerts)
	if err == nil {
		_, err = w.exec(putAlerts, opened, i.ID, string(names))
	}
	return err
}

func (w *writer) watch(c *incident.Watch) error {
	data, err := encode(*c, repairWatch)
	if err == nil {
		_, err = w.exec(putWatch, c.Alert, string(c.Subject.Kind), c.Subject.Name, c.Subject.Instance, c.Incident, data)
	}
	return err
}

func (w *writer) forget(c *incident.Watch) error {
	_, err := w.exec(forgetWatch, c.Alert, string(c.Subject.Kind), c.Subject.Name, c.Subject.Instance)
	return err
}

func (w *writer) event(e *incident.Event) error {
	data, err := encode(*e, repairEvent)
	if err == nil {
		_, err = w.exec(putEvent, e.Incident, micros(e.At), data)
	}
	return err
}

func (w *writer) delivery(d *incident.Delivery) error {
	data, err := encode(*d, repairDelivery)
	if err == nil {
		_, err = w.exec(putDelivery, d.Incident, d.Notifier, d.Done, data)
	}
	return err
}

func (w *writer) silence(s *incident.Silence) error {
	data, err := encode(*s, repairSilence)
	if err != nil {
		return err
	}
	args := []any{s.ID, micros(s.From), micros(over(s)), data}
	n, err := w.exec(putSilence, args...)
	if err == nil && n == 0 {
		if err = MoveSilence(w.ctx, w.tx, s.ID); err == nil {
			_, err = w.exec(putSilence, args...)
		}
	}
	return err
}
