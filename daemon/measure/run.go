package measure

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"vega/daemon/config/telemetry"
	"vega/plugins/fault"
	"vega/policies"
	"vega/policies/check"
)

// Run runs the queries at their intervals, until ctx ends. It then ends those that run, and
// returns once they have, and the last samples are recorded.
func (s *Set) Run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer s.recorder.flush(ctx)
	defer s.running.Wait()
	defer cancel()
	s.running.Go(func() { s.recorder.run(ctx) })
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(s.startDue(ctx, time.Now()))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-s.changed:
		}
	}
}

// startDue starts the queries that are due, and returns the time until the next is. A block
// whose query still runs, or waits for its turn, is left out this time.
func (s *Set) startDue(ctx context.Context, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := now.Add(time.Hour)
	for _, b := range s.blocks {
		if !b.next.After(now) {
			b.next = after(now, b.Measure)
			if b.cancel == nil && ctx.Err() == nil {
				s.start(ctx, b)
			}
		}
		if b.next.Before(next) {
			next = b.next
		}
	}
	return next.Sub(now)
}

// start starts the query of a block. The caller holds s.mu.
func (s *Set) start(ctx context.Context, b *block) {
	place := s.places[b.Database]
	if place == nil {
		place = make(chan struct{}, together)
		s.places[b.Database] = place
	}
	ctx, b.cancel = context.WithCancel(ctx)
	m, hide := b.Measure, s.hide
	s.running.Go(func() {
		defer s.release(b)
		select {
		case place <- struct{}{}:
		case <-ctx.Done():
			return
		}
		began := time.Now()
		all, err := s.measure(ctx, reader{settings: m, hide: hide, at: began})
		<-place
		if ctx.Err() == nil {
			s.conclude(b, m, began, all, err)
		}
	})
}

func (s *Set) release(b *block) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.cancel()
	b.cancel = nil
}

// measure runs the query and reads its rows.
func (s *Set) measure(ctx context.Context, r reader) (all []Sample, err error) {
	limited, cancel := context.WithTimeout(ctx, r.settings.Timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			s.options.Log.Error("internal error in a metric; please report it", "metric", r.settings.Name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			all, err = nil, fault.New(nil, "internal error", "search the log for it")
		}
	}()
	contention := s.options.Contention()
	rows, err := s.options.Query(limited, r.settings.Database, r.settings.Query)
	if err == nil {
		all, err = r.read(rows)
		if closed := rows.Close(); err == nil && closed != nil {
			err = closed
		}
	}
	late := contention().Late
	if err != nil && fault.Of(err) == nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
		err = timedOut(r.settings.Timeout, late)
	}
	return all, err
}

// timedOut returns the error of a query without a result in time. It is vega's own trouble
// if vega had no processor for too long a part of that time.
func timedOut(limit, late time.Duration) error {
	if policies.Reclassify(check.Timeout, limit, late, limit) == check.Host {
		return fault.New(nil, fmt.Sprintf("vega had no processor for %v of the %s that the query may take", min(late, limit).Round(time.Millisecond), check.Span(limit)),
			"give vega's machine or container more CPU time, or the block a longer timeout")
	}
	return fmt.Errorf("no result within its timeout of %s", check.Span(limit))
}

// conclude keeps and passes on the outcome of a query.
func (s *Set) conclude(b *block, m telemetry.Measure, began time.Time, all []Sample, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.gone {
		return // the configuration has changed a moment ago
	}
	b.lastRun, b.took = began, time.Since(began)
	b.state, b.reason = Up, ""
	if err == nil {
		b.samples, b.at = all, began
	} else if own := fault.Of(err); own != nil {
		b.state, b.reason = Unknown, own.Error()
	} else {
		b.state, b.reason = Down, s.hide(err.Error())
	}
	s.log(b, m)
	if err == nil {
		s.recorder.add(all)
	}
	if s.options.Ended != nil {
		s.options.Ended(b.status(time.Now()), all)
	}
}

// log logs why a query failed, once for each reason, and that it succeeds again.
func (s *Set) log(b *block, m telemetry.Measure) {
	if b.reason == b.logged {
		return
	}
	b.logged = b.reason
	about := []any{"metric", m.Name, "database", m.Database}
	switch b.state {
	case Down:
		s.options.Log.Warn("a metric could not be measured; this is logged once", append(about, slog.String("reason", b.reason))...)
	case Unknown:
		s.options.Log.Warn("vega could not measure a metric; this is logged once", append(about, slog.String("reason", b.reason))...)
	default:
		s.options.Log.Info("a metric is measured again", about...)
	}
}
