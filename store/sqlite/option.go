package sqlite

import (
	"context"
	"time"

	"vega/store"
	"vega/store/clock"
	"vega/store/profile"
)

// Option changes how a database is opened.
type Option func(*settings)

type settings struct {
	slow        time.Duration
	correlation func(context.Context) string
	account     Account
	room        room
	health      *store.Health
	queries     *profile.Profiler
	kept        bool
	schema      []migration

	clock        func() clock.Reading
	clockChanged func(clock.Verdict)
}

func apply(options []Option) settings {
	s := settings{schema: migrations, account: unlimited{}, health: &store.Health{}, clock: clock.Read, clockChanged: func(clock.Verdict) {}}
	for _, o := range options {
		o(&s)
	}
	return s
}

// SlowQuery sets the duration in SQLite from which a query counts as slow. 0
// stands for the profiler's default of 100 ms.
func SlowQuery(d time.Duration) Option { return func(s *settings) { s.slow = d } }

// Room sets a function that returns an error if the process cannot open n more
// file descriptors. It is called before SQLite opens files, and after SQLite
// failed to open one, because SQLite does not report the reason.
func Room(f func(n int) error) Option { return func(s *settings) { s.room = f } }

// ReportTo sets where the store records whether the database can be written.
func ReportTo(h *store.Health) Option { return func(s *settings) { s.health = h } }

// Kept is for a caller that replaces one Store by another as its file is replaced. The
// caller holds the lock of the path, see package filelock, and queues the runs, which
// it stores with WriteRuns. All such stores share a profiler.
func Kept(p *profile.Profiler) Option {
	return func(s *settings) { s.queries, s.kept = p, true }
}

// Correlation sets a function that returns the ID of the request to which a
// query belongs, from the query's context.
func Correlation(f func(context.Context) string) Option {
	return func(s *settings) { s.correlation = f }
}

// Clock sets the function that reads the clocks of this machine for retention. The
// default is clock.Read.
func Clock(read func() clock.Reading) Option { return func(s *settings) { s.clock = read } }

// ClockChanged sets a function that is called when retention stops trusting the wall
// clock, and when it trusts it again.
func ClockChanged(f func(clock.Verdict)) Option {
	return func(s *settings) { s.clockChanged = f }
}
