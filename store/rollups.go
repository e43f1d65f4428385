package store

import (
	"context"
	"time"

	"vega/policies/rollup"
)

// Rollups stores what runs and metrics were, in buckets of five minutes, an hour and a
// day. All runs are counted, also those that retention has deleted.
type Rollups interface {
	// History returns the buckets of a series between two times, the oldest first, the
	// open one included as far as runs are stored. Buckets that nothing is known of are
	// left out: all of their time is unknown.
	History(ctx context.Context, q HistoryQuery) ([]Bucket, error)
	// Series returns the series of an integration, or with "" those of the metric blocks,
	// in order.
	Series(ctx context.Context, integration string) ([]Series, error)
	// AppendPoints adds values of metrics to their buckets. Once it has returned nil,
	// these survive a kill of the process. Values that are not finite are left out. A metric
	// block has at most MaxSeries series, the first ones; values of others are left out, and
	// the error is a *ManySeriesError.
	AppendPoints(ctx context.Context, points []Point) error
}

// MaxSeries limits the series of a metric block in the history. The labels of a row may be
// others each time, and each series is kept for years.
const MaxSeries = 10_000

// Series identifies what is rolled up.
type Series struct {
	Integration string // "" for a metric block
	// Metric is a metric of the integration, the name of a metric block, or "" for the
	// status of the integration and the duration of its runs.
	Metric string
	Labels string // of a row of a metric block, as {name="value",…} in order of name; or ""
}

// The steps of buckets.
const (
	FiveMinutes = rollup.FiveMinutes
	Hourly      = rollup.Hourly
	Daily       = rollup.Daily // in UTC
)

// HistoryQuery selects buckets that begin from Since on and before Until.
type HistoryQuery struct {
	Series
	Step         time.Duration // one of the steps
	Since, Until time.Time
}

// Bucket is what a series was during a step.
type Bucket = rollup.Bucket

// Point is a value of a series.
type Point struct {
	Series
	At    time.Time
	Value float64
}
