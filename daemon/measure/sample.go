// Package measure runs the queries of the metric blocks at their intervals, and holds
// the values that they returned last.
package measure

import "time"

// Label is a name and a value that tell the series of a metric apart.
type Label struct{ Name, Value string }

// Sample is the last value of a series.
type Sample struct {
	Metric string // the name of the block
	Labels []Label
	Value  float64
	At     time.Time // when the query began
}
