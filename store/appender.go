package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"vega/policies/check"
	"vega/policies/incident"
)

// Runs are written in batches, so that a check does not wait for the disk and a
// batch costs only one transaction.
const (
	maxQueued      = 32_768   // runs
	maxQueuedBytes = 16 << 20 // estimated
	maxBatch       = 512
	batchDelay     = 50 * time.Millisecond // after the first run of a batch
	retryDelay     = 2 * time.Second
	// maxStall is how long Append waits for room while no write has failed. After it,
	// the database is taken to be stuck.
	maxStall = time.Second
)

// maxWrite is how long a write may take. SQLite waits five seconds for a lock.
const maxWrite = 10 * time.Second

// errStuck is the reason of an outage in which writes neither succeed nor fail.
var errStuck = &UnavailableError{
	Reason: "a write does not end; check whether the disk responds",
	Err:    errors.New("write to the store: a write does not end; check whether the disk responds"),
}

// Write stores runs and changes in one transaction: all of it, or nothing.
type Write func(batch []PackedRun, changes *incident.Changes) error

// Appender queues runs and writes them in batches, from one goroutine. A journal, if
// there is one, judges each run once, in the order of the queue: just before it is
// written, or earlier if it can't be written for now.
type Appender struct {
	write   Write
	health  *Health
	journal atomic.Pointer[journal] // nil: nobody judges runs
	judging sync.Mutex              // held while runs are judged; locked before mu

	mu     sync.Mutex
	queue  queue
	began  time.Time     // of the write in progress; zero: there is none
	room   chan struct{} // closed when runs are taken from the queue; nil: nobody waits
	urgent bool          // the queue has a run that may change something
	closed bool

	wake   chan struct{} // capacity 1: the queue has runs
	retry  chan struct{} // capacity 1: see Retry
	later  chan struct{} // capacity 1: changes wait for the end of an outage
	flush  chan chan error
	alerts chan chan error // see FlushAlerts
	slow   *time.Timer     // calls judgeLate
	last   time.Time       // when the last write began; of the Appender's goroutine
	stop   chan struct{}
	done   chan struct{}
	once   sync.Once
}

// NewAppender starts an Appender. It calls write with one batch at a time;
// write keeps no reference to it. A batch that was not stored is written again
// after two seconds. An empty batch without changes only tries whether the
// database can be written.
//
// While health reports an outage, the queue is bounded to 32,768 runs and about
// 16 MiB. Beyond them, the oldest runs are dropped and counted.
func NewAppender(write Write, health *Health) *Appender {
	a := &Appender{
		write: write, health: health,
		wake: make(chan struct{}, 1), retry: make(chan struct{}, 1), later: make(chan struct{}, 1),
		flush: make(chan chan error), alerts: make(chan chan error),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	a.slow = time.AfterFunc(time.Hour, a.judgeLate)
	a.slow.Stop()
	go a.work()
	return a
}

// Append implements Runs.AppendRun.
func (a *Appender) Append(ctx context.Context, r *check.Run) error {
	if err := ValidateRun(r); err != nil {
		return err
	}
	p, err := pack(r)
	if err != nil {
		return fmt.Errorf("store a run of %s: %w", r.Integration, err)
	}
	bytes := p.size()
	a.mu.Lock()
	for deadline := (<-chan time.Time)(nil); !a.closed && a.queue.full(bytes) && !a.health.failing(); {
		if deadline == nil {
			deadline = time.After(maxStall)
		}
		if err := a.awaitRoom(ctx, deadline); err != nil {
			a.mu.Unlock()
			return fmt.Errorf("%w: %w", ErrNotStored, err)
		}
	}
	defer a.mu.Unlock()
	a.makeRoom(bytes)
	if a.closed {
		return fmt.Errorf("%w: the store is closed", ErrNotStored)
	}
	a.queue.push(p)
	urgent := a.journal.Load() != nil && (r.Status != check.Healthy || r.Status != r.Previous)
	a.urgent = a.urgent || urgent
	if n := a.queue.len(); n == 1 || n >= maxBatch || urgent {
		signal(a.wake)
	}
	return nil
}

// makeRoom drops the oldest runs until one more of that size fits into the queue. They
// are judged before. The caller holds a.mu, which makeRoom unlocks meanwhile.
func (a *Appender) makeRoom(bytes int) {
	for !a.closed && a.queue.full(bytes) {
		if a.queue.judged == 0 && a.journal.Load() != nil {
			a.mu.Unlock()
			a.judgeAll()
			a.mu.Lock()
			continue
		}
		a.queue.take(1)
		a.health.lose(1)
	}
}

// awaitRoom waits until runs were taken from the queue. At the deadline, it begins an
// outage. The caller holds a.mu, which awaitRoom unlocks while it waits.
func (a *Appender) awaitRoom(ctx context.Context, deadline <-chan time.Time) error {
	if a.room == nil {
		a.room = make(chan struct{})
	}
	room := a.room
	a.mu.Unlock()
	defer a.mu.Lock()
	select {
	case <-room:
	case <-deadline:
		a.health.Fail(errStuck)
	case <-ctx.Done():
		return ctx.Err()
	case <-a.done:
	}
	return nil
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is signaled
	}
}

// Flush implements Runs.FlushRuns.
func (a *Appender) Flush(ctx context.Context) error {
	answer := make(chan error, 1)
	select {
	case a.flush <- answer:
	case <-a.done:
		return errors.New("store runs: the store is closed")
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Retry makes the Appender write what is queued now. If nothing is queued, it tries
// whether the database can be written. It does not wait.
func (a *Appender) Retry() { signal(a.retry) }

// Precede queues runs before all others, except those of integrations that have a run
// in the queue, and those that can't be stored. It is for the last known runs when a new
// database is begun.
func (a *Appender) Precede(runs []check.Run) {
	a.mu.Lock()
	defer a.mu.Unlock()
	queued := map[string]bool{}
	for n := range a.queue.runs {
		queued[a.queue.runs[n].Integration] = true
	}
	var first []PackedRun
	for n := range runs {
		r := &runs[n]
		if queued[r.Integration] || ValidateRun(r) != nil {
			continue
		}
		if p, err := pack(r); err == nil {
			first = append(first, p)
		}
	}
	a.health.lose(a.queue.restore(first))
	signal(a.wake)
}

// Watch begins an outage if the write in progress has taken more than ten seconds. Call it
// about once a second.
func (a *Appender) Watch() {
	a.mu.Lock()
	stuck := !a.began.IsZero() && time.Since(a.began) > maxWrite
	a.mu.Unlock()
	if stuck {
		a.health.Fail(errStuck)
	}
}

// Waiting returns how many runs are queued.
func (a *Appender) Waiting() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.queue.len()
}

// Close writes the runs that are queued and stops the Appender. Runs that can't be
// written are lost and counted.
func (a *Appender) Close() {
	a.once.Do(func() {
		a.mu.Lock()
		a.closed = true
		a.mu.Unlock()
		close(a.stop)
	})
	<-a.done
}

func (a *Appender) work() {
	defer close(a.done)
	defer a.slow.Stop()
	var due <-chan time.Time // nil while nothing is to be written
	for {
		select {
		case <-a.wake:
			if due == nil {
				due = time.After(batchDelay)
			}
			if a.hurries() {
				due = time.After(batchDelay - time.Since(a.last))
			}
			if a.Waiting() < maxBatch || a.health.failing() {
				continue
			}
			if a.store(maxBatch) != nil {
				due = time.After(retryDelay)
			}
			continue // the rest is written when it is due
		case <-due:
		case <-a.later:
			due = a.postponed(due)
			continue
		case <-a.retry:
			a.tryIdle()
		case answer := <-a.alerts:
			err := a.storeAlerts()
			if answer <- err; err != nil && due == nil {
				due = time.After(retryDelay)
			}
			continue
		case answer := <-a.flush:
			err := a.store(1)
			answer <- err
			if due = nil; err != nil {
				a.answerAll(err)
				due = time.After(retryDelay)
			}
			continue
		case <-a.stop:
			if a.store(1) != nil {
				a.health.lose(a.Waiting())
			}
			return
		}
		if due = nil; a.store(1) != nil {
			due = time.After(retryDelay)
		}
	}
}

// postponed returns when changes are to be stored that an outage kept from it.
func (a *Appender) postponed(due <-chan time.Time) <-chan time.Time {
	switch {
	case !a.health.failing():
		return time.After(batchDelay)
	case due == nil:
		return time.After(retryDelay)
	default:
		return due
	}
}

// tryIdle tries whether the database can be written, unless something waits for that.
func (a *Appender) tryIdle() {
	if j := a.journal.Load(); a.Waiting() == 0 && (j == nil || !j.pending()) {
		_ = a.commit(nil, nil) // recorded in health
	}
}

// hurries reports whether the queue has a run that may change something, and that is to
// be written without delay. It answers so once. In a storm of them, writes still begin
// batchDelay apart.
func (a *Appender) hurries() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	urgent := a.urgent
	a.urgent = false
	return urgent && !a.health.failing()
}

// answerAll answers every Flush that waits. Each attempt to write may take as long as
// the database waits for a lock, so they share one that failed.
func (a *Appender) answerAll(err error) {
	for {
		select {
		case answer := <-a.flush:
			answer <- err
		default:
			return
		}
	}
}

// store writes what is queued now while there are at least that many runs. What is
// appended meanwhile has another turn, after those who wait for a flush. With at least
// one, changes without a run are written, too.
func (a *Appender) store(least int) error {
	for left := a.Waiting(); ; {
		batch, changes := a.next(least)
		if len(batch) == 0 && changes == nil {
			return nil
		}
		if err := a.commit(batch, changes); err != nil {
			a.mu.Lock()
			dropped := a.queue.restore(batch)
			a.mu.Unlock()
			a.health.lose(dropped)
			a.judgeAll()
			return fmt.Errorf("store runs: %w", err)
		}
		if left -= len(batch); left <= 0 {
			return nil
		}
	}
}

// commit writes a batch and reports to the journal how that ended. Watch sees when it began.
func (a *Appender) commit(batch []PackedRun, changes *incident.Changes) error {
	set := func(t time.Time) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.began = t
	}
	a.last = time.Now()
	set(a.last)
	j := a.journal.Load()
	if j != nil {
		a.slow.Reset(retryDelay)
	}
	err := a.write(batch, changes)
	set(time.Time{})
	a.slow.Stop()
	if changes != nil {
		j.stored(err == nil)
	}
	return err
}

// next takes a batch from the queue, or nothing if it has less than the least, and
// judges its runs. It returns the changes that are to be stored with it, or nil.
func (a *Appender) next(least int) ([]PackedRun, *incident.Changes) {
	a.judging.Lock()
	defer a.judging.Unlock()
	batch, judged := a.takeBatch(least)
	j := a.journal.Load()
	if j == nil || len(batch) == 0 && least > 1 {
		return batch, nil
	}
	j.step(batch[judged:])
	return batch, j.take()
}

// takeBatch takes a batch from the queue. The first runs of it were judged before.
func (a *Appender) takeBatch(least int) (batch []PackedRun, judged int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.queue.len() < least {
		return nil, 0
	}
	judged = a.queue.judged
	batch = a.queue.take(maxBatch)
	if a.room != nil {
		close(a.room)
		a.room = nil
	}
	return batch, min(judged, len(batch))
}
