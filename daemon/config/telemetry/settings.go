// Package telemetry holds the settings of what vega exports, and of metrics that it
// measures with SQL: the blocks metrics, telemetry and metric.
package telemetry

import (
	"time"

	"vega/plugins/manifest"
)

// Settings are those of all these blocks, with every default filled in.
type Settings struct {
	Metrics  Metrics
	Measures []Measure // the blocks "metric", in order of name
	OTLP     *OTLP     // nil: there is no such block; the environment may still ask for it
	StatsD   *StatsD   // nil: nothing is sent
}

// Metrics configures GET /metrics.
type Metrics struct {
	// MaxSeries limits the metrics of one integration that are exported. The first ones
	// are kept, and the others counted.
	MaxSeries int
	// Listen is an address, host:port, at which GET /metrics needs no key; "" for none.
	Listen string
}

// Measure is a metric that a query measures. Each row of the result is a series.
type Measure struct {
	Name     string
	Database string
	Query    string
	Value    string   // the column with the value
	Labels   []string // the columns with the labels
	Interval time.Duration
	Timeout  time.Duration
	// MaxSeries limits the rows. More of them are an error, and no value is taken.
	MaxSeries int
	Help      string
	Position  string // file:line of its block
}

// OTLP configures the export of traces and metrics by OTLP over HTTP.
type OTLP struct {
	Endpoint manifest.Text // URL; the signal's path is added; nil: that of the environment
	Headers  map[string]manifest.Text
	Interval time.Duration // between exports of metrics; 0: that of the environment
	Traces   bool
	Metrics  bool
	// Sample is the part of traces that vega begins and exports, 0 to 1. Traces of
	// requests with a traceparent follow its decision. Nil: that of the environment.
	Sample *float64
	CAFile string // PEM certificates trusted in addition to the system's, or ""
}

// StatsD configures the export of metrics by StatsD.
type StatsD struct {
	Address string // host:port for UDP, or unix:///path
	Prefix  string
	Tags    bool // send DogStatsD tags; without them the names have the labels
}
