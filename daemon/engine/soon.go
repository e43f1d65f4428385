package engine

import (
	"container/heap"
	"sync"
	"time"

	"vega/daemon/telemetry"
)

// soonAfter is the time between the beginnings of a run and of the extra run that
// confirms it. Integrations with an interval up to that need no extra runs.
const soonAfter = 10 * time.Second

// Soon asks for extra runs, between the regular ones. An integration in pending runs
// again 10 s after its last run began. One in ancestors, which explains what is pending
// if it fails, runs now: a run in progress counts, and it starts at most one extra run
// in 10 s.
//
// Extra runs take at most a tenth of the places, and at least one. Those of ancestors
// come first and may take one place more, so that targets that hang don't delay the run
// that explains them. Others wait for their turn without a goroutine. A request ends with
// one run, and the regular runs keep their phase. Names of integrations that don't exist
// or can't run are ignored.
func (e *Engine) Soon(pending, ancestors []string) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.draining {
		return
	}
	now, added := time.Now(), false
	e.soon.mu.Lock()
	defer e.soon.mu.Unlock()
	for _, name := range ancestors {
		if i := e.now.find(name); i != nil {
			at, ok := i.explains(now)
			added = ok && e.soon.ancestors.add(at, i) || added
		}
	}
	for _, name := range pending {
		if i := e.now.find(name); i != nil {
			at, ok := i.confirms()
			added = ok && e.soon.pending.add(at, i) || added
		}
	}
	if added {
		e.soon.signal()
	}
}

// confirms returns when a pending integration should run again. ok is false if it can't
// run, or if its regular run is not later.
func (i *integration) confirms() (at time.Time, ok bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if _, static := i.bound.staticReport(); static || i.bound.Interval > 0 && i.bound.Interval <= soonAfter {
		return time.Time{}, false
	}
	return i.began.Add(soonAfter), true
}

// explains returns when an ancestor of a pending integration should run. ok is false if
// it can't run, or if it is running.
func (i *integration) explains(now time.Time) (at time.Time, ok bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if _, static := i.bound.staticReport(); static || i.inProgress() {
		return time.Time{}, false
	}
	if at = i.asked.Add(soonAfter); at.Before(now) {
		at = now
	}
	return at, true
}

// inProgress reports whether a run is in progress that was not passed to the sinks yet.
// The caller holds i.mu.
func (i *integration) inProgress() bool { return i.flight != nil && !i.flight.recorded.Load() }

// soon holds requests for extra runs.
type soon struct {
	changed chan struct{} // wakes the scheduler

	mu                 sync.Mutex // locked after Engine.mu and before integration.mu
	ancestors, pending requests
	running            int // extra runs
}

// signal wakes the scheduler.
func (s *soon) signal() {
	select {
	case s.changed <- struct{}{}:
	default: // it has a wakeup pending
	}
}

// endExtra counts the end of a run, if it is an extra one.
func (e *Engine) endExtra(f *flight) {
	if !f.extra {
		return
	}
	s := &e.soon
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	if len(s.ancestors.queue)+len(s.pending.queue) > 0 {
		s.signal()
	}
}

// queues returns the queues with the number of extra runs that each may bring about.
func (s *soon) queues(places int) [2]extraQueue {
	limit := max(1, places/10)
	return [2]extraQueue{{&s.ancestors, limit + 1}, {&s.pending, limit}}
}

// extraQueue is a queue of requests that is served while fewer than limit extra runs are
// in progress.
type extraQueue struct {
	*requests
	limit int
}

// startExtra starts the extra runs that are due, as far as there is room. It returns when
// to call it again; zero: when a request is added or an extra run ends.
func (e *Engine) startExtra(now time.Time) (again time.Time) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	s := &e.soon
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.draining || len(s.ancestors.queue)+len(s.pending.queue) == 0 {
		return time.Time{}
	}
	for _, q := range s.queues(e.places.report().Size) {
		for len(q.queue) > 0 && s.running < q.limit {
			if at := q.queue[0].at; at.After(now) {
				again = earlier(again, at)
				break
			}
			e.extra(q.pop(), now, q.requests == &s.ancestors)
		}
	}
	return again
}

// extra starts an extra run, unless the integration has run since the run was due, is
// running, or can't run now. The caller holds e.mu for reading and e.soon.mu.
func (e *Engine) extra(r request, now time.Time, ancestor bool) {
	i := r.integration
	if e.now.find(i.name) != i { // it was removed
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if _, static := i.bound.staticReport(); static || i.inProgress() || !i.began.Before(r.at) {
		return
	}
	if ancestor {
		i.asked = now
	}
	e.soon.running++
	e.begin(telemetry.WithID(e.options.Life, telemetry.NewID()), i, time.Time{}, true)
}

// request asks for an extra run of an integration.
type request struct {
	at          time.Time
	integration *integration
}

// requests holds at most one request for each integration, as a heap with the earliest
// on top.
type requests struct {
	queue []request
	known map[*integration]bool
}

// add adds a request, and reports whether there was none for the integration.
func (r *requests) add(at time.Time, i *integration) bool {
	if r.known[i] {
		return false
	}
	if r.known == nil {
		r.known = map[*integration]bool{}
	}
	r.known[i] = true
	heap.Push(r, request{at, i})
	return true
}

// pop removes and returns the earliest request.
func (r *requests) pop() request {
	first := heap.Pop(r).(request)
	if delete(r.known, first.integration); len(r.queue) == 0 {
		r.queue, r.known = nil, nil // thousands may have been pending
	}
	return first
}

func (r *requests) Len() int           { return len(r.queue) }
func (r *requests) Less(i, j int) bool { return r.queue[i].at.Before(r.queue[j].at) }
func (r *requests) Swap(i, j int)      { r.queue[i], r.queue[j] = r.queue[j], r.queue[i] }

// Push implements heap.Interface.
func (r *requests) Push(x any) { r.queue = append(r.queue, x.(request)) }

// Pop implements heap.Interface.
func (r *requests) Pop() any {
	last := r.queue[len(r.queue)-1]
	r.queue[len(r.queue)-1] = request{}
	r.queue = r.queue[:len(r.queue)-1]
	return last
}
