package api

import (
	"context"
	"time"

	"vega/daemon"
	"vega/daemon/catalog"
	"vega/daemon/databases"
	"vega/daemon/engine"
	"vega/daemon/heartbeat"
	"vega/daemon/monitor"
	"vega/daemon/telemetry/metrics"
	"vega/daemon/trends"
	"vega/daemon/web"
	"vega/plugins/span"
	"vega/store"
)

// Daemon lists the methods of the daemon that the handlers call. Each handler
// uses one of its interfaces.
type Daemon interface {
	Checks
	Runs
	Machine
	Databases
	Plugins
	Configuration
	State
	Scrapes
	Metrics() *metrics.Exporter
	Tracer() span.Tracer
	Memories() store.Memories
	web.Sources // Alerting included
}

// Checks runs integrations and reports on them.
type Checks interface {
	Health(ctx context.Context, q engine.Query) (engine.Health, error)
	Overview(q engine.Selection) (engine.Overview, error)
	Integration(name string) (engine.Integration, error)
	Heartbeat(name, token string) (*heartbeat.Settings, error)
	Push(ctx context.Context, name, token string, e heartbeat.Event) (engine.Pushed, error)
}

// Runs reads the history of integrations and of metric blocks.
type Runs interface {
	Runs(ctx context.Context, q store.RunQuery) (daemon.RunPage, error)
	Uptime(ctx context.Context, name string, since, until time.Time) (trends.UptimeReport, error)
	Trend(ctx context.Context, name, metric string, span trends.Span) (trends.IntegrationHistory, error)
	MetricBlocks() []trends.Metric
	MetricTrend(ctx context.Context, name string, labels map[string]string, span trends.Span) (trends.MetricHistory, error)
}

// Scrapes checks targets of modules; see daemon.Daemon.Probe.
type Scrapes interface {
	Probe(ctx context.Context, q daemon.ScrapeQuery) ([]byte, error)
}

// Machine reports on the host, the container and this process.
type Machine interface {
	System(ctx context.Context) (monitor.System, error)
	SystemSummary(ctx context.Context) (monitor.Summary, error)
}

// Databases reports on the queries of vega's own database and the configured ones.
type Databases interface {
	DatabaseStats(ctx context.Context) databases.Stats
	ResetDatabaseStats()
}

// Plugins lists the modules.
type Plugins interface {
	Plugins() []catalog.Report
}

// Configuration validates, compares and reloads the configuration.
type Configuration interface {
	Validate(ctx context.Context) (daemon.Validation, error)
	Plan(ctx context.Context) (daemon.Planned, error)
	Reload(ctx context.Context, by daemon.Trigger) (daemon.Reload, error)
}

// State reports whether the daemon is ready.
type State interface {
	Ready() error
	// Rejected reports whether the daemon rejected the last configuration that
	// it read.
	Rejected() bool
}

// Alerting is the same for the API and for the pages.
type Alerting = web.Alerting

// services splits a Daemon into its interfaces. Each handler names the one it
// uses.
type services struct {
	checks        Checks
	history       Runs
	machine       Machine
	databases     Databases
	modules       Plugins
	configuration Configuration
	state         State
	alerting      Alerting
	exporter      *metrics.Exporter
	scrapes       Scrapes
	chats         store.Conversations
	notes         store.Memories
	tracer        span.Tracer
}

func servicesOf(d Daemon) services {
	return services{
		checks: d, history: d, machine: d, databases: d, modules: d, configuration: d, state: d, alerting: d, exporter: d.Metrics(), scrapes: d,
		chats: d.Conversations(), notes: d.Memories(), tracer: d.Tracer(),
	}
}
