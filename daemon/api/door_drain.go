package api

import (
	"context"
	"maps"
	"slices"
)

// awaited is something that somebody waits to be so.
type awaited struct {
	so func() bool // the caller holds door.mu
	ch chan struct{}
}

// changed wakes those for whom what they wait for is so. The caller holds d.mu.
func (d *door) changed() {
	d.awaited = slices.DeleteFunc(d.awaited, func(a awaited) bool {
		if a.so() {
			close(a.ch)
			return true
		}
		return false
	})
}

// await waits until something is so, or until ctx ends, whose error it returns
// then.
func (d *door) await(ctx context.Context, so func() bool) error {
	d.mu.Lock()
	a := awaited{so, make(chan struct{})}
	d.awaited = append(d.awaited, a)
	d.changed()
	d.mu.Unlock()
	select {
	case <-a.ch:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// idleAll says that no request is in flight, and none is being sent by a new
// connection, as far as can be told.
func (d *door) idleAll() bool { return len(d.requests) == 0 && d.fresh == 0 }

// unasked says that no request is in flight.
func (d *door) unasked() bool { return len(d.requests) == 0 }

// inFlight names the requests in flight, those first that have been for the
// longest.
func (d *door) inFlight() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := slices.SortedFunc(maps.Keys(d.requests), func(a, b *inFlight) int { return a.began.Compare(b.began) })
	names := make([]string, len(all))
	for n, f := range all {
		names[n] = f.method + " " + f.path
	}
	return names
}
