package monitor

import (
	"context"
	"sync"
	"time"

	"vega/daemon/diagnostics"
)

const (
	// evidenceFresh is for how long evidence is given out before it is looked
	// for anew: to look costs up to a quarter of a second of one processor.
	evidenceFresh = 5 * time.Second
	// evidenceStale is how old the evidence may be that is given out while
	// newer is looked for.
	evidenceStale = time.Minute
)

// evidences look for what is behind a resource's figures, in the background and
// one at a time for each resource, and only when somebody asks.
type evidences struct {
	collector *diagnostics.Collector
	life      context.Context
	end       context.CancelFunc

	mu      sync.Mutex
	closed  bool
	by      map[string]*search
	running sync.WaitGroup
}

// search is the latest look for evidence on a resource.
type search struct {
	done   chan struct{} // closed when it is over
	found  diagnostics.Evidence
	err    error
	at     time.Time // when it was over
	before *search   // what was found before, while it is not over
}

func newEvidences(c *diagnostics.Collector) *evidences {
	e := &evidences{collector: c, by: map[string]*search{}}
	e.life, e.end = context.WithCancel(context.Background())
	return e
}

// close ends what is being looked for.
func (e *evidences) close() {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.end()
	e.running.Wait()
}

// begin looks for evidence, unless that is being done, or was just now.
func (e *evidences) begin(resource string) *search {
	e.mu.Lock()
	defer e.mu.Unlock()
	last := e.by[resource]
	if e.closed || last != nil && (!last.over() || last.err == nil && time.Since(last.at) < evidenceFresh) {
		return last
	}
	s := &search{done: make(chan struct{}), before: last}
	if last != nil {
		last.before = nil
	}
	e.by[resource] = s
	e.running.Go(func() {
		defer close(s.done)
		s.found, s.err = e.collector.Explain(e.life, resource)
		s.at = time.Now()
	})
	return s
}

func (s *search) over() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// latest is what was found last, if that is not too long ago.
func (s *search) latest(now time.Time) (diagnostics.Evidence, bool) {
	for ; s != nil; s = s.before {
		if s.over() && s.err == nil {
			return s.found, now.Sub(s.at) < evidenceStale
		}
	}
	return diagnostics.Evidence{}, false
}

// add completes the warnings with what is behind them, as far as that is known
// within patience.
func (e *evidences) add(ctx context.Context, warnings []Warning, patience time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	searches := make([]*search, len(warnings))
	for n := range warnings {
		if name := warnings[n].behind(); name != "" {
			searches[n] = e.begin(name)
		}
	}
	for n, s := range searches {
		w := &warnings[n]
		if w.behind() == "" {
			w.Evidence = EvidenceNone
			continue
		}
		found, ok := s.await(ctx)
		if !ok {
			w.Evidence = EvidencePending
			continue
		}
		w.Evidence, w.Behind, w.Sentences = EvidenceReady, &found, found.Sentences()
		if found.Limit != nil && w.Limit != nil {
			w.Sentences = w.Sentences[1:] // the explanation has the limit
		}
	}
}

// await waits only where there is nothing to give out yet.
func (s *search) await(ctx context.Context) (diagnostics.Evidence, bool) {
	if found, ok := s.latest(time.Now()); ok || s == nil {
		return found, ok
	}
	select {
	case <-s.done:
	case <-ctx.Done():
	}
	return s.latest(time.Now())
}
