package store

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Runs stores the history of every integration.
type Runs interface {
	// AppendRun queues a run to be stored soon and in order. The run must not
	// be changed afterwards. AppendRun blocks while runs arrive faster than they
	// are written. It returns ErrNotStored when it had to drop the run.
	AppendRun(ctx context.Context, r *Run) error
	// FlushRuns stores all runs that were appended before, or returns why that
	// failed. Once it has returned nil, these runs survive a kill of the
	// process.
	FlushRuns(ctx context.Context) error
	// Runs returns one page of an integration's history, without runs that are
	// still queued. Limit and cursor are as in Query.
	Runs(ctx context.Context, integration, cursor string, limit int) (RunPage, error)
}

// Run is one execution of a probe.
type Run struct {
	ID            int64
	Integration   string
	Probe         string // plugin.probe
	Digest        string // of the plugin
	Status        string // healthy, degraded, unhealthy or unknown
	Cause         string // "", target, timeout, probe, denied or host
	Message       string
	Details       map[string]string
	Metrics       []Metric
	Began         time.Time // to the millisecond
	Took          time.Duration
	CorrelationID string
	Strain        *Strain // nil if unknown
}

// Strain measures how contended the host was during a run, to the millisecond.
type Strain struct {
	Late      time.Duration  // how long vega waited for a CPU
	Pressure  *time.Duration // how long tasks waited for a CPU; nil if unknown
	Throttled *time.Duration // how long vega's container was throttled; nil without a quota
}

// Metric is a number that a probe measured.
type Metric struct {
	Name, Unit string
	Value      float64
}

// RunPage is one page of an integration's history, newest first.
type RunPage struct {
	Runs []Run
	Next string // cursor of the next page, "" on the last
}

// The words that Status and Cause may hold. A row stores their index, so new
// ones go to the end.
var (
	statuses = []string{"healthy", "degraded", "unhealthy", "unknown"}
	causes   = []string{"", "target", "timeout", "probe", "denied", "host"}
)

// Validate rejects a status or cause that is not among the words above.
func (r *Run) Validate() error {
	if !slices.Contains(statuses, r.Status) || !slices.Contains(causes, r.Cause) {
		return fmt.Errorf("store a run of %s: there is no status %q with cause %q", r.Integration, r.Status, r.Cause)
	}
	return nil
}

// RunFilter identifies the history to which a cursor of Runs belongs.
func RunFilter(integration string) string { return "runs " + integration }
