package rollups

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"vega/policies/rollup"
)

const (
	// Building uses a fifth of the time of one processor at most, and keeps other writers
	// waiting for some milliseconds.
	buildChunk = 1000 // runs
	buildPause = 4    // times what a chunk took
	minPause   = time.Millisecond

	sweepEach = time.Minute
	// settled is how long after a run has spoken no late one is expected.
	settled = 15 * time.Minute
	// idle is after when an integration without runs is not kept in memory.
	idle = 25 * time.Hour
	// perSweep limits the integrations of a transaction.
	perSweep = 200

	nextIntegration = `SELECT integration, (SELECT name FROM run_names WHERE id = r.integration) FROM runs r WHERE integration > ? ORDER BY integration LIMIT 1`
	rolledUp        = `SELECT integration FROM rollup_series WHERE metric = '' AND integration <> ''`
)

// wake makes Tend build soon.
func (t *Tables) wake() {
	select {
	case t.late <- struct{}{}:
	default: // it is about to
	}
}

// Start begins to build the buckets that are missing, and to close those of integrations
// that have no new runs. The function that it returns ends that, and waits until it has
// ended. What fails is attempted again.
func (t *Tables) Start() (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var tending sync.WaitGroup
	tending.Go(func() { t.tend(ctx) })
	return func() {
		cancel()
		tending.Wait()
	}
}

func (t *Tables) tend(ctx context.Context) {
	for ready := false; ; {
		if !ready {
			ready = t.visit(ctx) == nil
			t.visited.Store(ready)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.late:
			_ = t.buildBehind(ctx)
		case <-time.After(sweepEach):
			_ = t.Sweep(ctx)
			_ = t.buildBehind(ctx)
			_ = t.Repeat(ctx)
		}
	}
}

// visit loads each integration that has runs or buckets, and builds what is missing.
func (t *Tables) visit(ctx context.Context) error {
	names, err := t.integrations(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := t.build(ctx, name); err != nil {
			return err
		}
	}
	return t.visitPoints(ctx)
}

// integrations returns those that have runs or buckets.
func (t *Tables) integrations(ctx context.Context) ([]string, error) {
	all := map[string]bool{}
	for id := int64(math.MinInt64); ; {
		var name sql.NullString
		err := t.read.QueryRowContext(ctx, nextIntegration, id).Scan(&id, &name)
		if errors.Is(err, sql.ErrNoRows) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("list the integrations: %w", err)
		}
		all[name.String] = name.Valid
	}
	rows, err := t.read.QueryContext(ctx, rolledUp)
	if err != nil {
		return nil, fmt.Errorf("list the integrations: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("list the integrations: %w", err)
		}
		all[name] = true
	}
	delete(all, "")
	return slices.Sorted(maps.Keys(all)), rows.Err()
}

// build builds the buckets of an integration in steps.
func (t *Tables) build(ctx context.Context, name string) error {
	for {
		began, more := time.Now(), false
		err := t.write(ctx, func(s *session) (err error) {
			s.building = true
			st := t.states[name]
			switch {
			case st == nil:
				if st, err = s.load(name, 0); err == nil {
					t.states[name] = st
				}
			case st.behind:
				err = s.read(st, buildChunk)
			default:
				return nil
			}
			if err != nil {
				return err
			}
			more = st.behind
			return s.settle(st)
		})
		if err != nil {
			return fmt.Errorf("build roll-ups of %s: %w", name, err)
		}
		if err := rest(ctx, began); err != nil {
			return err
		}
		if !more {
			return nil
		}
	}
}

// rest pauses after a step that began at a time.
func rest(ctx context.Context, began time.Time) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(max(minPause, buildPause*time.Since(began))):
		return nil
	}
}

func (t *Tables) buildBehind(ctx context.Context) error {
	for _, name := range t.named(func(st *state) bool { return st.behind }) {
		if err := t.build(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// named returns the names of the integrations in memory that f selects.
func (t *Tables) named(f func(*state) bool) (names []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name, st := range t.states {
		if f(st) {
			names = append(names, name)
		}
	}
	return names
}

// Sweep closes the buckets of integrations without new runs, and folds the hours and days
// that have ended. Those that are finished are not kept in memory.
func (t *Tables) Sweep(ctx context.Context) error {
	now := t.now()
	names := t.named(func(st *state) bool { return !st.behind && now.Sub(st.open.Speaks()) > settled })
	if err := t.advance(ctx, names, now.Add(-settled)); err != nil {
		return err
	}
	return t.sweepPoints(ctx, now)
}

// CloseEnded closes all buckets that have ended. Call it before runs are deleted, from which
// those that are not closed would be loaded.
func (t *Tables) CloseEnded(ctx context.Context) error {
	if t.absent || t.change == nil {
		return nil
	}
	now := t.now()
	return t.advance(ctx, t.named(func(st *state) bool { return !st.behind && now.Sub(st.open.At()) > rollup.FiveMinutes }), now)
}

func (t *Tables) advance(ctx context.Context, names []string, to time.Time) error {
	for len(names) > 0 {
		some := names[:min(perSweep, len(names))]
		names = names[len(some):]
		if err := t.write(ctx, func(s *session) error { return s.advance(some, to) }); err != nil {
			return fmt.Errorf("close roll-ups: %w", err)
		}
	}
	return nil
}

func (s *session) advance(names []string, to time.Time) error {
	for _, name := range names {
		st := s.t.states[name]
		if st == nil {
			continue // forgotten meanwhile
		}
		st.open.Advance(to, &st.rules, func(c *rollup.Closed) { s.emit(st, c) })
		if err := s.settle(st); err != nil {
			return err
		}
		if to.Sub(st.open.Speaks()) > idle {
			delete(s.t.states, name)
		}
	}
	return nil
}

// Built reports whether nothing is left to be built.
func (t *Tables) Built() bool {
	return t.visited.Load() && len(t.named(func(st *state) bool { return st.behind })) == 0
}
