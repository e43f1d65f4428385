// Command past writes 90 days of runs into vega's database, one each two minutes for each
// NAME, with outages that are the same each time:
//
//	go run ./.ci/bench/past DATABASE NAME...
package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"time"

	"vega/policies/check"
	"vega/store/sqlite"
)

const (
	span = 90 * 24 * time.Hour
	step = 2 * time.Minute
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: past DATABASE NAME...")
		os.Exit(2)
	}
	if err := write(context.Background(), os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(ctx context.Context, path string, names []string) error {
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	defer s.Close()
	all := make([]*target, len(names))
	for n, name := range names {
		all[n] = newTarget(name)
	}
	now := time.Now().Truncate(time.Second)
	for at := now.Add(-span); at.Before(now.Add(-step)); at = at.Add(step) {
		for _, t := range all {
			if err := s.AppendRun(ctx, t.run(at)); err != nil {
				return err
			}
		}
	}
	return s.FlushRuns(ctx)
}

// target is what an integration checks.
type target struct {
	name  string
	rand  *rand.Rand
	usual float64 // latency, in milliseconds
	bad   int     // runs that the current outage still takes
	as    check.Status
}

func newTarget(name string) *target {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(name))
	r := rand.New(rand.NewPCG(sum.Sum64(), 1))
	return &target{name: name, rand: r, usual: 5 + 200*r.Float64()}
}

// run returns the run of a moment. An outage begins every two weeks or so, and lasts up to
// eight hours.
func (t *target) run(at time.Time) *check.Run {
	if t.bad == 0 && t.rand.Float64() < 1.0/10000 {
		t.bad, t.as = 1+t.rand.IntN(240), [...]check.Status{check.Unhealthy, check.Unhealthy, check.Degraded, check.Unknown}[t.rand.IntN(4)]
	}
	took := time.Duration(t.usual * (0.8 + 0.3*t.rand.ExpFloat64()) * float64(time.Millisecond))
	r := &check.Run{Integration: t.name, Probe: "core.http", Began: at, Took: took, Status: check.Healthy, Message: "200 OK",
		Details: map[string]string{"status": "200"}, Metrics: []check.Metric{{Name: "response_time", Unit: "ms", Value: float64(took.Microseconds()) / 1000}}}
	if t.bad > 0 {
		t.bad--
		r.Status, r.Message = t.as, "503 Service Unavailable"
		if r.Cause = check.Target; t.as == check.Unknown {
			r.Cause, r.Message = check.Host, "vega had no CPU for it"
		}
	}
	return r
}
