package salvage

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"vega/policies/incident"
	"vega/store/sqlite/alerts"
)

const (
	sameIncident  = `SELECT id FROM incidents WHERE subject = ? AND opened = ? LIMIT 1`
	incidentData  = `SELECT data FROM incidents WHERE id = ?`
	freeIncident  = `SELECT 1 FROM incidents WHERE id = ?`
	openIncident  = `SELECT 1 FROM incidents WHERE id = ? AND ended IS NULL`
	alterIncident = `UPDATE incidents SET ended = ?, root = ?, data = ? WHERE id = ?`
	addAlerts     = `INSERT OR IGNORE INTO incident_alerts (alert, opened, incident) SELECT value, ?, ? FROM json_each(?)`

	sameEvent = `SELECT 1 FROM incident_events WHERE incident = ? AND at = ? AND data = ? LIMIT 1`
	freeEvent = `SELECT 1 FROM incident_events WHERE id = ?`

	deliveryData  = `SELECT data FROM deliveries WHERE incident = ? AND notifier = ?`
	alterDelivery = `UPDATE deliveries SET done = ?, data = ? WHERE incident = ? AND notifier = ?`

	sameSilence = `SELECT id FROM silences WHERE begins = ?1 AND CASE WHEN json_valid(data) AND json_valid(?2)
		THEN json_extract(data, '$.by', '$.comment') = json_extract(?2, '$.by', '$.comment') END LIMIT 1`
	freeSilence  = `SELECT 1 FROM silences WHERE id = ?`
	silenceOver  = `SELECT over FROM silences WHERE id = ?`
	alterSilence = `UPDATE silences SET over = ?, data = ? WHERE id = ?`
)

// putIncident adds an incident, and finds out its number in the database: another one may
// have its own. If the incident is there, the version stays that knows more of its course:
// a vega that runs may have gone on with it.
func (s *sink) putIncident(ctx context.Context, r *row) (outcome, error) {
	var theirs incident.Incident
	number := r.integer("id")
	if number <= 0 || !decodes(r, &theirs) || !saneTime(time.UnixMicro(r.integer("opened"))) {
		return refused, nil
	}
	if root, ok := s.incidents[r.integer("root")]; ok {
		r.set("root", root)
	}
	var id int64
	same, err := s.find(ctx, &id, sameIncident, r.get("subject"), r.get("opened"))
	if err != nil {
		return refused, err
	}
	if same {
		s.incidents[number] = id
		return s.continueIncident(ctx, r, id, &theirs)
	}
	o, err := s.insertFree(ctx, r, freeIncident, alerts.MoveIncident)
	if err != nil || o != added {
		return o, err
	}
	s.incidents[number] = r.integer("id")
	names, err := json.Marshal(theirs.Alerts)
	if err == nil {
		_, err = s.exec(ctx, addAlerts, r.get("opened"), r.get("id"), string(names))
	}
	return o, err
}

// decodes reports whether the record of a row can be decoded.
func decodes(r *row, into any) bool { return json.Unmarshal([]byte(r.text("data")), into) == nil }

// continueIncident replaces the version of an incident that is there by one that knows
// more of its course.
func (s *sink) continueIncident(ctx context.Context, r *row, id int64, theirs *incident.Incident) (outcome, error) {
	var ours incident.Incident
	var data string
	if _, err := s.find(ctx, &data, incidentData, id); err != nil {
		return refused, err
	}
	if json.Unmarshal([]byte(data), &ours) == nil && courseOf(theirs) <= courseOf(&ours) {
		return known, nil
	}
	_, err := s.exec(ctx, alterIncident, r.get("ended"), r.get("root"), r.get("data"), id)
	return added, err
}

// courseOf returns a number that grows as an incident ends and begins again.
func courseOf(i *incident.Incident) int {
	if i.Open() {
		return 2 * i.Reopened
	}
	return 2*i.Reopened + 1
}

// insertFree adds a row with its number, or with the next one if that is taken. A row
// whose vega goes on with it keeps its number, and move gives the other one the next.
func (s *sink) insertFree(ctx context.Context, r *row, taken string, move func(context.Context, *sql.Tx, int64) error) (outcome, error) {
	var is int64
	used, err := s.find(ctx, &is, taken, r.get("id"))
	switch {
	case err != nil:
		return refused, err
	case used && s.goesOn && move != nil:
		if err := move(ctx, s.tx, r.integer("id")); err != nil {
			return refused, err
		}
	case used:
		r.set("id", nil)
	}
	done, err := s.exec(ctx, r.of.insert(), r.values...)
	if err != nil {
		return refused, err
	}
	id, err := done.LastInsertId()
	r.set("id", id)
	return added, err
}

// putAlert passes over an alert of an incident, which putIncident adds.
func (s *sink) putAlert(*row) (outcome, error) { return known, nil }

// putEvent adds an event of an incident unless it is there.
func (s *sink) putEvent(ctx context.Context, r *row) (outcome, error) {
	of, ok := s.incidents[r.integer("incident")]
	if !ok || !json.Valid([]byte(r.text("data"))) {
		return refused, nil
	}
	r.set("incident", of)
	var is int64
	same, err := s.find(ctx, &is, sameEvent, of, r.get("at"), r.get("data"))
	if err != nil || same {
		return known, err
	}
	return s.insertFree(ctx, r, freeEvent, nil)
}

// putDelivery adds a delivery. If it is there, the one with the last attempt stays.
func (s *sink) putDelivery(ctx context.Context, r *row) (outcome, error) {
	var theirs, ours incident.Delivery
	of, ok := s.incidents[r.integer("incident")]
	if !ok || !decodes(r, &theirs) {
		return refused, nil
	}
	r.set("incident", of)
	var data string
	same, err := s.find(ctx, &data, deliveryData, of, r.get("notifier"))
	switch {
	case err != nil:
		return refused, err
	case !same:
		return s.insert(ctx, r.of.insert(), r.values)
	case json.Unmarshal([]byte(data), &ours) == nil && cmp.Or(cmp.Compare(theirs.Seq, ours.Seq), theirs.Tried.Compare(ours.Tried)) <= 0:
		return known, nil
	}
	_, err = s.exec(ctx, alterDelivery, r.get("done"), r.get("data"), of, r.get("notifier"))
	return added, err
}

// putWatch adds a watch that is part of an open incident. Any other one begins again
// with the next evaluation; an old one must not add to it.
func (s *sink) putWatch(ctx context.Context, r *row) (outcome, error) {
	of, ok := s.incidents[r.integer("incident")]
	if !json.Valid([]byte(r.text("data"))) {
		return refused, nil
	}
	var is int64
	open, err := s.find(ctx, &is, openIncident, of)
	if err != nil || !open || !ok {
		return known, err
	}
	r.set("incident", of)
	return s.insert(ctx, r.of.insert()+` ON CONFLICT DO NOTHING`, r.values)
}

// putSilence adds a silence. If it is there, the one stays that ended first.
func (s *sink) putSilence(ctx context.Context, r *row) (outcome, error) {
	if r.integer("id") <= 0 || !json.Valid([]byte(r.text("data"))) {
		return refused, nil
	}
	var id, over int64
	same, err := s.find(ctx, &id, sameSilence, r.get("begins"), r.get("data"))
	if err != nil {
		return refused, err
	}
	if !same {
		return s.insertFree(ctx, r, freeSilence, alerts.MoveSilence)
	}
	if _, err := s.find(ctx, &over, silenceOver, id); err != nil || r.integer("over") >= over {
		return known, err
	}
	_, err = s.exec(ctx, alterSilence, r.get("over"), r.get("data"), id)
	return added, err
}

// putFigure adds a minute row, with the database's numbers for its names.
func (s *sink) putFigure(ctx context.Context, r *row) (outcome, error) {
	for _, column := range []string{"resource", "subject"} {
		id, ok := s.names[r.integer(column)]
		if !ok {
			return refused, nil
		}
		r.set(column, id)
	}
	return s.insert(ctx, r.of.insert()+` ON CONFLICT DO NOTHING`, r.values)
}
