// Package measure runs the queries of the metric blocks at their intervals, and holds
// the values that they returned last.
//
// Create a Set with New, give it the blocks with Configure, and call Run. Samples has the
// values, Series those of one block, and Status the outcome of each block.
//
// A query that fails makes its block down, also when the database can't be reached. What
// vega itself lacks, such as a file descriptor or a free connection, says nothing about
// the database: the block is then unknown. Either way the last value stays for three
// intervals.
package measure

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Label is a name and a value that tell the series of a metric apart.
type Label struct{ Name, Value string }

// Sample is the last value of a series.
type Sample struct {
	Metric string  // the name of the block
	Labels []Label // in order of name
	Value  float64
	At     time.Time // when the query began
}

// Series returns the labels as {name="value",…}, or "" if there are none. Quotes,
// backslashes and line breaks in a value are escaped with a backslash.
func (s Sample) Series() string {
	if len(s.Labels) == 0 {
		return ""
	}
	var b strings.Builder
	for n, l := range s.Labels {
		b.WriteByte("{,"[min(n, 1)])
		b.WriteString(l.Name + `="` + escaper.Replace(l.Value) + `"`)
	}
	b.WriteByte('}')
	return b.String()
}

var escaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// byLabels compares samples of a metric by the values of their labels.
func byLabels(a, b Sample) int {
	return slices.CompareFunc(a.Labels, b.Labels, func(a, b Label) int { return cmp.Compare(a.Value, b.Value) })
}

// State says whether a block has a value.
type State string

// The states of a block.
const (
	Up      State = "up"      // its last query succeeded
	Down    State = "down"    // its last query failed
	Unknown State = "unknown" // it has not run, or vega could not query
)

// Status is the outcome of a block.
type Status struct {
	Name     string
	Database string
	Help     string
	Interval time.Duration
	State    State
	Reason   string        // why the state is not up; without secrets and data of the database
	LastRun  time.Time     // when the last query began; zero if there was none
	Took     time.Duration // of that query
	NextRun  time.Time
	Series   int // the number of values that Samples has
}
