package store

import (
	"context"
	"time"
)

// Store is vega's own database. It is safe for concurrent use.
type Store interface {
	Conversations
	Memories
	KV
	Runs
	Alerts
	Rollups
	Maintenance

	// Close stores the runs that are still queued and releases the database.
	// After it, reading and writing fail.
	Close() error
}

// Maintenance keeps a database small and reports its state.
type Maintenance interface {
	// Retain deletes what exceeds the limits. It works in small steps, so that
	// other writers wait for one step at most. After a jump of the wall clock it
	// goes by the time before, until the clock has kept steady.
	Retain(ctx context.Context, r Retention) (Retained, error)
	// Degraded returns why nothing can be stored at the moment, or nil.
	Degraded() error
}

// Retention limits what is kept. A zero field sets no limit.
type Retention struct {
	Runs          time.Duration // age of the oldest run, incident that has ended, silence and figure
	Conversations time.Duration // age of the oldest conversation
	// Bytes is the size of the database. The oldest runs and figures are deleted first,
	// then incidents that have ended, and roll-ups last. Roll-ups have ages of their own:
	// 5-minute buckets are kept for 7 days, those of an hour for 90 days, those of a day
	// for 5 years.
	Bytes int64
}

// Retained counts what Retain deleted.
type Retained struct {
	Runs, Conversations          int64
	Incidents, Silences, Figures int64
	Rollups                      int64 // rows of up to 30 buckets
	// Misdated counts those of them whose own time is impossible: in the future, or
	// before vega existed. They were deleted with those stored next to them.
	Misdated int64
	Bytes    int64 // by which the database shrank
}
