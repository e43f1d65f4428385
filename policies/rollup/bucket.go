// Package rollup computes what runs and metrics were in each step of time: five minutes,
// an hour and a day. It performs no input or output, and reads no clock.
//
// Open counts the runs of an integration in the current five minutes, by the rules of
// package uptime, and emits a Closed when a run of a later bucket arrives. Longer steps are
// folded from shorter ones; see Fold. Encode and Decode are how buckets are stored, several
// in a row.
package rollup

import (
	"math"
	"time"
)

// The steps of buckets.
const (
	FiveMinutes = 5 * time.Minute
	Hourly      = time.Hour
	Daily       = 24 * time.Hour // in UTC
)

// Steps lists the steps, the shortest first. A database has their numbers, from 1 on.
var Steps = []time.Duration{FiveMinutes, Hourly, Daily}

// Bucket is what a series was during a step. Up, Down, Unknown and Maintenance are parts of
// its time, and set only for the status of an integration; see package uptime. They add
// up to less than the step if the bucket is open, or if the first run of all began in it.
type Bucket struct {
	At   time.Time // when it begins
	Runs int64     // or values
	// Unhealthy and Undecided count the runs with that status and those that are unknown.
	Unhealthy, Undecided           int64
	Up, Down, Unknown, Maintenance time.Duration
	// Mean, Min and Max are those of the values, or of the seconds that runs took which
	// were neither unhealthy nor unknown; see Values.
	Mean, Min, Max float64
}

// Values returns how many values Mean, Min and Max are of. How long a run waited for a
// target that did not answer is no response time.
func (b *Bucket) Values() int64 { return max(0, b.Runs-b.Unhealthy-b.Undecided) }

// Count adds a value.
func (b *Bucket) Count(v float64) {
	if b.Runs++; b.Runs == 1 {
		b.Mean, b.Min, b.Max = v, v, v
		return
	}
	b.Mean = between(b.Mean, v, 1, b.Runs)
	b.Min, b.Max = min(b.Min, v), max(b.Max, v)
}

// Add adds what another bucket has. At stays.
func (b *Bucket) Add(o *Bucket) {
	switch own, others := b.Values(), o.Values(); {
	case others == 0:
	case own == 0:
		b.Mean, b.Min, b.Max = o.Mean, o.Min, o.Max
	default:
		b.Mean = between(b.Mean, o.Mean, others, own+others)
		b.Min, b.Max = min(b.Min, o.Min), max(b.Max, o.Max)
	}
	b.Runs += o.Runs
	b.Unhealthy += o.Unhealthy
	b.Undecided += o.Undecided
	b.Up += o.Up
	b.Down += o.Down
	b.Unknown += o.Unknown
	b.Maintenance += o.Maintenance
}

// between returns a mean of a and b, in which b counts for some of all values. It is finite
// if both are, also where their difference is not: a row can't hold another one.
func between(a, b float64, some, all int64) float64 {
	share := float64(some) / float64(all)
	if d := b - a; finite(d) {
		return a + d*share
	}
	return a*(1-share) + b*share
}

// Blank reports whether nothing is known of the bucket.
func (b *Bucket) Blank() bool { return b.Runs == 0 && b.Up == 0 && b.Down == 0 && b.Maintenance == 0 }

// Fold joins buckets, which are in order of time, into longer ones.
func Fold(buckets []Bucket, step time.Duration) []Bucket {
	var all []Bucket
	for n := range buckets {
		at := Start(buckets[n].At, step)
		if len(all) == 0 || !all[len(all)-1].At.Equal(at) {
			all = append(all, Bucket{At: at})
		}
		all[len(all)-1].Add(&buckets[n])
	}
	return all
}

// Start returns when the bucket of a time begins.
func Start(t time.Time, step time.Duration) time.Time {
	return time.Unix(floor(t.Unix(), int64(step/time.Second)), 0).UTC()
}

// Ceil returns the first time from t on at which a bucket begins.
func Ceil(t time.Time, step time.Duration) time.Time {
	if at := Start(t, step); !at.Before(t) {
		return at
	}
	return Start(t, step).Add(step)
}

// floor returns the highest multiple of by that is not above n.
func floor(n, by int64) int64 {
	m := n % by
	if m < 0 {
		m += by
	}
	return n - m
}

// finite reports whether a value can be charted.
func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
