package sqlite

import (
	"context"
	"time"

	"vega/store"
	"vega/store/clock"
	"vega/store/profile"
	"vega/store/sqlite/backup"
	"vega/store/sqlite/rollups"
)

// Option changes how a database is opened.
type Option func(*settings)

type settings struct {
	slow        time.Duration
	correlation func(context.Context) string
	observe     func(context.Context, time.Duration)
	account     Account
	room        room
	health      *store.Health
	queries     *profile.Profiler
	kept        bool
	schema      []migration
	by          backup.Program
	migrating   func(backup string)
	rollups     rollups.Policy

	clock        func() clock.Reading
	clockChanged func(clock.Verdict)
}

func apply(options []Option) settings {
	s := settings{schema: migrations, account: unlimited{}, health: &store.Health{}, clock: clock.Read, clockChanged: func(clock.Verdict) {}, migrating: func(string) {}}
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

// Observe sets a function that is called after each query, with the query's context and
// the database's own time; nil: none. It must not block.
func Observe(f func(context.Context, time.Duration)) Option {
	return func(s *settings) { s.observe = f }
}

// Clock sets the function that reads the clocks of this machine for retention. The
// default is clock.Read.
func Clock(read func() clock.Reading) Option { return func(s *settings) { s.clock = read } }

// ClockChanged sets a function that is called when retention stops trusting the wall
// clock, and when it trusts it again.
func ClockChanged(f func(clock.Verdict)) Option {
	return func(s *settings) { s.clockChanged = f }
}

// WrittenBy sets the version and commit of this vega, which the store records in the
// file.
func WrittenBy(version, commit string) Option {
	return func(s *settings) { s.by = backup.Program{Version: version, Commit: commit} }
}

// Migrating sets a function that is called before an existing file is backed up and
// migrated, which may take minutes. It gets the path of the backup.
func Migrating(f func(backup string)) Option { return func(s *settings) { s.migrating = f } }

// RollUp sets what roll-ups depend on besides the runs.
func RollUp(p rollups.Policy) Option { return func(s *settings) { s.rollups = p } }

// Account limits and counts what queries of probes consume. Its methods get the
// context of the query.
type Account interface {
	// Compute calls do, which uses a CPU and at most this many bytes of memory.
	// If it returns an error, do was not called.
	Compute(ctx context.Context, bytes int, do func()) error
	// Room returns how many bytes of memory may be used.
	Room(ctx context.Context) int
	// Shortage wraps the error of a query that timed out while it waited for a
	// resource of this process.
	Shortage(ctx context.Context, err error) error
}

// OnAccount charges the queries of probes to an account.
func OnAccount(a Account) Option { return func(s *settings) { s.account = a } }

// unlimited is an Account that neither limits nor counts queries.
type unlimited struct{}

func (unlimited) Compute(_ context.Context, _ int, do func()) error {
	do()
	return nil
}

func (unlimited) Shortage(_ context.Context, err error) error { return err }

func (unlimited) Room(context.Context) int { return 1 << 30 }
