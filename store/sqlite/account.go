package sqlite

import "context"

// Account is what queries that vega did not write are charged to. ctx is that
// of the query.
type Account interface {
	// Compute does what keeps a processor busy and takes so many bytes of
	// memory at most. On an error it was not done.
	Compute(ctx context.Context, bytes int, do func()) error
	// Room is how many bytes of memory may be taken.
	Room(ctx context.Context) int
	// Shortage is the error of a query that waited in vain for something that
	// is this program's to have.
	Shortage(ctx context.Context, err error) error
}

// OnAccount has the queries of guests charged.
func OnAccount(a Account) Option { return func(s *settings) { s.account = a } }

// free is the account of queries that nobody counts.
type free struct{}

func (free) Compute(_ context.Context, _ int, do func()) error {
	do()
	return nil
}

func (free) Shortage(_ context.Context, err error) error { return err }

func (free) Room(context.Context) int { return 1 << 30 }
