package alerting

import (
	"context"
	"sync"
	"time"

	"vega/policies/incident"
)

const (
	// unstoredPatience is how long messages wait for what led to them to be stored.
	unstoredPatience = 5 * time.Second
	// storePause is the time between two attempts to store during an outage.
	storePause = time.Second
	// flushPatience limits an attempt to store.
	flushPatience = 2 * time.Second
	// longestSleep limits how long Run sleeps, because the wall clock may be set.
	longestSleep = 10 * time.Second
)

// Run sends what is due, samples figures and gives signs of life, until ctx ends.
func (a *Alerting) Run(ctx context.Context) {
	var others sync.WaitGroup
	defer others.Wait()
	others.Go(func() { a.sample(ctx) })
	others.Go(func() { a.giveSigns(ctx) })
	timer := time.NewTimer(0)
	defer timer.Stop()
	for unstored := (outage{}); ; {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-a.wake:
		}
		timer.Reset(a.advance(ctx, &unstored))
	}
}

// outage is a time in which changes could not be stored.
type outage struct{ since, tried time.Time }

// advance stores what has changed, sends what is due, and returns when to call it again.
func (a *Alerting) advance(ctx context.Context, o *outage) time.Duration {
	a.enrich(ctx)
	a.refresh(time.Now())
	if !a.persist(ctx, o) {
		return storePause
	}
	due, ancestors, again := a.due()
	if len(ancestors) > 0 {
		a.options.Soon(nil, ancestors)
	}
	if len(due) == 0 {
		return again
	}
	for !a.persist(ctx, o) { // that an attempt begins
		select {
		case <-time.After(storePause):
		case <-ctx.Done(): // the marks were not stored, and nothing is sent
			return 0
		}
	}
	for n := range due {
		a.start(&due[n])
	}
	return again
}

// persist stores what has changed. It reports whether sending may go on: everything is
// stored, or nothing could be stored for five seconds.
func (a *Alerting) persist(ctx context.Context, o *outage) bool {
	if !a.Pending() {
		*o = outage{}
		return true
	}
	now := time.Now()
	if o.since.IsZero() || now.Sub(o.tried) >= storePause {
		o.tried = now
		flush, cancel := context.WithTimeout(ctx, flushPatience)
		defer cancel()
		if a.options.Store.FlushAlerts(flush) == nil {
			*o = outage{}
			return true
		}
		if o.since.IsZero() {
			o.since = now
		}
	}
	return time.Since(o.since) >= unstoredPatience
}

// due returns the messages that are due now, the integrations that those which are held
// wait for, and after what time to ask again.
func (a *Alerting) due() (due []incident.Message, ancestors []string, again time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	again = longestSleep
	if a.stopping {
		return nil, nil, again
	}
	defer a.recovered()
	now := time.Now()
	due, at := a.machine.Next(now)
	_, ancestors = a.machine.Wanted() // Step asks for those that are pending
	for _, fault := range a.machine.Faults() {
		a.options.Log.Error("internal error in alerting; please report it", "panic", fault)
	}
	if !at.IsZero() {
		again = min(again, max(0, at.Sub(now)))
	}
	if len(due) == 0 && again < 10*time.Millisecond {
		again = 10 * time.Millisecond
	}
	return due, ancestors, again
}

// enrich adds to the evidence of incidents that have just opened what the machine does not
// know.
func (a *Alerting) enrich(ctx context.Context) {
	a.mu.Lock()
	opened := a.machine.Opened()
	a.mu.Unlock()
	if len(opened) == 0 {
		return
	}
	look, cancel := context.WithTimeout(ctx, flushPatience)
	defer cancel()
	strain, slowest := a.options.Strain(look), a.options.Slowest()
	for n := range opened {
		i := &opened[n]
		var good *incident.Observation
		if n < maxEnriched && i.Subject.Kind == incident.OfIntegration && i.Evidence.LastGood == nil {
			good = a.lastGood(look, i.Subject.Name, i.Ready)
		}
		a.mu.Lock()
		a.machine.Enrich(i.ID, func(e *incident.Evidence) {
			e.Strain, e.Queries = strain, slowest
			if good != nil {
				e.LastGood = good
			}
		})
		a.mu.Unlock()
	}
}

// maxEnriched limits how many incidents that open together are looked up in the store.
const maxEnriched = 50
