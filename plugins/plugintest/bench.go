package plugintest

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Figures are the results of many runs of one case. Each run starts with a
// fresh instance; the recorded world costs almost nothing.
type Figures struct {
	Runs   int           `json:"runs"`
	Median time.Duration `json:"median_ns"`
	P99    time.Duration `json:"p99_ns"`
}

// Bench runs a case the given number of times, sequentially.
func (k *Kit) Bench(ctx context.Context, c *Case, runs int) (Figures, error) {
	took := make([]time.Duration, 0, runs)
	for range runs {
		if err := ctx.Err(); err != nil {
			return Figures{}, err
		}
		r, err := k.Replay(ctx, c)
		if err != nil {
			return Figures{}, err
		}
		if diffs := c.Differs(r); len(diffs) > 0 {
			return Figures{}, fmt.Errorf("a run differs from the case: %s", diffs[0])
		}
		took = append(took, r.Took)
	}
	slices.Sort(took)
	return Figures{Runs: runs, Median: took[runs/2], P99: took[runs*99/100]}, nil
}
