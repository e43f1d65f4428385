// Package metrics exports what vega measures to Prometheus.
//
// Call New, then Configure with each configuration. An Exporter is a best-effort sink of
// runs, answers scrapes (Scrape), and hands out the same families to other exporters
// (Gatherer).
//
// The families with a series for each integration are built once a configuration, and a
// scrape only changes their values: with 10,000 integrations, building them takes most of
// a scrape. Everything else is in a registry of client_golang, or built for each scrape.
//
// Labels come from the configuration and from the names and units that probes give to
// their metrics, whose number MaxSeries limits. They never come from a target, a message
// or a detail.
package metrics
