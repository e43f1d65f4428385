package web

import (
	"context"
	"time"

	"vega/daemon"
	"vega/daemon/alerting"
	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/databases"
	"vega/daemon/engine"
	"vega/daemon/live"
	"vega/daemon/monitor"
	"vega/daemon/trends"
	"vega/policies/incident"
	"vega/store"
)

// Sources is what the pages read and change. *daemon.Daemon implements it.
type Sources interface {
	Checks
	Alerting
	Machine
	Configuration
	Live() *live.Board
	Conversations() store.Conversations
}

// Checks runs integrations and reports on them.
type Checks interface {
	Health(ctx context.Context, q engine.Query) (engine.Health, error)
	Overview(q engine.Selection) (engine.Overview, error)
	Integration(name string) (engine.Integration, error)
	Runs(ctx context.Context, q store.RunQuery) (daemon.RunPage, error)
	Uptime(ctx context.Context, name string, since, until time.Time) (trends.UptimeReport, error)
	Trend(ctx context.Context, name, metric string, span trends.Span) (trends.IntegrationHistory, error)
	// Maintenance returns the integrations that have a maintenance window open at a time.
	Maintenance(at time.Time) map[string]bool
	MetricBlocks() []trends.Metric
	MetricTrend(ctx context.Context, name string, labels map[string]string, span trends.Span) (trends.MetricHistory, error)
}

// Alerting reports on incidents, silences, alerts and notifiers, and changes them. An entry
// that does not exist is store.ErrNotFound or incident.ErrNotFound, one that has ended
// incident.ErrEnded, and a value that selects nothing *store.InvalidError.
type Alerting interface {
	Incidents(ctx context.Context, q store.IncidentQuery) (alerting.IncidentPage, error)
	// OpenIncidents returns those that are open, without asking the store.
	OpenIncidents() []incident.Incident
	Incident(ctx context.Context, id int64) (alerting.IncidentReport, error)
	Acknowledge(ctx context.Context, id int64, a incident.Acknowledgement) error
	Unacknowledge(ctx context.Context, id int64, by string) error
	Silences(ctx context.Context, limit int, cursor string) (store.SilencePage, error)
	CurrentSilences() []incident.Silence
	Silence(ctx context.Context, s incident.Silence) (incident.Silence, error)
	EndSilence(ctx context.Context, id int64, by string) error
	Alerts() []alerting.AlertReport
	Notifiers() []alerting.NotifierReport
	TestNotifier(ctx context.Context, name string) (alerting.TestReport, error)
	RetryNotifier(ctx context.Context, name string) error
}

// Machine reports on the host, on vega itself, its databases and plugins.
type Machine interface {
	System(ctx context.Context) (monitor.System, error)
	DatabaseStats(ctx context.Context) databases.Stats
	ResetDatabaseStats()
	Plugins() []catalog.Report
	Ready() error
}

// Configuration validates, compares and reloads the configuration, and quotes it.
type Configuration interface {
	Validate(ctx context.Context) (daemon.Validation, error)
	Plan(ctx context.Context) (daemon.Planned, error)
	Reload(ctx context.Context, by daemon.Trigger) (daemon.Reload, error)
	// Block returns the block that configures an integration, without secrets.
	Block(name string) (config.Block, error)
}
