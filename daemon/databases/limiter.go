package databases

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"vega/plugins/shortage"
	"vega/policies"
	"vega/policies/check"
)

// limiter limits the connections that vega opens to one database. A query acquires a
// lease before it asks the driver for a connection, so a wait for vega's own
// connections is never mistaken for a wait for the database.
//
// A third-party plugin, one that does not ship with vega, can keep its rows open for
// an entire run. The limiter therefore reserves one connection for bundled plugins.
type limiter struct {
	database     string
	all          chan struct{} // holds one element for each lease
	thirdParties chan struct{} // holds one element for each lease of a third-party plugin
}

func newLimiter(database string) *limiter {
	return &limiter{database, make(chan struct{}, maxConnections), make(chan struct{}, maxConnections-1)}
}

// acquire waits for a lease, first come, first served. If the deadline of ctx passes
// first, the error is a *shortage.Error. The returned lease records the length of
// the wait, even on an error. Each wait calls begins, and at its end what that returned.
func (m *limiter) acquire(ctx context.Context, thirdParty bool, begins func() (end func())) (*lease, error) {
	l := &lease{of: m}
	if deadline, ok := ctx.Deadline(); ok {
		l.budget = time.Until(deadline)
	}
	if thirdParty {
		if err := l.add(ctx, m.thirdParties, begins); err != nil {
			return l, err
		}
	}
	if err := l.add(ctx, m.all, begins); err != nil {
		l.release()
		return l, err
	}
	return l, nil
}

func (m *limiter) exhausted(in chan struct{}) error {
	holders := "vega"
	if in == m.thirdParties {
		holders = "third-party plugins"
	}
	return shortage.New(syscall.EBUSY, fmt.Sprintf("other checks use all %d connections that %s may open to database %q", cap(in), holders, m.database), freeConnections)
}

// freeConnections explains how to need fewer concurrent connections.
const freeConnections = "use longer intervals for the checks of this database, or a longer timeout for this one"

// lease permits one open query.
type lease struct {
	of     *limiter
	in     []chan struct{}
	waited time.Duration
	budget time.Duration // from the start of the wait to the deadline; 0 without a deadline
}

func (l *lease) add(ctx context.Context, to chan struct{}, begins func() (end func())) error {
	select {
	case to <- struct{}{}:
		l.in = append(l.in, to)
		return nil
	default:
	}
	defer begins()()
	began := time.Now()
	defer func() { l.waited += time.Since(began) }()
	select {
	case to <- struct{}{}:
		l.in = append(l.in, to)
		return nil
	case <-ctx.Done():
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return l.of.exhausted(to)
	}
	return ctx.Err()
}

// release returns the lease to its limiter. It may be called more than once.
func (l *lease) release() {
	for _, in := range l.in {
		<-in
	}
	l.in = nil
}

// delayed explains a query that got no response in time. It returns a
// *shortage.Error if the cause may be the wait for the lease, and nil if the wait
// was too short.
func (l *lease) delayed() error {
	if l.waited == 0 || policies.Reclassify(check.Timeout, l.budget, l.waited, l.budget) != check.Host {
		return nil
	}
	return shortage.New(syscall.EBUSY, fmt.Sprintf("the query waited %v of its %v because other checks used all connections that vega may open to database %q",
		l.waited.Round(time.Millisecond), l.budget.Round(time.Millisecond), l.of.database), freeConnections)
}
