package store

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"vega/policies/incident"
)

// journal calls a Journal. If that panics, the run or the changes that it was given are
// taken as handled: no run is lost, and the next ones are judged.
type journal struct {
	Journal
	broken func(error) // called with a panic and its stack
}

// step judges runs.
func (j *journal) step(runs []PackedRun) {
	for len(runs) > 0 {
		runs = runs[j.stepSome(runs):]
	}
}

// stepSome judges runs up to the first one that makes the Journal panic. It returns how
// many, including that one.
func (j *journal) stepSome(runs []PackedRun) (n int) {
	defer j.recover()
	for n < len(runs) {
		n++
		j.Step(runs[n-1].Run)
	}
	return n
}

// take returns the changes that are pending, or nil.
func (j *journal) take() (c *incident.Changes) {
	defer j.recover()
	if j.Pending() {
		c = j.Changes()
	}
	return c
}

func (j *journal) pending() (yes bool) {
	defer j.recover()
	return j.Pending()
}

func (j *journal) stored(ok bool) {
	defer j.recover()
	j.Stored(ok)
}

func (j *journal) restart() {
	defer j.recover()
	j.Restart()
}

func (j *journal) recover() {
	if p := recover(); p != nil && j.broken != nil {
		j.broken(fmt.Errorf("judge runs: panic: %v\n%s", p, debug.Stack()))
	}
}

// Judge sets the journal. Call it before the first Append. broken, if it is not nil, is
// called with each panic of the journal, which is otherwise ignored.
func (a *Appender) Judge(j Journal, broken func(error)) { a.journal.Store(&journal{j, broken}) }

// Restart makes everything that the journal knows pending, and stores it soon.
func (a *Appender) Restart() {
	if j := a.journal.Load(); j != nil {
		j.restart()
		signal(a.wake)
	}
}

// FlushAlerts implements Alerts.FlushAlerts. In an outage it fails at once with an
// *UnavailableError; the changes stay pending, and are stored when that is possible.
func (a *Appender) FlushAlerts(ctx context.Context) error {
	if a.journal.Load() == nil {
		return nil
	}
	if err := a.refused(); err != nil {
		return err
	}
	answer, request := make(chan error, 1), a.alerts
	looks := time.NewTicker(time.Second) // at health: the write in progress may be stuck
	defer looks.Stop()
	for {
		select {
		case request <- answer:
			request = nil
		case err := <-answer:
			return err
		case <-looks.C:
			if err := a.refused(); err != nil {
				return err
			}
		case <-a.done:
			return errors.New("store alerts: the store is closed")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// refused returns the error of FlushAlerts during an outage, or nil. The changes are
// stored with the next retry.
func (a *Appender) refused() error {
	o := a.health.Outage()
	if o.Err == nil {
		return nil
	}
	signal(a.later)
	err := fmt.Errorf("store alerts: %w", o.Err)
	if _, ok := errors.AsType[*UnavailableError](err); ok {
		return err
	}
	return &UnavailableError{Reason: "the last write failed; the log says why", Err: err}
}

// storeAlerts stores the changes that are pending, without runs.
func (a *Appender) storeAlerts() error {
	if err := a.refused(); err != nil {
		return err
	}
	a.judging.Lock()
	changes := a.journal.Load().take()
	a.judging.Unlock()
	if changes == nil {
		return nil // stored with a batch of runs, or by another call
	}
	if err := a.commit(nil, changes); err != nil {
		a.judgeAll()
		return fmt.Errorf("store alerts: %w", err)
	}
	return nil
}

// judgeAll judges all runs in the queue, because they can't be stored for now.
func (a *Appender) judgeAll() {
	j := a.journal.Load()
	if j == nil {
		return
	}
	a.judging.Lock()
	defer a.judging.Unlock()
	for {
		a.mu.Lock()
		some := a.queue.judge(maxBatch)
		a.mu.Unlock()
		if len(some) == 0 {
			return
		}
		j.step(some)
	}
}

// judgeLate judges what is queued while a write takes long: it may be stuck.
func (a *Appender) judgeLate() {
	a.judgeAll()
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.began.IsZero() {
		a.slow.Reset(retryDelay)
	}
}
