package store

import (
	"context"
	"time"
)

// Option changes what Open does by itself.
type Option func(*settings)

type settings struct {
	slow        time.Duration
	correlation func(context.Context) string
	schema      []migration
}

func apply(options []Option) settings {
	s := settings{schema: migrations}
	for _, o := range options {
		o(&s)
	}
	return s
}

// SlowQuery sets the time that SQLite takes for a query from which it counts
// as slow; 0 is the profiler's 100 ms.
func SlowQuery(d time.Duration) Option { return func(s *settings) { s.slow = d } }

// Correlation finds the ID of the request that a query belongs to, in the
// query's context.
func Correlation(f func(context.Context) string) Option {
	return func(s *settings) { s.correlation = f }
}
