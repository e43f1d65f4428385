package daemon

import (
	"context"
	"errors"

	"vega/daemon/alerting"
	"vega/policies/incident"
	"vega/store"
)

// Incidents returns a page of incidents.
func (d *Daemon) Incidents(ctx context.Context, q store.IncidentQuery) (alerting.IncidentPage, error) {
	return alerting.IncidentPage{Incidents: []incident.Incident{}}, nil
}

// Incident reports on one incident. The error is store.ErrNotFound if there is none.
func (d *Daemon) Incident(ctx context.Context, id int64) (alerting.IncidentReport, error) {
	return alerting.IncidentReport{}, store.ErrNotFound
}

// Acknowledge marks an open incident as taken care of.
func (d *Daemon) Acknowledge(ctx context.Context, id int64, a incident.Acknowledgement) error {
	return store.ErrNotFound
}

// Unacknowledge takes that mark back.
func (d *Daemon) Unacknowledge(ctx context.Context, id int64, by string) error {
	return store.ErrNotFound
}

// Silences returns a page of silences, the last one first.
func (d *Daemon) Silences(ctx context.Context, limit int, cursor string) (store.SilencePage, error) {
	return store.SilencePage{Silences: []incident.Silence{}}, nil
}

// Silence adds a silence and returns it with its ID.
func (d *Daemon) Silence(ctx context.Context, s incident.Silence) (incident.Silence, error) {
	return s, errors.New("todo")
}

// EndSilence ends a silence early.
func (d *Daemon) EndSilence(ctx context.Context, id int64, by string) error { return store.ErrNotFound }

// Alerts reports on every alert, in order of name.
func (d *Daemon) Alerts() []alerting.AlertReport { return []alerting.AlertReport{} }

// Notifiers reports on every notifier, in order of name.
func (d *Daemon) Notifiers() []alerting.NotifierReport { return []alerting.NotifierReport{} }

// TestNotifier sends an opening and its resolve, marked as a test. The error is
// store.ErrNotFound if there is no such notifier.
func (d *Daemon) TestNotifier(ctx context.Context, name string) (alerting.TestReport, error) {
	return alerting.TestReport{}, store.ErrNotFound
}

// RetryNotifier sends what was given up for a notifier.
func (d *Daemon) RetryNotifier(ctx context.Context, name string) error { return store.ErrNotFound }
