package alerts

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"vega/policies/incident"
	"vega/store"
	"vega/store/profile"
)

const (
	oneIncident    = `SELECT ` + incidentColumns + ` FROM incidents i WHERE i.id = ?`
	itsEvents      = `SELECT id, incident, at, data FROM incident_events WHERE incident = ? ORDER BY at, id`
	itsDeliveries  = `SELECT incident, notifier, done, data FROM deliveries WHERE incident = ? ORDER BY notifier`
	itsBelow       = `SELECT ` + incidentColumns + ` FROM incidents i WHERE i.root = ? ORDER BY i.id LIMIT ?`
	selectSilences = `SELECT id, data FROM silences WHERE id < ? ORDER BY id DESC LIMIT ?`
	silenceFilter  = "silences"
)

// selectIncidents compares row values, which SQLite looks up in an index. The plus signs
// keep it from choosing an index that has another order.
func selectIncidents(q *store.IncidentQuery, before store.Position, limit int) (string, []any) {
	from, opened, id := `incidents i`, `i.opened`, `i.id`
	var where []string
	var args []any
	add := func(condition string, arg ...any) {
		where = append(where, condition)
		args = append(args, arg...)
	}
	if q.Alert != "" {
		from, opened, id = `incident_alerts a CROSS JOIN incidents i ON i.id = a.incident AND +i.opened = a.opened`, `a.opened`, `a.incident`
		add(`a.alert = ?`, q.Alert)
	}
	switch {
	case q.Subject == "":
	case q.Alert != "":
		add(`+i.subject = ?`, q.Subject)
	default:
		add(`i.subject = ?`, q.Subject)
	}
	switch {
	case q.Open == nil:
	case *q.Open:
		add(`i.ended IS NULL`)
	default:
		add(`+i.ended IS NOT NULL`)
	}
	if !q.Since.IsZero() {
		add(`(+i.ended IS NULL OR +i.ended >= ?)`, micros(q.Since))
	}
	if !q.Until.IsZero() {
		if until := micros(q.Until); before.Key > until || before.Key == until && before.ID > math.MinInt64 {
			before = store.Position{Key: until, ID: math.MinInt64}
		}
	}
	add(`(`+opened+`, `+id+`) < (?, ?)`, before.Key, before.ID)
	return `SELECT ` + incidentColumns + ` FROM ` + from + ` WHERE ` + strings.Join(where, ` AND `) +
		` ORDER BY ` + opened + ` DESC, ` + id + ` DESC LIMIT ?`, append(args, limit)
}

// Incidents implements store.Alerts.
func (t *Tables) Incidents(ctx context.Context, q store.IncidentQuery) (store.IncidentPage, error) {
	limit, err := store.PageLimit(q.Limit)
	if err != nil {
		return store.IncidentPage{}, err
	}
	before, err := store.ParseCursor(q.Cursor, q.Filter())
	if err != nil {
		return store.IncidentPage{}, err
	}
	if t.absent {
		return store.IncidentPage{Incidents: []incident.Incident{}}, nil
	}
	statement, args := selectIncidents(&q, before, limit+1)
	all, err := collect(profile.WithFunction(ctx, "Incidents"), t, scanIncident, statement, args...)
	if err != nil {
		return store.IncidentPage{}, fmt.Errorf("read the incidents: %w", err)
	}
	p := store.IncidentPage{Incidents: all}
	if len(all) > limit {
		p.Incidents = all[:limit]
		last := &all[limit-1]
		p.Next = store.Position{Key: micros(last.Opened), ID: last.ID}.Cursor(q.Filter())
	}
	return p, nil
}

// Incident implements store.Alerts.
func (t *Tables) Incident(ctx context.Context, id int64) (r store.IncidentRecord, err error) {
	ctx = profile.WithFunction(ctx, "Incident")
	var found []incident.Incident
	if !t.absent {
		found, err = collect(ctx, t, scanIncident, oneIncident, id)
	}
	if err == nil && len(found) == 0 {
		return r, fmt.Errorf("incident %d: %w", id, store.ErrNotFound)
	}
	if err == nil {
		r.Incident = found[0]
		r.Timeline, err = collect(ctx, t, scanEvent, itsEvents, id)
	}
	if err == nil {
		r.Deliveries, err = collect(ctx, t, scanDelivery, itsDeliveries, id)
	}
	if err == nil {
		r.Below, err = collect(ctx, t, scanIncident, itsBelow, id, incident.MaxNames)
	}
	if err != nil {
		return store.IncidentRecord{}, fmt.Errorf("read incident %d: %w", id, err)
	}
	return r, nil
}

// Silences implements store.Alerts.
func (t *Tables) Silences(ctx context.Context, limit int, cursor string) (store.SilencePage, error) {
	limit, err := store.PageLimit(limit)
	if err != nil {
		return store.SilencePage{}, err
	}
	before, err := store.ParseCursor(cursor, silenceFilter)
	if err != nil {
		return store.SilencePage{}, err
	}
	if t.absent {
		return store.SilencePage{Silences: []incident.Silence{}}, nil
	}
	all, err := collect(profile.WithFunction(ctx, "Silences"), t, scanSilence, selectSilences, before.ID, limit+1)
	if err != nil {
		return store.SilencePage{}, fmt.Errorf("read the silences: %w", err)
	}
	p := store.SilencePage{Silences: all}
	if len(all) > limit {
		p.Silences = all[:limit]
		p.Next = store.Position{ID: all[limit-1].ID}.Cursor(silenceFilter)
	}
	return p, nil
}

// collect reads all rows of a query. A record that can't be used is what its columns say.
func collect[T any](ctx context.Context, t *Tables, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := t.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []T{}
	for rows.Next() {
		record, err := scan(rows)
		if _, broken := errors.AsType[*rowError](err); err != nil && !broken {
			return nil, err
		}
		all = append(all, record)
	}
	return all, rows.Err()
}
