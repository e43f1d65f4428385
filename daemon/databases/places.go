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

// places are the connections that vega may have open to one database. A query
// takes a place before the driver is asked for a connection, so that a wait for
// vega's own connections is never taken for a wait for the database.
//
// A plugin that doesn't ship with vega may leave its rows open for as long as its
// runs last. All such plugins together leave one place to the bundled ones.
type places struct {
	database  string
	all       chan struct{} // holds one element for each place in use
	strangers chan struct{} // the same, of plugins that don't ship with vega
}

func newPlaces(database string) *places {
	return &places{database, make(chan struct{}, maxConnections), make(chan struct{}, maxConnections-1)}
}

// take waits for a place, first come, first served. The error of a wait that
// lasts until the deadline of ctx is a shortage of vega's own. The place tells
// how long the wait was in either case.
func (p *places) take(ctx context.Context, stranger bool) (*taken, error) {
	held := &taken{of: p}
	if deadline, ok := ctx.Deadline(); ok {
		held.had = time.Until(deadline)
	}
	if stranger {
		if err := held.add(ctx, p.strangers); err != nil {
			return held, err
		}
	}
	if err := held.add(ctx, p.all); err != nil {
		held.leave()
		return held, err
	}
	return held, nil
}

func (p *places) inUse(in chan struct{}) error {
	whose := "vega"
	if in == p.strangers {
		whose = "plugins that don't ship with vega"
	}
	return shortage.New(syscall.EBUSY, fmt.Sprintf("all %d connections that %s may have open to database %q are in use by other checks", cap(in), whose, p.database), freePlaces)
}

// freePlaces says how fewer checks need a connection at once.
const freePlaces = "spread the checks of this database by longer intervals, or give this one a longer timeout"

// taken is the place of one open query.
type taken struct {
	of     *places
	in     []chan struct{}
	waited time.Duration
	had    time.Duration // until the deadline, when the wait began; 0 if there is none
}

func (h *taken) add(ctx context.Context, to chan struct{}) error {
	select {
	case to <- struct{}{}:
		h.in = append(h.in, to)
		return nil
	default:
	}
	began := time.Now()
	defer func() { h.waited += time.Since(began) }()
	select {
	case to <- struct{}{}:
		h.in = append(h.in, to)
		return nil
	case <-ctx.Done():
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return h.of.inUse(to)
	}
	return ctx.Err()
}

// leave gives the place back. It may be called again.
func (h *taken) leave() {
	for _, in := range h.in {
		<-in
	}
	h.in = nil
}

// late is the error of a query that got no answer in time because it waited for
// a place; nil if the wait is too short to be the reason.
func (h *taken) late() error {
	if h.waited == 0 || policies.Reclassify(check.Timeout, h.had, h.waited, h.had) != check.Host {
		return nil
	}
	return shortage.New(syscall.EBUSY, fmt.Sprintf("the query waited %v of its %v for one of the connections that vega may have open to database %q, which other checks used",
		h.waited.Round(time.Millisecond), h.had.Round(time.Millisecond), h.of.database), freePlaces)
}
