package sqlite

import (
	"context"
	"time"
)

// Option changes how a database is opened.
type Option func(*settings)

type settings struct {
	slow        time.Duration
	correlation func(context.Context) string
	account     Account
	room        room
	outage      func(err error, lost int64)
	schema      []migration
}

func apply(options []Option) settings {
	s := settings{schema: migrations, account: unlimited{}}
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

// Outage sets a function that is called when the database can't be written any
// more, with the reason, and when it can again, with nil and the number of runs
// that were lost.
func Outage(f func(err error, lost int64)) Option { return func(s *settings) { s.outage = f } }

// Correlation sets a function that returns the ID of the request to which a
// query belongs, from the query's context.
func Correlation(f func(context.Context) string) Option {
	return func(s *settings) { s.correlation = f }
}
