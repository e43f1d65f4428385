package monitor

import (
	"context"
	"sync"
	"time"

	"vega/daemon/diagnostics"
)

const (
	// evidenceTTL is how long evidence is reused. Collecting new evidence takes up
	// to a quarter of a second of CPU time.
	evidenceTTL = 5 * time.Second
	// maxEvidenceAge limits the age of evidence that is returned while new evidence
	// is being collected.
	maxEvidenceAge = time.Minute
)

// evidences collects evidence for the figures of resources on request. Collections
// run in the background, at most one at a time for each resource.
type evidences struct {
	collector *diagnostics.Collector
	ctx       context.Context // of every search
	cancel    context.CancelFunc

	mu      sync.Mutex
	closed  bool
	by      map[string]*search
	running sync.WaitGroup
}

// search is one collection of evidence for a resource.
type search struct {
	done   chan struct{} // closed when the search ends
	found  diagnostics.Evidence
	err    error
	at     time.Time // when it ended
	before *search   // the previous search, until this one ends
}

func newEvidences(c *diagnostics.Collector) *evidences {
	e := &evidences{collector: c, by: map[string]*search{}}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	return e
}

// close cancels the searches in progress and waits for them.
func (e *evidences) close() {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.cancel()
	e.running.Wait()
}

// begin starts a search for evidence, unless the latest one is recent or still
// running. It returns the latest search.
func (e *evidences) begin(resource string) *search {
	e.mu.Lock()
	defer e.mu.Unlock()
	last := e.by[resource]
	if e.closed || last != nil && (!last.over() || last.err == nil && time.Since(last.at) < evidenceTTL) {
		return last
	}
	s := &search{done: make(chan struct{}), before: last}
	if last != nil {
		last.before = nil
	}
	e.by[resource] = s
	e.running.Go(func() {
		defer close(s.done)
		s.found, s.err = e.collector.Explain(e.ctx, resource)
		s.at = time.Now()
	})
	return s
}

// over reports whether the search has ended.
func (s *search) over() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// latest returns the most recent evidence. ok is false if there isn't one or it is too
// old.
func (s *search) latest(now time.Time) (diagnostics.Evidence, bool) {
	for ; s != nil; s = s.before {
		if s.over() && s.err == nil {
			return s.found, now.Sub(s.at) < maxEvidenceAge
		}
	}
	return diagnostics.Evidence{}, false
}

// add adds to the warnings the evidence that is available within patience.
func (e *evidences) add(ctx context.Context, warnings []Warning, patience time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	searches := make([]*search, len(warnings))
	for n := range warnings {
		if name := warnings[n].evidenceName(); name != "" {
			searches[n] = e.begin(name)
		}
	}
	for n, s := range searches {
		w := &warnings[n]
		if w.evidenceName() == "" {
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
			w.Sentences = w.Sentences[1:] // the explanation already has the limit
		}
	}
}

// await returns the latest evidence. It waits only if there isn't one yet.
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
