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

// onCall is the part of a Daemon that serves those who are on call.
type onCall struct {
	daemon   *Daemon
	alerts   *alerting.Alerting // nil if the store is read only
	identity string             // of this vega, for services that keep state
}

// openAlerting continues what the store has of incidents. The next install configures it.
func (o *onCall) openAlerting(ctx context.Context, next *state) (string, error) {
	id, err := alerting.Identity(next.Config.DataDir)
	if err != nil {
		o.daemon.options.Log.WarnContext(ctx, "identity", "err", err)
	}
	o.identity = id
	setup, err := o.setup(next)
	if err != nil {
		return "", err
	}
	o.alerts, err = alerting.New(ctx, alerting.Options{
		Log: o.daemon.options.Log, Store: o.daemon.store, Soon: o.daemon.engine.Soon,
		Sent: func(notifier string, r incident.Result) { o.daemon.metrics.CountNotification(notifier, string(r)) },
		Read: func(ctx context.Context, paths []string) (map[string][]policies.Reading, error) {
			return o.daemon.monitor.Read(ctx, paths, o.daemon.inForce().figures(o.daemon))
		},
		Strain: func(ctx context.Context) []string {
			now := o.daemon.inForce()
			return o.daemon.monitor.Strain(ctx, now.thresholds, now.figures(o.daemon))
		},
		Slowest: func() []string { return o.daemon.inForce().databases.Slowest(slowestQueries) },
	}, setup)
	if err != nil {
		return "", err
	}
	return plural(len(setup.Rules.Alerts), "alert") + ", " + plural(len(setup.Notifiers), "notifier"), nil
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// slowestQueries is how many queries are evidence of an incident.
const slowestQueries = 3

// setup returns the configuration of alerting. The error is that of a setting of the
// network that can't be used.
func (o *onCall) setup(s *state) (alerting.Setup, error) {
	c := s.Config
	out := alerting.Setup{Rules: AlertRules(c), Notifiers: map[string]alerting.Notifier{}}
	out.Rules.ID, out.Rules.Digest = o.identity, s.inputs.Digest
	network, err := newNetwork(c.Network)
	if err != nil {
		return out, err
	}
	options := notify.Options{Network: network, ID: o.identity, ExternalURL: c.Server.ExternalURL, Pages: c.Server.Incidents()}
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
	rules := alert.Config{Pages: c.Server.Incidents(), Alerts: c.Alerts, Windows: c.Windows, Integrations: c.Watched(), Measures: map[string]time.Duration{}}
	for _, m := range c.Telemetry.Measures {
		rules.Measures[policies.MetricPrefix+m.Name] = m.Interval
	}
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

// noteReload reports to alerting whether the configuration on disk is accepted.
func (o *onCall) noteReload(r *Reload) {
	if o.alerts == nil {
		return
	}
	o.alerts.Event(alerting.ConfigRejected, "", r.Outcome == Rejected, "reload refused, the old configuration stays in use: "+r.Reason)
}

// endAlerts judges the last runs, and ends the attempts to send.
func (o *onCall) endAlerts(ctx context.Context) {
	if o.alerts == nil {
		return
	}
	patience, cancel := context.WithTimeout(ctx, flushPatience)
	defer cancel()
	_ = o.daemon.store.FlushRuns(patience) // closing the store tries again, and logs
	o.alerts.Shutdown(patience)
}

// Incidents returns a page of incidents.
func (o *onCall) Incidents(ctx context.Context, q store.IncidentQuery) (alerting.IncidentPage, error) {
	late := o.flushAlerts(ctx) != nil
	page, err := o.daemon.store.Incidents(ctx, q)
	return alerting.Page(o.alerts, page, &q, late), err
}

// OpenIncidents returns the open incidents, in order of ID, from memory.
func (o *onCall) OpenIncidents() []incident.Incident { return alerting.Open(o.alerts) }

// flushAlerts stores what has changed, so that a client sees it. After an error, what the
// store has is late.
func (o *onCall) flushAlerts(ctx context.Context) error {
	patience, cancel := context.WithTimeout(ctx, flushPatience)
	defer cancel()
	return o.daemon.store.FlushAlerts(patience)
}

// Incident reports on one incident. The error is store.ErrNotFound if there isn't one.
func (o *onCall) Incident(ctx context.Context, id int64) (alerting.IncidentReport, error) {
	late := o.flushAlerts(ctx) != nil
	r, err := o.daemon.store.Incident(ctx, id)
	if late && (err == nil || errors.Is(err, store.ErrNotFound)) && alerting.Live(o.alerts, &r, id) {
		err = nil
	}
	if err != nil {
		return alerting.IncidentReport{}, err
	}
	return o.alerts.Incident(r, time.Now()), nil
}

// Acknowledge marks an open incident as taken care of. The error is incident.ErrNotFound
// or incident.ErrEnded, or that of the store.
func (o *onCall) Acknowledge(ctx context.Context, id int64, a incident.Acknowledgement) error {
	return o.alerts.Change(ctx, func(m *alert.Machine, now time.Time) error { return m.Acknowledge(now, id, a) })
}

// Unacknowledge takes that mark back. Errors are those of Acknowledge.
func (o *onCall) Unacknowledge(ctx context.Context, id int64, by string) error {
	return o.alerts.Change(ctx, func(m *alert.Machine, now time.Time) error { return m.Unacknowledge(now, id, by) })
}

// Silences returns a page of silences, the last one first.
func (o *onCall) Silences(ctx context.Context, limit int, cursor string) (store.SilencePage, error) {
	_ = o.flushAlerts(ctx) // a store that can't be written can still be read
	page, err := o.daemon.store.Silences(ctx, limit, cursor)
	page.Silences = append([]incident.Silence{}, page.Silences...)
	return page, err
}

// CurrentSilences returns the silences that hold, and those that begin later, in order of
// ID.
func (o *onCall) CurrentSilences() []incident.Silence { return alerting.Silences(o.alerts) }

// Silence adds a silence and returns it with its ID. The error is a *store.InvalidError,
// or that of the store.
func (o *onCall) Silence(ctx context.Context, s incident.Silence) (incident.Silence, error) {
	if err := expectSelection(o.daemon.inForce().Config, &s); err != nil {
		return s, err
	}
	err := o.alerts.Change(ctx, func(m *alert.Machine, now time.Time) (err error) {
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
func (o *onCall) EndSilence(ctx context.Context, id int64, by string) error {
	return o.alerts.Change(ctx, func(m *alert.Machine, now time.Time) error { return m.EndSilence(now, id, by) })
}

// Alerts reports on every alert, in order of name.
func (o *onCall) Alerts() []alerting.AlertReport { return o.alerts.Alerts() }

// Notifiers reports on every notifier, in order of name.
func (o *onCall) Notifiers() []alerting.NotifierReport { return o.alerts.Notifiers() }

// TestNotifier sends an opening and its resolve, marked as a test. The error is
// store.ErrNotFound if there is no such notifier.
func (o *onCall) TestNotifier(ctx context.Context, name string) (alerting.TestReport, error) {
	r, ok := o.alerts.Test(ctx, name)
	if !ok {
		return r, store.ErrNotFound
	}
	return r, nil
}

// RetryNotifier sends what was given up for a notifier. The error is store.ErrNotFound if
// there is no such notifier.
func (o *onCall) RetryNotifier(ctx context.Context, name string) error {
	return o.alerts.Change(ctx, func(m *alert.Machine, now time.Time) error {
		if !slices.ContainsFunc(o.daemon.inForce().Config.Notifiers, func(s service.Settings) bool { return s.Name == name }) {
			return store.ErrNotFound
		}
		m.Retry(now, name)
		return nil
	})
}
