package sqlite

import "context"

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
