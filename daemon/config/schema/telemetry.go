package schema

import (
	"slices"

	"vega/plugins/manifest"
)

// metricsBlock describes GET /metrics.
var metricsBlock = &Block{Name: "metrics", Doc: "GET /metrics, for Prometheus and other scrapers. It needs a key with the scope \"metrics\", as X-API-Key or Authorization: Bearer.", Rows: []Row{
	attribute("max_series", integer, "Maximum number of metrics of one integration that are exported. The first ones are kept, and the others are counted in vega_series_dropped_total.", public, preset(20.0), within(1, 64)),
	attribute("listen", manifest.Address, "An address at which GET /metrics needs no key, and nothing else is answered, such as \"127.0.0.1:9464\". It is for scrapers that can't send a key.", public),
}}

// telemetryBlock describes exporters that vega sends to.
var telemetryBlock = &Block{Name: "telemetry", Doc: "Where vega sends traces and metrics.", Blocks: []*Block{
	{Name: "otlp", Doc: "Traces and metrics by OTLP over HTTP, for OpenTelemetry collectors and services that take OTLP. What is not set comes from the variables OTEL_EXPORTER_OTLP_*, OTEL_SERVICE_NAME and OTEL_TRACES_SAMPLER*. The page daemon/docs/opentelemetry.md has the settings for New Relic and Datadog.", Rows: []Row{
		attribute("endpoint", manifest.URL, "The URL of the receiver, without /v1/traces and /v1/metrics, which are added, such as \"http://127.0.0.1:4318\". Default: OTEL_EXPORTER_OTLP_ENDPOINT, or http://localhost:4318."),
		attribute("headers", manifest.Map, "Headers of each request, such as the key of a service.", of(text), sensitive, func(r *Row) { r.Format = manifest.RequestHeaders }),
		attribute("interval", duration, "How often metrics are exported. Default: OTEL_METRIC_EXPORT_INTERVAL, or 1m.", public, within(1, 3600)),
		attribute("traces", manifest.Bool, "Whether traces are exported.", preset(true)),
		attribute("metrics", manifest.Bool, "Whether metrics are exported.", preset(true)),
		attribute("sample", manifest.Number, "The part of traces that begin in vega and are exported, from 0 to 1. A request with a traceparent keeps the decision in it. Default: that of OTEL_TRACES_SAMPLER, or 1.", public, within(0, 1)),
		attribute("ca_file", Path, "Certificates that are trusted in addition to the system's and network.ca_file, PEM.", public),
	}},
	{Name: "statsd", Doc: "Metrics by StatsD.", Rows: []Row{
		attribute("address", text, "Where metrics are sent: host:port for UDP, or unix:// and the path of a datagram socket, such as \"127.0.0.1:8125\".", public, required),
		attribute("prefix", text, "What each name begins with.", public, preset("vega."), func(r *Row) { r.Pattern = `([A-Za-z][A-Za-z0-9_.-]{0,99})?` }),
		attribute("tags", manifest.Bool, "Whether labels are sent as DogStatsD tags. Otherwise they are part of the name, which every StatsD server understands.", preset(false)),
	}},
}}

// metricBlock describes a metric that a query measures.
var metricBlock = &Block{Name: "metric", Label: "name", Doc: "A metric that a query measures. It is exported as vega_metric_NAME, and alerts and thresholds name it metric.NAME. Each row of the result is a series. If the query fails, vega_metric_up{metric=\"NAME\"} is 0.", Rows: []Row{
	attribute("database", manifest.Database, "The database to query, as database.NAME.", required),
	attribute("query", text, "The query, which only reads, such as \"SELECT state, count(*) AS n FROM orders GROUP BY state\". It cannot contain env() and file().", required, func(r *Row) { r.SQL = true }),
	attribute("value", text, "The column with the value: a number, or true and false, which are 1 and 0. NULL and other text are an error of the query.", public, required),
	attribute("labels", manifest.List, "The columns whose values tell the series apart. They become labels of these names. NULL is an empty label. Default: none, and the result has at most one row.", public, of(text)),
	attribute("interval", duration, "Time between queries. A value is kept for three intervals.", public, preset("1m"), within(1, 24*3600)),
	attribute("timeout", duration, "Maximum time for a query.", public, preset("5s"), within(0.1, 300)),
	attribute("max_series", integer, "Maximum number of rows. A result with more is an error.", public, preset(20.0), within(1, 1000)),
	attribute("help", text, "What the metric means, in a line, for people who read it elsewhere.", public),
}}

// scrapeModule returns the block of a module for GET /probe, with the rows and blocks
// that it has in common with an integration.
func scrapeModule(integration *Block) *Block {
	return &Block{Name: "scrape_module", Label: "name", Doc: "A probe for GET /probe?module=NAME&target=TARGET, in place of a module of blackbox_exporter. The target comes with each request, and must match one of targets. The key needs the scope \"probe\". Nothing is stored.", Rows: []Row{
		attribute("probe", Probe, "The probe to run, as plugin.probe.", required),
		attribute("targets", manifest.List, "What may be asked for: values of the option that from names. In a host, * in place of the leftmost label stands for one or more labels. In place of the host in an address, or of one to ping, a range such as 10.0.0.0/8 stands for each address in it. A URL without a path stands for all paths. A redirect is followed to other targets of the module.", public, required, of(text)),
		attribute("from", text, "The option of the probe that the target is set in. Default: the one option that says what is connected to.", public),
		*integration.Row("timeout"),
		*integration.Row("memory"),
	}, Blocks: []*Block{integration.Block("config"), integration.Block("tls")}}
}

// withTelemetry adds the blocks of what is exported and measured to a table, after the
// last one.
func withTelemetry(t *Block) *Block {
	t.Blocks = slices.Concat(t.Blocks, []*Block{metricBlock, metricsBlock, telemetryBlock, scrapeModule(t.Block("integration"))})
	return t
}
