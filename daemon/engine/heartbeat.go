package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"vega/daemon/heartbeat"
	"vega/daemon/telemetry"
	"vega/policies/check"
)

// ErrNoHeartbeat is returned for a push with a name or a token that is wrong. It does not
// say which.
var ErrNoHeartbeat = errors.New("there is no heartbeat with this name and token")

// BusyError is returned for a push that comes too soon after others. Its state counts, but
// it becomes part of the history only if no other one follows until then.
type BusyError struct{ RetryAfter time.Duration }

// Error says when the next push is recorded at once.
func (e *BusyError) Error() string {
	return fmt.Sprintf("this heartbeat gets more than one push per second; the last one counts, and is recorded within %v", pushEvery)
}

// Pushed is the answer to a push.
type Pushed struct {
	Name   string       `json:"name"`
	Status check.Status `json:"status"`
	// NextBy is when vega expects the next push at the latest; null if the heartbeat is
	// disabled.
	NextBy *time.Time `json:"next_by"`
}

const (
	// pushEvery and pushBurst limit how many pushes of a heartbeat are recorded: a short
	// job reports its start and its end at once, and so may the next one.
	pushEvery = time.Second
	pushBurst = 5
	// confirmEvery and confirmations are how often a heartbeat that has recovered is
	// evaluated again. An alert counts evaluations until it has recovered, and the next
	// push of a daily job comes in a day. Soon does the same for what is pending.
	confirmEvery  = 11 * time.Second // evaluations count if they are 10 s apart
	confirmations = 2
)

// beats evaluates and records heartbeats.
type beats struct{ *Engine }

// beat is the state of an integration that is a heartbeat.
type beat struct {
	job  *heartbeat.Job // guarded by the mu of the integration, as all but order
	next appointment
	pace pace
	// unrecorded is the last run if it came too soon to be recorded; nil: there is none.
	unrecorded *check.Run
	confirm    int // evaluations that are still to confirm a recovery
	confirmAt  time.Time
	stale      bool // the appointment does not fit the job

	order sync.Mutex // held while a run is made and recorded, so that runs are recorded in order
}

// pace is a token bucket.
type pace struct {
	full time.Time // when it is full
}

// take takes a token. If there is none, it returns when there is one.
func (p *pace) take(now time.Time) (ok bool, at time.Time) {
	if p.full.Before(now) {
		p.full = now
	}
	if at = p.full.Add(-(pushBurst - 1) * pushEvery); at.After(now) {
		return false, at
	}
	p.full = p.full.Add(pushEvery)
	return true, now
}

// find returns the heartbeat with a name and a token, or nil. Its timing does not
// reveal whether there is such a name. The caller holds e.mu for reading.
func (e beats) find(name, token string) (i *integration, b *Binding) {
	expected := heartbeat.Token{}
	if found := e.now.find(name); found != nil {
		if bound, _ := found.current(); bound.Heartbeat != nil {
			i, b, expected = found, bound, bound.Heartbeat.Token
		}
	}
	if !heartbeat.NewToken(token).Equal(expected) || i == nil {
		return nil, nil
	}
	return i, b
}

// Heartbeat returns the settings of the heartbeat with a name and a token, or
// ErrNoHeartbeat.
func (e *Engine) Heartbeat(name, token string) (*heartbeat.Settings, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if _, b := (beats{e}).find(name, token); b != nil {
		return b.Heartbeat, nil
	}
	return nil, ErrNoHeartbeat
}

// Push records what a job reports about itself. The error is ErrNoHeartbeat, a *BusyError
// or ErrClosing.
func (e *Engine) Push(ctx context.Context, name, token string, event heartbeat.Event) (Pushed, error) {
	e.mu.RLock()
	i, b := beats{e}.find(name, token)
	switch {
	case i == nil:
		e.mu.RUnlock()
		return Pushed{}, ErrNoHeartbeat
	case e.draining:
		e.mu.RUnlock()
		return Pushed{}, ErrClosing
	case !b.Enabled:
		e.mu.RUnlock()
		return Pushed{name, check.Disabled, nil}, nil
	}
	e.flights.Add(1)
	e.mu.RUnlock()
	defer e.flights.Done()
	i.beat.order.Lock()
	defer i.beat.order.Unlock()
	return beats{e}.pushed(ctx, i, event)
}

// pushed makes and records the run of a push. The caller holds the order of the beat.
func (e beats) pushed(ctx context.Context, i *integration, event heartbeat.Event) (Pushed, error) {
	now := time.Now()
	i.mu.Lock()
	before := i.beat.job.Status()
	run := i.described(ctx, i.beat.job.Push(now, event))
	by := i.beat.job.By().UTC().Truncate(time.Millisecond)
	answer := Pushed{i.name, run.Status, &by}
	recorded, at := i.beat.pace.take(now)
	i.beat.changed(before, now)
	if recorded {
		i.beat.unrecorded = nil
	} else {
		i.beat.unrecorded = &run
	}
	next := i.beat.wake(now, at)
	i.mu.Unlock()
	if recorded {
		e.record(ctx, i, run)
	}
	e.agenda.set(&i.beat.next, next)
	if recorded {
		return answer, nil
	}
	return answer, &BusyError{at.Sub(now)}
}

// changed asks for evaluations that confirm a recovery.
func (b *beat) changed(before check.Status, at time.Time) {
	switch now := b.job.Status(); {
	case now != check.Healthy:
		b.confirm = 0
	case before != "" && before != now:
		b.confirm, b.confirmAt = confirmations, at.Add(confirmEvery)
	}
}

// confirms reports whether an evaluation that confirms a change is due, and counts it.
func (b *beat) confirms(now time.Time) bool {
	if b.confirm == 0 || now.Before(b.confirmAt) {
		return false
	}
	b.confirm--
	b.confirmAt = now.Add(confirmEvery)
	return true
}

// wake returns when the heartbeat is to be evaluated next. at is when an unrecorded run
// can be recorded.
func (b *beat) wake(now, at time.Time) time.Time {
	next := now.Add(max(0, b.job.Wake(now).Sub(now))) // with a monotonic reading
	if b.confirm > 0 {
		next = sooner(next, b.confirmAt)
	}
	if b.unrecorded != nil {
		next = sooner(next, at)
	}
	return next
}

func sooner(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// described adds to the run of a heartbeat what the job does not know. The caller holds
// i.mu.
func (i *integration) described(ctx context.Context, r check.Run) check.Run {
	i.began = r.Began
	r.Integration, r.Probe, r.Digest = i.name, i.bound.probe(), i.bound.Digest
	r.CorrelationID = telemetry.ID(ctx)
	if i.last != nil {
		r.Previous = i.last.Status
	}
	return r
}

// record records a run and makes it the last report. The caller holds the order of the
// beat, but neither e.mu nor i.mu.
func (e beats) record(ctx context.Context, i *integration, run check.Run) {
	report := reportOf(&run)
	run.RootCause = e.rootCause(&report)
	e.sinks.record(telemetry.Carry(e.options.Life, ctx), run)
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.bound.Heartbeat != nil {
		i.last, i.stored = &report, nil
	}
}

// evaluate records the run of a heartbeat whose appointment is due, and makes the next
// one.
func (e beats) evaluate(i *integration) {
	if !e.has(i) {
		return
	}
	b := i.beat
	b.order.Lock()
	defer b.order.Unlock()
	if b.unrecorded != nil {
		e.catchUp(i)
	}
	now := time.Now()
	i.mu.Lock()
	if i.bound.Heartbeat == nil || !i.bound.Enabled {
		i.mu.Unlock()
		return
	}
	if !b.confirms(now) && now.Before(b.job.Wake(now)) {
		next := b.wake(now, now)
		i.mu.Unlock()
		e.agenda.set(&b.next, next)
		return
	}
	ctx := telemetry.WithID(context.Background(), telemetry.NewID())
	before := b.job.Status()
	run := i.described(ctx, b.job.Look(now))
	b.changed(before, now)
	next := b.wake(now, now)
	i.mu.Unlock()
	e.record(ctx, i, run)
	e.agenda.set(&b.next, next)
}

// has reports whether an integration is still configured.
func (e beats) has(i *integration) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.now.find(i.name) == i
}

// catchUp records the run that came too soon. The caller holds the order of the beat.
func (e beats) catchUp(i *integration) {
	i.mu.Lock()
	run := i.beat.unrecorded
	i.beat.unrecorded = nil
	_, _ = i.beat.pace.take(time.Now())
	i.mu.Unlock()
	if run != nil {
		e.record(telemetry.WithID(context.Background(), run.CorrelationID), i, *run)
	}
}

// look evaluates a heartbeat now, instead of a run, and completes the flight with it.
func (e beats) look(f *flight, i *integration) {
	defer e.flights.Done()
	defer e.endExtra(f)
	ctx := telemetry.WithID(context.Background(), telemetry.NewID())
	i.beat.order.Lock()
	defer i.beat.order.Unlock()
	now := time.Now()
	i.mu.Lock()
	before := i.beat.job.Status()
	run := i.described(ctx, i.beat.job.Look(now))
	i.beat.changed(before, now)
	next := i.beat.wake(now, now)
	i.mu.Unlock()
	f.recorded.Store(true)
	e.record(ctx, i, run)
	e.agenda.set(&i.beat.next, next)
	report := reportOf(&run)
	f.complete(i, &report)
}

const (
	// attention is how often vega notices that time passes, and absence is how much more
	// may pass before it counts as having been away. skew is how much the wall clock may
	// differ from the monotonic one in between, which stands still while a host is
	// suspended.
	attention = 5 * time.Second
	absence   = 10 * time.Second
	skew      = 2 * time.Second
	// doze is by how much a wakeup may be late before vega takes it that it was stopped for
	// a moment, and respite is how long it then handles reports before it judges who is late.
	doze    = time.Second
	respite = 2 * time.Second
)

// presence notices whether vega was away.
type presence struct {
	last, planned time.Time // the last wakeup, and for when the next one was planned
	rest          time.Time // the end of the respite, or zero
}

// wake records a wakeup. It reports whether vega was away, or the clock was set; and
// whether vega has just been stopped for so short that no report is lost, but some may still
// wait in their connections.
func (p *presence) wake(now time.Time) (away, resting bool) {
	passed, shown := now.Sub(p.last), now.Round(0).Sub(p.last.Round(0))
	late := now.Sub(p.planned)
	p.last = now
	switch {
	case passed > attention+absence || (shown-passed).Abs() > skew:
		p.rest = time.Time{}
		return true, false
	case !p.rest.IsZero() && now.Before(p.rest):
		return false, true
	case !p.rest.IsZero(): // a machine that is always late has no second one
		p.rest = time.Time{}
		return false, false
	case late > doze:
		p.rest = now.Add(respite)
		return false, true
	}
	return false, false
}

// sleep plans the next wakeup and returns how long that is.
func (p *presence) sleep(now time.Time, wait time.Duration) time.Duration {
	p.planned = now.Add(wait)
	return wait
}

// run evaluates heartbeats when they are due, until ctx ends or Drain is
// called. If vega was away in between, or the clock was set, it says so to all of them
// first.
func (e beats) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	began := time.Now()
	for p := (presence{last: began, planned: began}); ; {
		now := time.Now()
		away, resting := p.wake(now)
		if away {
			e.returned(now)
		}
		wait := p.rest.Sub(now)
		if !resting {
			for _, due := range e.agenda.take(now) {
				e.evaluate(due.of)
			}
			now = time.Now()
			wait = e.agenda.wait(now, attention)
		}
		timer.Reset(p.sleep(now, wait))
		select {
		case <-ctx.Done():
			return
		case <-e.halt:
			return
		case <-timer.C:
		case <-e.agenda.changed:
		}
	}
}

// returned makes every heartbeat doubt what it missed while vega was away.
func (e beats) returned(now time.Time) {
	for _, i := range e.all() {
		i.mu.Lock()
		b := i.beat
		b.job.Returned(now)
		next := b.wake(now, now)
		i.mu.Unlock()
		e.agenda.set(&b.next, next)
	}
}

// catchUpAll records every run that came too soon, before vega ends.
func (e beats) catchUpAll() {
	for _, i := range e.all() {
		i.beat.order.Lock()
		e.catchUp(i)
		i.beat.order.Unlock()
	}
}

// all returns the enabled integrations that are heartbeats.
func (e beats) all() (all []*integration) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	for _, i := range e.now.integrations {
		if b, _ := i.current(); b.Heartbeat != nil && b.Enabled {
			all = append(all, i)
		}
	}
	return all
}

// bindHeartbeat makes the state of a heartbeat follow its new binding. It keeps the last
// report, because it is of the same job. old and last are those before. The caller holds
// i.mu.
func (i *integration) bindHeartbeat(old *Binding, last *Report) {
	s, now := i.bound.Heartbeat, time.Now()
	switch {
	case s == nil:
		return
	case i.beat == nil:
		i.beat = &beat{job: heartbeat.New(s, now), next: appointment{of: i, index: -1}}
	case old.Heartbeat == nil:
		i.beat.job = heartbeat.New(s, now)
	default:
		if i.last = last; last != nil {
			i.stored = nil
		}
		if !old.Enabled && i.bound.Enabled {
			i.beat.job.Restart(now)
		}
		i.beat.job.Configure(s, now)
	}
	i.beat.stale = true
}

// schedule makes the appointments of heartbeats that have changed.
func (e beats) schedule() {
	now := time.Now()
	e.mu.RLock()
	defer e.mu.RUnlock()
	for _, i := range e.now.integrations {
		i.mu.Lock()
		b := i.beat
		if b == nil || !b.stale {
			i.mu.Unlock()
			continue
		}
		b.stale = false
		next, active := b.wake(now, now), i.bound.Heartbeat != nil && i.bound.Enabled
		i.mu.Unlock()
		if active {
			e.agenda.set(&b.next, next)
		} else {
			e.agenda.cancel(&b.next)
		}
	}
}

// restore continues a heartbeat from its last stored run. The caller holds i.mu.
func (i *integration) restore(r *Report) {
	if s := i.bound.Heartbeat; s != nil {
		i.beat.job = heartbeat.Restore(s, r.Status, r.Cause, r.Message, r.Details, time.Now())
		i.beat.stale = true
	}
}

// every returns the time between two runs, or between two pushes at most.
func (b *Binding) every() time.Duration {
	if b.Heartbeat != nil {
		return b.Heartbeat.Interval
	}
	return b.Interval
}
