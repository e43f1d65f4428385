package alert_test

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/incident"
)

// due is a planned run.
type due struct {
	at   time.Time
	n, v int // integration and the number of the plan: an older one does not count
}

type plan []due

func (p plan) Len() int           { return len(p) }
func (p plan) Less(a, b int) bool { return p[a].at.Before(p[b].at) }
func (p plan) Swap(a, b int)      { p[a], p[b] = p[b], p[a] }
func (p *plan) Push(x any)        { *p = append(*p, x.(due)) }
func (p *plan) Pop() any {
	last := (*p)[len(*p)-1]
	*p = (*p)[:len(*p)-1]
	return last
}

// engine runs all integrations of a world at their intervals, and sooner where the
// machine wants that, as the daemon does.
type engine struct {
	*world
	plan    plan
	version []int
	index   map[string]int
	status  func(name string, at time.Time) check.Status
}

func newEngine(w *world, status func(string, time.Time) check.Status) *engine {
	e := &engine{world: w, status: status, index: map[string]int{}, version: make([]int, len(w.c.Integrations))}
	for i, n := range w.c.Integrations {
		e.index[n.Name] = i
		offset := n.Interval * time.Duration(i) / time.Duration(len(w.c.Integrations))
		e.schedule(i, w.now.Add(offset))
	}
	w.after = e.wanted
	return e
}

func (e *engine) schedule(n int, at time.Time) {
	e.version[n]++
	heap.Push(&e.plan, due{at, n, e.version[n]})
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// advance runs everything until a time.
func (e *engine) advance(d time.Duration) {
	end := e.now.Add(d)
	for len(e.plan) > 0 {
		if at := earliest(e.again, e.plan[0].at); at.After(end) {
			break
		} else if at.Before(e.plan[0].at) {
			e.until(at)
			continue
		}
		next := heap.Pop(&e.plan).(due)
		if next.v != e.version[next.n] {
			continue
		}
		e.now = next.at
		i := &e.c.Integrations[next.n]
		e.m.Run(&check.Run{Integration: i.Name, Status: e.status(i.Name, e.now), Began: e.now, Message: "no answer", Cause: check.Target})
		e.schedule(next.n, e.now.Add(i.Interval))
		e.pump()
	}
	e.until(end)
}

// wanted plans what the machine wants to run sooner.
func (e *engine) wanted() {
	pending, ancestors := e.m.Wanted()
	for _, name := range pending {
		n := e.index[name]
		e.schedule(n, e.now.Add(min(e.c.Integrations[n].Interval, 10*time.Second)))
	}
	for _, name := range ancestors {
		e.schedule(e.index[name], e.now)
	}
}

const children = 2800

// star returns a root and many integrations that depend on it.
func star(declared bool) alert.Config {
	all := []alert.Integration{{Name: "root"}}
	for i := range children {
		n := alert.Integration{Name: fmt.Sprintf("child-%04d", i)}
		if declared {
			n.DependsOn = []string{"root"}
		}
		all = append(all, n)
	}
	return config(all...)
}

// outage is when something is seen bad, and good again.
type outage struct{ from, to time.Duration }

func (o outage) status(passed time.Duration) check.Status {
	if passed >= o.from && passed < o.to {
		return bad
	}
	return good
}

// simulate returns how many messages are sent about an outage of a root and its
// children.
func simulate(t *testing.T, declared bool, root, below outage) *world {
	w := newWorld(t, star(declared))
	e := newEngine(w, func(name string, at time.Time) check.Status {
		if name == "root" {
			return root.status(at.Sub(start))
		}
		return below.status(at.Sub(start))
	})
	e.advance(60 * time.Minute)
	if n := len(w.m.Open()); n > 0 {
		t.Errorf("%d incidents are open at the end", n)
	}
	return w
}

func TestOneDeadRootIsOneMessage(t *testing.T) {
	const from, to = 5 * time.Minute, 25 * time.Minute
	for _, c := range []struct {
		name        string
		declared    bool
		root, below outage
		messages    int
	}{
		{"at once", true, outage{from, to}, outage{from, to}, 2},
		{"root 30 s later", true, outage{from + 30*time.Second, to}, outage{from, to}, 2},
		{"root 120 s later", true, outage{from + 120*time.Second, to}, outage{from, to}, 13}, // the children are confirmed before,
		{"children back 60 s before the root", true, outage{from, to}, outage{from, to - time.Minute}, 2},
		{"children back 60 s after the root", true, outage{from, to}, outage{from, to + time.Minute}, 2},
		{"nothing declared", false, outage{from, to}, outage{from, to}, 12},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := simulate(t, c.declared, c.root, c.below)
			kinds := map[incident.NoticeKind]int{}
			for _, m := range w.sent {
				for _, n := range m.Notices {
					kinds[n.Kind]++
				}
			}
			t.Logf("%d messages, %d openings, %d resolves", len(w.sent), kinds[incident.Opening], kinds[incident.Resolve])
			if len(w.sent) > c.messages {
				t.Errorf("%d messages, want at most %d", len(w.sent), c.messages)
			}
		})
	}
}

func TestFlappingIsFewMessages(t *testing.T) {
	for _, c := range []struct {
		p        float64
		messages int
	}{{0.2, 60}, {0.5, 10}, {0.8, 10}} {
		total, most := 0, 0
		const worlds = 10
		for seed := range uint64(worlds) {
			random := rand.New(rand.NewPCG(seed, 1))
			w := newWorld(t, config(alert.Integration{Name: "a", Interval: 10 * time.Second}))
			for range 24 * 360 {
				s := good
				if random.Float64() < c.p {
					s = bad
				}
				w.runs("a", 10*time.Second, s)
			}
			total += len(w.sent)
			most = max(most, len(w.sent))
		}
		t.Logf("p = %.1f: %.1f messages in 24 h, at most %d", c.p, float64(total)/worlds, most)
		if total/worlds > c.messages {
			t.Errorf("p = %.1f: %d messages, want at most %d", c.p, total/worlds, c.messages)
		}
	}
}
