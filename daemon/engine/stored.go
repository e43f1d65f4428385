package engine

import (
	"fmt"
	"time"

	"vega/policies/check"
)

// Recall gives the engine the last stored run of integrations that have not run
// since the engine started. Until they run, their state is that of the stored run,
// marked as such. It never answers a Query, however recent it is.
func (e *Engine) Recall(runs []check.Run) {
	e.recallAll(runs)
	beats{e}.schedule()
}

func (e *Engine) recallAll(runs []check.Run) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	for n := range runs {
		if i := e.now.find(runs[n].Integration); i != nil {
			i.recall(reportOf(&runs[n]))
		}
	}
}

// LastRuns returns the last known run of each integration that has one, without the
// contention during it and its correlation ID. A new database can be begun with them.
func (e *Engine) LastRuns() []check.Run {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var all []check.Run
	for _, i := range e.now.integrations {
		i.mu.Lock()
		r, digest := i.last, i.bound.Digest
		if r == nil {
			r = i.stored
		}
		i.mu.Unlock()
		if r != nil && r.CheckedAt != nil {
			all = append(all, runOf(r, digest))
		}
	}
	return all
}

// runOf returns the run that a report describes.
func runOf(r *Report, digest string) check.Run {
	return check.Run{
		Integration: r.Name, Probe: r.Probe, Digest: digest, Status: r.Status, Cause: r.Cause, Message: r.Message,
		Details: r.Details, Metrics: r.Metrics, Began: *r.CheckedAt, Took: time.Duration(r.ResponseTimeMS * float64(time.Millisecond)),
	}
}

// recall keeps the report of a stored run, unless there is a later one or it is of
// another probe.
func (i *integration) recall(r Report) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.last != nil || i.stored != nil || r.Probe != i.bound.probe() {
		return
	}
	i.keep(r)
	i.restore(&r)
	switch r.Cause {
	case check.Timeout:
		i.lane = slow
	case check.Host: // it says nothing about the target
	default:
		i.lane = quick
	}
}

// keep makes r the stored report. The caller holds i.mu.
func (i *integration) keep(r Report) {
	r.Stored = true
	i.stored = &r
}

// known returns the last known report: that of the last run, the stored one, or a new one
// that says why neither exists. lasting reports whether it is the same until the next run.
func (i *integration) known() (r *Report, b *Binding, lasting bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	b = i.bound
	if r, ok := b.staticReport(); ok {
		return r, b, false
	}
	switch {
	case i.last != nil:
		return i.last, b, true
	case i.stored != nil:
		return i.stored, b, true
	case b.Heartbeat != nil:
		return b.unknown(i.beat.job.Waiting()), b, false
	case i.flight != nil:
		return b.unknown("the first run is in progress"), b, false
	case b.Interval <= 0:
		return b.unknown(`the integration has not run yet; with the interval "0s" it runs only on request`), b, false
	default:
		return b.unknown(fmt.Sprintf("the integration has not run yet; its first run starts within %v", min(maxFirst, b.Interval).Round(time.Second))), b, false
	}
}
