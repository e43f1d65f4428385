package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// sample is what was seen of vega at one moment, from outside.
type sample struct {
	at        time.Time
	ready     int // status of /readyz; 0: no answer
	hits      int64
	unhealthy int
	unknown   int
	listed    bool // whether the verdicts could be read
	stored    bool // whether the last writes were acknowledged
}

// watcher samples vega until its context ends.
type watcher struct {
	v      *vega
	t      *target
	w      *writers // nil if nobody writes
	checks int      // as many a second

	mu       sync.Mutex
	samples  []sample
	blamed   map[string]int // verdicts "unhealthy", by message
	causes   map[string]int // causes of "unknown"
	negative int            // ages in the future
}

const period = 250 * time.Millisecond

func (w *watcher) run(ctx context.Context) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.take(ctx)
		}
	}
}

func (w *watcher) take(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	s := sample{at: time.Now(), hits: w.t.hits.Load(), stored: w.w == nil || w.w.stored()}
	if a, err := w.v.ask(ctx, http.MethodGet, "/readyz", nil); err == nil {
		s.ready = a.status
	}
	list, err := w.v.integrations(ctx)
	s.listed = err == nil
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, i := range list.Integrations {
		if i.Age < 0 {
			w.negative++
		}
		if isPatient(i.Name) {
			continue
		}
		switch i.Status {
		case "unhealthy", "degraded":
			s.unhealthy++
			w.blamed[fmt.Sprintf("%s (%s): %s", i.Status, i.Cause, i.Message)]++
		case "unknown":
			s.unknown++
			w.causes[i.Cause]++
		}
	}
	w.samples = append(w.samples, s)
}

// since returns the samples from a moment on.
func (w *watcher) since(t time.Time) []sample {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n, s := range w.samples {
		if !s.at.Before(t) {
			return w.samples[n:len(w.samples):len(w.samples)]
		}
	}
	return nil
}

// perSecond returns how many checks a second arrived at the target between two
// moments.
func (w *watcher) perSecond(from, to time.Time) float64 {
	var first, last *sample
	all := w.since(from)
	for n := range all {
		if all[n].at.After(to) {
			break
		}
		if first == nil {
			first = &all[n]
		}
		last = &all[n]
	}
	if first == nil || !last.at.After(first.at) {
		return 0
	}
	return float64(last.hits-first.hits) / last.at.Sub(first.at).Seconds()
}

// well reports whether a sample shows nothing wrong. Checks are counted by steady.
func (s *sample) well() bool {
	return s.ready == http.StatusOK && s.listed && s.stored && s.unhealthy == 0 && s.unknown == 0
}

// wellFor is how long everything must be well to count as well again.
const wellFor = 3 * time.Second

// awaitWell waits until vega has been well for wellFor, and returns the moment from
// which it was. It returns false if that takes longer than the limit.
func (w *watcher) awaitWell(ctx context.Context, from time.Time, limit time.Duration) (time.Time, bool) {
	for time.Since(from) < limit+wellFor && ctx.Err() == nil {
		time.Sleep(period)
		if since, ok := w.wellSince(from); ok {
			return since, since.Sub(from) <= limit
		}
	}
	return time.Time{}, false
}

// wellSince returns the moment since which everything is well, once that was wellFor
// ago and and the checks of that time have arrived.
func (w *watcher) wellSince(from time.Time) (time.Time, bool) {
	since := from
	all := w.since(from)
	if len(all) == 0 {
		return since, false
	}
	for _, s := range all {
		if !s.well() {
			since = s.at
		}
	}
	now := all[len(all)-1].at
	if now.Sub(since) < wellFor {
		return since, false
	}
	return since, w.perSecond(now.Add(-wellFor), now) >= enough*float64(w.checks)
}

// enough is the share of the checks that must arrive, each every second: a busy
// machine delays some.
const enough = 0.75

// forget forgets all samples but the last ones.
func (w *watcher) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.samples = slices.Clone(w.samples[max(0, len(w.samples)-4):])
	clear(w.blamed)
	clear(w.causes)
	w.negative = 0
}
