package replay_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"vega/daemon/replay"
	"vega/policies/check"
)

// TestReplayOfAMonth lives through days with 200 integrations that run each minute, and
// replays them: the same incidents, messages and notices. Now and then one integration
// fails, sometimes the root of a tenth of all, or a single run. VEGA_REPLAY_DAYS says how
// many days; without it, it is two hours.
func TestReplayOfAMonth(t *testing.T) {
	const integrations = 200
	minutes, odds := 120, 5_000 // 1 in so many runs begins a failure
	if text := os.Getenv("VEGA_REPLAY_DAYS"); text != "" {
		days, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		minutes, odds = days*24*60, 100_000
	}
	var names []string
	for n := range integrations {
		names = append(names, fmt.Sprintf("integration-%03d", n))
	}
	c := rules(3, names...)
	for n := range c.Integrations {
		if c.Integrations[n].Interval = time.Minute; n > integrations/10 {
			c.Integrations[n].DependsOn = nil
		}
	}
	begin := time.Now().UTC().Truncate(time.Minute).Add(-time.Duration(minutes+1) * time.Minute)
	l := newLiveAt(t, c, begin)
	random := rand.New(rand.NewPCG(1, 2))
	until := make([]int, integrations) // the minute in which each is good again
	for m := range minutes {
		for i, name := range names {
			l.at(begin.Add(time.Duration(m)*time.Minute + time.Duration(i)*300*time.Millisecond))
			if random.IntN(odds) == 0 {
				until[i] = m + 1 + random.IntN(60)
			}
			status := check.Healthy
			if until[i] > m || i > 0 && i <= integrations/10 && until[0] > m || random.IntN(20_000) == 0 {
				status = check.Unhealthy
			}
			l.soon(name, status)
		}
	}
	l.flush()
	r, err := replay.Run(t.Context(), l.store, replay.Options{Rules: c, Since: begin, Until: l.now.Add(time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Same || r.Runs != minutes*integrations {
		t.Errorf("%d runs, same: %t", r.Runs, r.Same)
	}
	for _, n := range r.Notifiers {
		if n.Live != n.Replay {
			t.Errorf("%+v", n)
		}
	}
	t.Logf("%d runs, %d incidents, notifiers %+v, %.0f runs/s", r.Runs, len(r.Incidents), r.Notifiers, r.RunsPerSecond)
}

// maxUnflushed is how many runs a story appends before it waits for the store.
const maxUnflushed = 4096

// soon stores a run that ends now. It waits for the store only if something may change.
func (l *live) soon(name string, s check.Status) {
	r := &check.Run{Integration: name, Probe: "core.http", Digest: "d", Status: s, Message: "200 OK", Began: l.now.Add(-20 * time.Millisecond), Took: 20 * time.Millisecond, Details: map[string]string{"status": "200"}}
	if s != check.Healthy {
		r.Cause = check.Target
	}
	if err := l.store.AppendRun(l.t.Context(), r); err != nil {
		l.t.Fatal(err)
	}
	if l.appended++; s != check.Healthy || l.troubled || l.appended >= maxUnflushed {
		l.flush()
		l.troubled = len(l.machine.Watches()) > 0 || len(l.machine.Open()) > 0
	}
}

func (l *live) flush() {
	l.appended = 0
	if err := l.store.FlushRuns(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	l.send()
}
