package sqlite

import (
	"context"
	"time"
)

// Option changes what Open does by itself.
type Option func(*settings)

type settings struct {
	slow        time.Duration
	correlation func(context.Context) string
	account     Account
	room        room
	schema      []migration
}

func apply(options []Option) settings {
	s := settings{schema: migrations, account: free{}}
	for _, o := range options {
		o(&s)
	}
	return s
}

// SlowQuery sets the time that SQLite takes for a query from which it counts
// as slow; 0 is the profiler's 100 ms.
func SlowQuery(d time.Duration) Option { return func(s *settings) { s.slow = d } }

// Room tells whether the process can open n more descriptors, by an error where
// it can't. It is asked before SQLite opens files and when SQLite could not open
// one, since SQLite does not say why.
func Room(f func(n int) error) Option { return func(s *settings) { s.room = f } }

// Correlation finds the ID of the request that a query belongs to, in the
// query's context.
func Correlation(f func(context.Context) string) Option {
	return func(s *settings) { s.correlation = f }
}
