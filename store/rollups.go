package store

import (
	"context"
	"time"
)

// Rollups stores what runs and metrics were, in buckets of five minutes, an hour and a
// day. All runs are counted, also those that retention has deleted.
type Rollups interface {
	// History returns the buckets of a series between two times, the oldest first, the
	// open one included. Buckets without a run and without a value are left out.
	History(ctx context.Context, q HistoryQuery) ([]Bucket, error)
	// Series returns the series of an integration, or with "" those of the metric blocks,
	// in order.
	Series(ctx context.Context, integration string) ([]Series, error)
	// AppendPoints adds values of metrics to their buckets, soon and in order.
	AppendPoints(ctx context.Context, points []Point) error
}

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
	FiveMinutes = 5 * time.Minute
	Hourly      = time.Hour
	Daily       = 24 * time.Hour // in UTC
)

// HistoryQuery selects buckets that begin from Since on and before Until.
type HistoryQuery struct {
	Series
	Step         time.Duration // one of the steps
	Since, Until time.Time
}

// Bucket is what a series was during a step. Up, Down, Unknown and Maintenance are parts
// of its time, and set only for the status of an integration; see package uptime.
type Bucket struct {
	At   time.Time // when it begins
	Runs int64     // or values
	// Unhealthy and Undecided count the runs with that status and those that are unknown.
	Unhealthy, Undecided           int64
	Up, Down, Unknown, Maintenance time.Duration
	Mean, Min, Max                 float64 // of values, or of the seconds that runs took
}

// Point is a value of a series.
type Point struct {
	Series
	At    time.Time
	Value float64
}
