package verify

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"vega/store/sqlite"
)

// longestHold bounds how long others are kept from writing.
const longestHold = 2 * time.Second

// slowQuery: a query over the threshold is kept, with its plan. Where the
// figures have one already, that is proof enough, and nobody is slowed down.
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
		return fmt.Sprintf("%d slow queries are kept, %d with their plan", len(now.Slow), planned), nil
	}
	if err := s.here(ctx); err != nil {
		return "", skip("no query was slow so far, and none can be made slow from here: %v", err)
	}
	return s.causeSlow(ctx, time.Duration(now.SlowMS*float64(time.Millisecond)))
}

// causeSlow makes a query wait for the right to write, as it would for any
// other program that has the file open. The query deletes what is not there.
func (s *session) causeSlow(ctx context.Context, threshold time.Duration) (string, error) {
	for try := time.Duration(1); ; try *= 2 {
		hold := threshold + try*100*time.Millisecond
		if hold > longestHold {
			return "", skip("no query was slow so far, and none could be made slower than %v without keeping others from writing for more than %v", threshold, longestHold)
		}
		s.id = fmt.Sprintf("%s.slow-query.%d", s.tag, try)
		if err := s.deleteHeld(ctx, hold); err != nil {
			return "", err
		}
		now, err := s.stats(ctx)
		if err != nil {
			return "", err
		}
		if slow := of(now.Slow, s.id); slow != nil {
			return slow.kept()
		}
		if recent := of(now.Recent, s.id); recent != nil && recent.DurationMS >= now.SlowMS {
			return "", &failure{
				expected: fmt.Sprintf("a query of %v ms, over the threshold of %v ms, to be among the slow ones", recent.DurationMS, now.SlowMS),
				seen:     fmt.Sprintf("%d others", len(now.Slow)),
			}
		}
	}
}

// deleteHeld deletes a memory that there is not, while it holds the store.
func (s *session) deleteHeld(ctx context.Context, hold time.Duration) error {
	release, err := sqlite.Hold(ctx, s.Local.Store)
	if err != nil {
		return skip("no query was slow so far, and none can be made slow by this user: %v", err)
	}
	released := make(chan error, 1)
	time.AfterFunc(hold, func() { released <- release() })
	_, err = s.change(ctx, http.MethodDelete, "/v1/memories/"+s.tag, nil)
	if undone := <-released; undone != nil {
		return fmt.Errorf("give the store back: %w", undone)
	}
	return err
}

func (q *query) kept() (string, error) {
	if q.Plan == "" {
		return "", &failure{expected: "the slow query with its plan", seen: "none with " + clip(q.Statement)}
	}
	return fmt.Sprintf("a query that was made to wait %.0f ms is kept, with its plan: %s", q.DurationMS, clip(q.Plan)), nil
}
