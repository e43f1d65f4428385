package bind

// foreign says what to write instead of a block or attribute that other
// programs have at the top level of their configuration.
var foreign = foreignNames()

func foreignNames() map[string]string {
	const (
		integration  = `use integration "NAME" { … }, with its probe and a config block; vega docs config integration describes it`
		anAlert      = `use alert "NAME" { … }; vega docs config alert describes it`
		aNotifier    = `use notifier "NAME" { type = … }; vega docs config notifier lists the services`
		aMaintenance = `use maintenance "NAME" { … }; vega docs config maintenance describes it`
		aDeadMan     = `use dead_man "NAME" { url = … }; vega docs config dead_man describes it`
		aHeartbeat   = `use integration "NAME" { probe = core.heartbeat, … } for a job that reports, or dead_man "NAME" { url = … } for a service that watches vega`
		aModule      = `use scrape_module "NAME" { probe = …, targets = [ … ] } for GET /probe; vega docs config scrape_module describes it`
		anExporter   = `use telemetry { otlp { endpoint = … } }; vega docs config telemetry describes it`
		aMetric      = `use metric "NAME" { database = …, query = …, value = … }, on several lines; vega docs config metric describes it`
		aPage        = `use status_page "NAME" { integrations = [ … ] }; vega docs config status_page describes it`
		value        = `write the value where it is used, refer to another attribute such as server.port, or read a variable with env("NAME")`
	)
	return byName(map[string]string{
		integration:  "endpoint endpoints check checks monitor monitors service services target targets job jobs host hosts healthcheck healthchecks probe probes resource website websites site url urls",
		value:        "variable variables locals local vars var let data output",
		anAlert:      "alerts alerting alerting_rules alert_rule",
		aNotifier:    "notification notifications notifiers notify contact contacts contact_point pager webhook webhooks receiver receivers slack telegram discord teams mattermost pagerduty opsgenie pushover ntfy gotify matrix email smtp mail alertmanager",
		aMaintenance: "maintenances maintenance_window downtime downtimes mute_time_interval mute_timings time_intervals",
		aDeadMan:     "deadman deadmansswitch dead_mans_switch deadmanssnitch watchdog",
		aHeartbeat:   "heartbeat heartbeats healthchecks push push_monitor external_endpoint external_endpoints",
		aModule:      "module modules scrape_modules blackbox prober probers",
		anExporter:   "otlp opentelemetry otel tracing traces exporter exporters processors pipelines otlphttp newrelic datadog",
		aPage:        "statuspage status_pages page pages public_page",
		aMetric:      "queries collector collectors custom_metric custom_metrics measure measures sql sql_exporter",
		"use telemetry { statsd { address = … } }":                                                              "statsd dogstatsd graphite",
		"use metrics { }; vega is scraped at GET /metrics, and the intervals of checks are in the integrations": "prometheus scrape_interval scrape_timeout evaluation_interval scrape_configs remote_write static_configs relabel_configs scrape_config",
		"vega has no routes: each alert names who is notified, in notify":                                       "route routes routing policy notification_policy",
		"vega needs no inhibition rules: depends_on in an integration names what explains it":                   "inhibit inhibit_rules inhibition",
		"run vega silence add; a recurring one is a maintenance block":                                          "silence silences mute",
		"remove it; status_page blocks have a title, and server { dashboard = true } is the default":            "ui announcements",
		"use server { dashboard = true }, which is the default":                                                 "dashboard dashboards",
		"use log { level = \"info\" }":                                                                          "logging logger logs",
		"use store { … } for vega's own database":                                                               "storage db persistence",
		"use server { host = …, port = … }, on two lines":                                                       "http web api listen listener listeners port",
		"use network { resolver = … }":                                                                          "dns resolver resolvers",
		"use defaults { … } for values that integrations share, such as interval and timeout":                   "global globals default settings",
		"use threshold \"NAME\" { … }, which judges a metric of this machine":                                   "rule rules thresholds limits",
		"use llm { … }":     "model models ai",
		"use plugins { … }": "plugin extensions",
		`use include = ["FILE.hcl"] to read other files`: "import imports source includes",
	})
}
