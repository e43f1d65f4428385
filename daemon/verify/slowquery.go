package verify

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"vega/store/sqlite"
)

// maxHold limits how long the store is locked for writing.
const maxHold = 2 * time.Second

// slowQuery checks that a query over the threshold is recorded with its plan. If
// one is already recorded, it does not cause another.
func slowQuery(ctx context.Context, s *session) (string, error) {
	now, err := s.stats(ctx)
	if err != nil {
		return "", err
	}
	planned := 0
	for _, q := range now.Slow {
		if q.DurationMS < now.SlowMS {
			return "", &failure{expected: fmt.Sprintf("no slow query under the threshold of %v ms", now.SlowMS), seen: fmt.Sprintf("%v ms: %s", q.DurationMS, clip(q.Statement))}
		}
		if q.Plan != "" {
			planned++
		}
	}
	if planned > 0 {
		return fmt.Sprintf("slow queries recorded: %d, with their plan: %d", len(now.Slow), planned), nil
	}
	if err := s.localData(ctx); err != nil {
		return "", skip("there is no slow query yet, and none can be caused from here: %v", err)
	}
	return s.causeSlow(ctx, time.Duration(now.SlowMS*float64(time.Millisecond)))
}

// causeSlow makes a query wait for the write lock. The query deletes a memory that
// does not exist.
func (s *session) causeSlow(ctx context.Context, threshold time.Duration) (string, error) {
	for try := time.Duration(1); ; try *= 2 {
		hold := threshold + try*100*time.Millisecond
		if hold > maxHold {
			return "", skip("there is no slow query yet, and causing one over %v would lock the store for more than %v", threshold, maxHold)
		}
		s.id = fmt.Sprintf("%s.slow-query.%d", s.tag, try)
		if err := s.deleteHeld(ctx, hold); err != nil {
			return "", err
		}
		now, err := s.stats(ctx)
		if err != nil {
			return "", err
		}
		if slow := findQuery(now.Slow, s.id); slow != nil {
			return slow.kept()
		}
		if recent := findQuery(now.Recent, s.id); recent != nil && recent.DurationMS >= now.SlowMS {
			return "", &failure{
				expected: fmt.Sprintf("a query of %v ms, over the threshold of %v ms, to be among the slow ones", recent.DurationMS, now.SlowMS),
				seen:     fmt.Sprintf("%d others", len(now.Slow)),
			}
		}
	}
}

// deleteHeld deletes a memory that does not exist, while the store is locked.
func (s *session) deleteHeld(ctx context.Context, hold time.Duration) error {
	release, err := sqlite.Hold(ctx, s.Local.Store)
	if err != nil {
		return skip("there is no slow query yet, and this user can't cause one: %v", err)
	}
	released := make(chan error, 1)
	time.AfterFunc(hold, func() { released <- release() })
	_, err = s.change(ctx, http.MethodDelete, "/v1/memories/"+s.tag, nil)
	if undone := <-released; undone != nil {
		return fmt.Errorf("unlock the store: %w", undone)
	}
	return err
}

func (q *query) kept() (string, error) {
	if q.Plan == "" {
		return "", &failure{expected: "the slow query with its plan", seen: "none with " + clip(q.Statement)}
	}
	return fmt.Sprintf("a query that had to wait for %.0f ms is recorded with its plan: %s", q.DurationMS, clip(q.Plan)), nil
}
