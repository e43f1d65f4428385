package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vega/policies/check"
	"vega/policies/incident"
)

var errDisk = errors.New("the disk is full")

// disk is a database whose writes fail while broken is set.
type disk struct {
	health  Health
	mu      sync.Mutex
	broken  bool
	writes  int
	largest int
	stored  []string
}

func (d *disk) write(batch []PackedRun, _ *incident.Changes) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writes++
	if d.broken {
		d.health.Fail(errDisk)
		return errDisk
	}
	d.health.Recover()
	d.largest = max(d.largest, len(batch))
	for _, r := range batch {
		d.stored = append(d.stored, r.Message)
	}
	return nil
}

func (d *disk) setBroken(broken bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.broken = broken
}

// attempts returns how often runs were written, successfully or not.
func (d *disk) attempts() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.writes
}

// largestBatch returns the size of the largest batch that was stored.
func (d *disk) largestBatch() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.largest
}

// count returns how many runs were stored, and checks their order.
func (d *disk) count(t *testing.T) int {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, m := range d.stored {
		if m != fmt.Sprint(i) {
			t.Fatalf("run %d is %s", i, m)
		}
	}
	return len(d.stored)
}

func numbered(n int) *check.Run {
	return &check.Run{Integration: "web", Status: check.Healthy, Message: fmt.Sprint(n)}
}

func appendNumbered(t *testing.T, a *Appender, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		if err := a.Append(t.Context(), numbered(n)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRunsAreWrittenInBatchesAfterADelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		a := NewAppender(d.write, &d.health)
		defer a.Close()
		appendNumbered(t, a, 0, 100)
		synctest.Wait()
		if d.attempts() != 0 {
			t.Errorf("%d writes before the delay", d.attempts())
		}
		time.Sleep(batchDelay)
		synctest.Wait()
		if d.attempts() != 1 || d.count(t) != 100 {
			t.Errorf("%d writes of %d runs, want one of 100", d.attempts(), d.count(t))
		}
	})
}

func TestFullBatchesAreWrittenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		a := NewAppender(d.write, &d.health)
		defer a.Close()
		appendNumbered(t, a, 0, 2*maxBatch)
		synctest.Wait()
		if d.count(t) != 2*maxBatch || d.largestBatch() != maxBatch {
			t.Errorf("%d runs are stored, in batches of up to %d", d.count(t), d.largestBatch())
		}
	})
}

func TestFlushWritesWhatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		a := NewAppender(d.write, &d.health)
		defer a.Close()
		if err := a.Flush(t.Context()); err != nil || d.attempts() != 0 {
			t.Errorf("nothing to write: %v after %d writes", err, d.attempts())
		}
		appendNumbered(t, a, 0, 10)
		if err := a.Flush(t.Context()); err != nil || d.count(t) != 10 {
			t.Errorf("%d runs are stored, %v", d.count(t), err)
		}
		d.setBroken(true)
		appendNumbered(t, a, 10, 20)
		if err := a.Flush(t.Context()); !errors.Is(err, errDisk) {
			t.Errorf("got %v, want the error of the write", err)
		}
	})
}

// TestFlushesShareAFailedAttempt has many clients wait for runs while the database is
// locked, so that each attempt to write takes long.
func TestFlushesShareAFailedAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const wait = 5 * time.Second
		attempts := 0
		a := NewAppender(func([]PackedRun, *incident.Changes) error {
			attempts++
			time.Sleep(wait)
			return errDisk
		}, &Health{})
		if err := a.Append(t.Context(), &check.Run{Integration: "web", Status: check.Healthy}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var clients sync.WaitGroup
		for range 50 {
			clients.Go(func() {
				if err := a.Flush(t.Context()); !errors.Is(err, errDisk) {
					t.Error(err)
				}
			})
		}
		clients.Wait()
		if took := time.Since(began); took > 2*wait || attempts > 2 {
			t.Errorf("%d attempts, %v", attempts, took)
		}
		a.Close()
	})
}

func TestOutageLosesNothingWhileTheQueueHasRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{broken: true}
		a := NewAppender(d.write, &d.health)
		defer a.Close()
		appendNumbered(t, a, 0, 1000)
		time.Sleep(10 * retryDelay)
		if d.attempts() < 9 || d.attempts() > 12 {
			t.Errorf("%d attempts in %v", d.attempts(), 10*retryDelay)
		}
		if err := d.health.Err(); !errors.Is(err, errDisk) || !strings.Contains(err.Error(), "0 runs were lost") {
			t.Errorf("degraded: %v", err)
		}
		d.setBroken(false)
		time.Sleep(retryDelay + batchDelay)
		synctest.Wait()
		if d.count(t) != 1000 || d.health.Err() != nil {
			t.Errorf("%d runs are stored, degraded: %v", d.count(t), d.health.Err())
		}
	})
}

func TestTheOldestRunsAreDroppedAndCountedWhenTheQueueIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{broken: true}
		a := NewAppender(d.write, &d.health)
		appendNumbered(t, a, 0, 1)
		time.Sleep(time.Second) // the outage is known
		began := time.Now()
		appendNumbered(t, a, 1, maxQueued+7)
		if waited := time.Since(began); waited != 0 {
			t.Errorf("appending took %v", waited)
		}
		if o := d.health.Outage(); !errors.Is(o.Err, errDisk) || o.Lost < 7 || o.Lost > 7+maxBatch || a.Waiting() > maxQueued {
			t.Errorf("%d runs wait; outage: %+v", a.Waiting(), o)
		}
		lost := int(d.health.Outage().Lost)
		d.setBroken(false)
		time.Sleep(retryDelay)
		synctest.Wait()
		if len(d.stored) != maxQueued+7-lost || d.stored[0] != fmt.Sprint(lost) || d.stored[len(d.stored)-1] != fmt.Sprint(maxQueued+6) {
			t.Errorf("stored %d runs, %s to %s, want the newest ones", len(d.stored), d.stored[0], d.stored[len(d.stored)-1])
		}
		a.Close()
	})
}

func TestRunsInTheQueueAreBoundedByTheirSize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{broken: true}
		a := NewAppender(d.write, &d.health)
		appendNumbered(t, a, 0, 1)
		time.Sleep(time.Second)
		long := strings.Repeat("x", 100<<10)
		for range 1000 {
			if err := a.Append(t.Context(), &check.Run{Integration: "web", Status: check.Healthy, Message: long}); err != nil {
				t.Fatal(err)
			}
		}
		a.mu.Lock()
		if n, actual := a.queue.bytes, sizeOf(a.queue.runs); n > maxQueuedBytes || n != actual || a.queue.len() < 50 {
			t.Errorf("%d runs of %d bytes wait, counted as %d", a.queue.len(), actual, n)
		}
		a.mu.Unlock()
		a.Close()
		if o := d.health.Outage(); o.Lost != 1001 {
			t.Errorf("after Close, %d runs are lost, want all 1001", o.Lost)
		}
	})
}

// TestStuckDatabase has a write that does not end, such as one to a disk that does not
// answer.
func TestStuckDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var health Health
		a := NewAppender(func([]PackedRun, *incident.Changes) error { <-release; health.Recover(); return nil }, &health)
		appendNumbered(t, a, 0, maxBatch)
		synctest.Wait() // the first batch is being written
		appendNumbered(t, a, maxBatch, maxBatch+maxQueued)
		if health.Err() != nil {
			t.Errorf("before the queue is full: %v", health.Err())
		}
		began := time.Now()
		appendNumbered(t, a, maxBatch+maxQueued, 2*maxBatch+maxQueued)
		if waited := time.Since(began); waited != maxStall {
			t.Errorf("appending waited %v in total, want %v once", waited, maxStall)
		}
		if o := health.Outage(); !errors.Is(o.Err, errStuck) || o.Lost != maxBatch {
			t.Errorf("outage: %+v", o)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := a.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("flush: got %v, want the context's error", err)
		}
		close(release)
		a.Close()
		if health.Err() != nil {
			t.Errorf("after the write has ended: %v", health.Err())
		}
	})
}

func TestWatchNoticesAStuckWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var health Health
		a := NewAppender(func([]PackedRun, *incident.Changes) error { <-release; health.Recover(); return nil }, &health)
		appendNumbered(t, a, 0, 1)
		time.Sleep(batchDelay + maxWrite)
		if a.Watch(); health.Err() != nil {
			t.Errorf("a write that may wait for a lock: %v", health.Err())
		}
		time.Sleep(time.Second)
		if a.Watch(); !errors.Is(health.Err(), errStuck) {
			t.Errorf("a write that does not end: %v", health.Err())
		}
		close(release)
		a.Close()
		if a.Watch(); health.Err() != nil {
			t.Errorf("after it has ended: %v", health.Err())
		}
	})
}

func TestRetryEndsAnOutageWithoutRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		a := NewAppender(d.write, &d.health)
		defer a.Close()
		d.health.Fail(errDisk) // of another writer
		a.Retry()
		synctest.Wait()
		if d.health.Err() != nil || d.attempts() != 1 {
			t.Errorf("%v after %d attempts", d.health.Err(), d.attempts())
		}
	})
}

func TestClosedAppenderRefuses(t *testing.T) {
	d := &disk{}
	a := NewAppender(d.write, &d.health)
	appendNumbered(t, a, 0, 10)
	a.Close()
	a.Close()
	if d.count(t) != 10 {
		t.Errorf("%d runs are stored, want the 10 that were queued", d.count(t))
	}
	if err := a.Flush(t.Context()); err == nil {
		t.Error("Flush succeeds after Close")
	}
	for range maxQueued {
		_ = a.Append(t.Context(), numbered(-1)) // nobody empties the queue
	}
	if err := a.Append(t.Context(), numbered(-1)); !errors.Is(err, ErrNotStored) {
		t.Errorf("got %v, want ErrNotStored", err)
	}
}
