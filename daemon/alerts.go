package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"vega/daemon/alerting"
	"vega/daemon/config"
	"vega/daemon/notify"
	"vega/daemon/notify/service"
	"vega/policies"
	"vega/policies/alert"
	"vega/policies/incident"
	"vega/store"
)

// openAlerting continues what the store has of incidents. The next install configures it.
func (d *Daemon) openAlerting(ctx context.Context, next *state) (string, error) {
	id, err := alerting.Identity(next.Config.DataDir)
	if err != nil {
		d.options.Log.WarnContext(ctx, "identity", "err", err)
	}
	d.identity = id
	setup, err := d.setup(next)
	if err != nil {
		return "", err
	}
	d.alerts, err = alerting.New(ctx, alerting.Options{
		Log: d.options.Log, Store: d.store, Soon: d.engine.Soon,
		Read: func(ctx context.Context, paths []string) (map[string][]policies.Reading, error) {
			return d.monitor.Read(ctx, paths, d.inForce().databases)
		},
		Strain: func(ctx context.Context) []string {
			now := d.inForce()
			return d.monitor.Strain(ctx, now.thresholds, now.databases)
		},
		Slowest: func() []string { return d.inForce().databases.Slowest(slowestQueries) },
	}, setup)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d alerts, %d notifiers", len(setup.Rules.Alerts), len(setup.Notifiers)), nil
}

// slowestQueries is how many queries are evidence of an incident.
const slowestQueries = 3

// setup returns the configuration of alerting. The error is that of a setting of the
// network that can't be used.
func (d *Daemon) setup(s *state) (alerting.Setup, error) {
	c := s.Config
	out := alerting.Setup{Rules: AlertRules(c), Notifiers: map[string]alerting.Notifier{}}
	out.Rules.ID, out.Rules.Digest = d.identity, s.inputs.Digest
	network, err := newNetwork(c.Network)
	if err != nil {
		return out, err
	}
	options := notify.Options{Network: network, ID: d.identity, ExternalURL: c.Server.ExternalURL}
	for _, settings := range c.Notifiers {
		n, err := newNotifier(settings, options)
		if err != nil {
			return out, err
		}
		out.Notifiers[settings.Name] = n
	}
	for _, m := range c.DeadMen {
		out.DeadMen = append(out.DeadMen, alerting.DeadMan{Name: m.Name, Every: m.Every, Ping: func(ctx context.Context) incident.Outcome {
			return notify.Ping(ctx, options, m.URL.Reveal())
		}})
	}
	return out, nil
}

// AlertRules returns what a configuration has for the state machine of alerting, without
// the identity of the daemon and the digest of its files.
func AlertRules(c *config.Config) alert.Config {
	rules := alert.Config{ExternalURL: c.Server.ExternalURL, Alerts: c.Alerts, Windows: c.Windows, Integrations: c.Watched()}
	for _, n := range c.Notifiers {
		rules.Notifiers = append(rules.Notifiers, alert.Notifier{Name: n.Name, Pager: service.Find(n.Type).Pager, Digest: service.Digest(n)})
	}
	return rules
}

func newNotifier(settings service.Settings, o notify.Options) (alerting.Notifier, error) {
	n, err := notify.New(settings, o)
	if err != nil {
		return alerting.Notifier{}, err
	}
	return alerting.Notifier{Type: settings.Type, Send: n.Send, Refresh: n.Refreshes()}, nil
}

// noteReload tells alerting whether the configuration on disk is accepted.
func (d *Daemon) noteReload(r *Reload) {
	if d.alerts == nil {
		return
	}
	d.alerts.Event(alerting.ConfigRejected, "", r.Outcome == Rejected, r.Reason)
}

// Incidents returns a page of incidents.
func (d *Daemon) Incidents(ctx context.Context, q store.IncidentQuery) (alerting.IncidentPage, error) {
	d.flushAlerts(ctx)
	page, err := d.store.Incidents(ctx, q)
	return alerting.IncidentPage{Incidents: append([]incident.Incident{}, page.Incidents...), Next: page.Next}, err
}

// flushAlerts stores what has changed, so that a client sees it. An error is no concern of
// that client: a store that can't be written can still be read.
func (d *Daemon) flushAlerts(ctx context.Context) {
	patience, cancel := context.WithTimeout(ctx, flushPatience)
	defer cancel()
	_ = d.store.FlushAlerts(patience)
}

// Incident reports on one incident. The error is store.ErrNotFound if there is none.
func (d *Daemon) Incident(ctx context.Context, id int64) (alerting.IncidentReport, error) {
	d.flushAlerts(ctx)
	r, err := d.store.Incident(ctx, id)
	if err != nil {
		return alerting.IncidentReport{}, err
	}
	return d.alerts.Incident(r, time.Now()), nil
}

// Acknowledge marks an open incident as taken care of. The error is incident.ErrNotFound
// or incident.ErrEnded, or that of the store.
func (d *Daemon) Acknowledge(ctx context.Context, id int64, a incident.Acknowledgement) error {
	return d.alerts.Change(ctx, func(m *alert.Machine, now time.Time) error { return m.Acknowledge(now, id, a) })
}

// Unacknowledge takes that mark back. Errors are those of Acknowledge.
func (d *Daemon) Unacknowledge(ctx context.Context, id int64, by string) error {
	return d.alerts.Change(ctx, func(m *alert.Machine, now time.Time) error { return m.Unacknowledge(now, id, by) })
}

// Silences returns a page of silences, the last one first.
func (d *Daemon) Silences(ctx context.Context, limit int, cursor string) (store.SilencePage, error) {
	d.flushAlerts(ctx)
	page, err := d.store.Silences(ctx, limit, cursor)
	page.Silences = append([]incident.Silence{}, page.Silences...)
	return page, err
}

// Silence adds a silence and returns it with its ID. The error is a *store.InvalidError,
// or that of the store.
func (d *Daemon) Silence(ctx context.Context, s incident.Silence) (incident.Silence, error) {
	if err := expectSelection(d.inForce().Config, &s); err != nil {
		return s, err
	}
	err := d.alerts.Change(ctx, func(m *alert.Machine, now time.Time) (err error) {
		s.ID, err = m.Silence(now, s)
		return err
	})
	if errors.Is(err, alert.ErrInvalid) {
		err = &store.InvalidError{Field: "silence", Reason: err.Error()}
	}
	return s, err
}

// EndSilence ends a silence early. The error is incident.ErrNotFound or
// incident.ErrEnded, or that of the store.
func (d *Daemon) EndSilence(ctx context.Context, id int64, by string) error {
	return d.alerts.Change(ctx, func(m *alert.Machine, now time.Time) error { return m.EndSilence(now, id, by) })
}

// Alerts reports on every alert, in order of name.
func (d *Daemon) Alerts() []alerting.AlertReport { return d.alerts.Alerts() }

// Notifiers reports on every notifier, in order of name.
func (d *Daemon) Notifiers() []alerting.NotifierReport { return d.alerts.Notifiers() }

// TestNotifier sends an opening and its resolve, marked as a test. The error is
// store.ErrNotFound if there is no such notifier.
func (d *Daemon) TestNotifier(ctx context.Context, name string) (alerting.TestReport, error) {
	r, ok := d.alerts.Test(ctx, name)
	if !ok {
		return r, store.ErrNotFound
	}
	return r, nil
}

// RetryNotifier sends what was given up for a notifier. The error is store.ErrNotFound if
// there is no such notifier.
func (d *Daemon) RetryNotifier(ctx context.Context, name string) error {
	return d.alerts.Change(ctx, func(m *alert.Machine, now time.Time) error {
		if !slices.ContainsFunc(d.inForce().Config.Notifiers, func(s service.Settings) bool { return s.Name == name }) {
			return store.ErrNotFound
		}
		m.Retry(now, name)
		return nil
	})
}
