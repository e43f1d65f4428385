// Package trends reports what integrations and metrics were over time, from the roll-ups
// that the store keeps: charts of at most 1,000 points (Chart), and which part of a period
// an integration was up (Uptime). It is handed the store, and reads no clock.
package trends

import (
	"context"
	"time"

	"vega/policies/check"
	"vega/store"
)

// Store is what trends reads.
type Store interface {
	History(ctx context.Context, q store.HistoryQuery) ([]store.Bucket, error)
	Statuses(ctx context.Context, integration string, since, until time.Time, f func(began time.Time, s check.Status) bool) (first time.Time, err error)
}

// base is a step of stored buckets, and how long they are kept.
type base struct{ step, kept time.Duration }

const day = 24 * time.Hour

// bases are the steps of stored buckets, the shortest first.
var bases = []base{{store.FiveMinutes, 7 * day}, {store.Hourly, 90 * day}, {store.Daily, 5 * 365 * day}}

// finest returns the shortest step of the buckets that are kept of a time.
func finest(at, now time.Time) time.Duration {
	for _, b := range bases {
		if now.Sub(at) <= b.kept {
			return b.step
		}
	}
	return store.Daily
}

// finestUntil is finest for the end of a period: the buckets of that step are kept from the
// beginning of the next longer one on.
func finestUntil(at, now time.Time) time.Duration {
	for n, b := range bases[:len(bases)-1] {
		if now.Sub(at) <= b.kept-bases[n+1].step {
			return b.step
		}
	}
	return store.Daily
}
