package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vega/policies/check"
	"vega/policies/incident"
)

// clerk is a Journal. Each run that is not healthy changes something, which is an event
// with the message of the run.
type clerk struct {
	mu                 sync.Mutex
	steps              []string
	pending            []incident.Event
	taken              []incident.Event
	stored             []string // events, as reported to the clerk
	restarts, failures int
}

func (c *clerk) Step(r *check.Run) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.steps = append(c.steps, r.Message)
	if r.Status != check.Healthy {
		c.pending = append(c.pending, incident.Event{Text: r.Message})
	}
}

func (c *clerk) add(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending = append(c.pending, incident.Event{Text: text})
}

func (c *clerk) Pending() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.pending) > 0
}

func (c *clerk) Changes() *incident.Changes {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken, c.pending = c.pending, nil
	return &incident.Changes{Events: c.taken}
}

func (c *clerk) Stored(ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !ok {
		c.failures++
		c.pending = append(slices.Clone(c.taken), c.pending...)
	}
	for _, e := range c.taken {
		if ok {
			c.stored = append(c.stored, e.Text)
		}
	}
	c.taken = nil
}

func (c *clerk) Restart() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.restarts++
	c.pending = append([]incident.Event{{Text: "all"}}, c.pending...)
}

// judged returns how many runs were judged, and checks that each was once, in order.
func (c *clerk) judged(t *testing.T) int {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for n, m := range c.steps {
		if m != fmt.Sprint(n) {
			t.Fatalf("run %s was judged at place %d", m, n)
		}
	}
	return len(c.steps)
}

// office is an Appender with a disk and a clerk.
type office struct {
	*Appender
	clerk
	d        disk
	t        *testing.T
	next     int
	events   []string // in the database
	writes   []string // runs + events of each write that succeeded
	panics   []error
	stuck    chan struct{} // a write waits for it; nil: none does
	breaking func(string)  // called by each method of the journal
}

func newOffice(t *testing.T) *office {
	o := &office{t: t}
	o.Appender = NewAppender(o.commitTo, &o.d.health)
	o.Judge(o, func(err error) { o.panics = append(o.panics, err) })
	t.Cleanup(o.Close)
	return o
}

func (o *office) commitTo(batch []PackedRun, c *incident.Changes) error {
	o.d.mu.Lock()
	stuck := o.stuck
	o.d.mu.Unlock()
	if stuck != nil {
		<-stuck
	}
	if err := o.d.write(batch, c); err != nil {
		return err
	}
	o.d.mu.Lock()
	defer o.d.mu.Unlock()
	events := 0
	if c != nil {
		events = len(c.Events)
		for _, e := range c.Events {
			o.events = append(o.events, e.Text)
		}
	}
	o.writes = append(o.writes, fmt.Sprint(len(batch), "+", events))
	return nil
}

func (o *office) did(method string) {
	if o.breaking != nil {
		o.breaking(method)
	}
}

func (o *office) Step(r *check.Run) { o.clerk.Step(r); o.did("Step") }
func (o *office) Pending() bool     { o.did("Pending"); return o.clerk.Pending() }
func (o *office) Stored(ok bool)    { o.clerk.Stored(ok); o.did("Stored") }
func (o *office) Restart()          { o.clerk.Restart(); o.did("Restart") }

func (o *office) Changes() *incident.Changes {
	o.did("Changes")
	return o.clerk.Changes()
}

// Several embedded fields have these.
func (o *office) Close()        { o.Appender.Close() }
func (o *office) restartStore() { o.Appender.Restart() }

// append appends runs with a status.
func (o *office) append(n int, s check.Status) {
	o.t.Helper()
	for range n {
		r := numbered(o.next)
		r.Status, r.Previous = s, s
		if err := o.Append(o.t.Context(), r); err != nil {
			o.t.Fatal(err)
		}
		o.next++
	}
}

func (o *office) expectWrites(want ...string) {
	o.t.Helper()
	synctest.Wait()
	o.d.mu.Lock()
	defer o.d.mu.Unlock()
	if !slices.Equal(o.writes, want) {
		o.t.Errorf("writes (runs+events): %v, want %v", o.writes, want)
	}
	o.writes = nil
}

func (o *office) expectJudged(what string, want int) {
	o.t.Helper()
	synctest.Wait()
	if got := o.judged(o.t); got != want {
		o.t.Errorf("%s: %d runs were judged, want %d", what, got, want)
	}
}

func (o *office) setStuck(c chan struct{}) {
	o.d.mu.Lock()
	defer o.d.mu.Unlock()
	o.stuck = c
}

func TestChangesAreStoredWithTheirRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.append(10, check.Healthy)
		time.Sleep(batchDelay)
		o.expectWrites("10+0")
		time.Sleep(batchDelay)
		o.append(10, check.Healthy)
		o.append(1, check.Unhealthy)
		o.expectWrites("11+1") // at once
		o.append(2*maxBatch, check.Unhealthy)
		time.Sleep(batchDelay)
		synctest.Wait()
		o.expectJudged("in the end", o.next)
		if o.failures != 0 || len(o.clerk.stored) != 1+2*maxBatch || !slices.Equal(o.clerk.stored, o.events) {
			t.Errorf("%d events are stored, %d as the journal was told", len(o.events), len(o.clerk.stored))
		}
	})
}

// A run that may change something is written at once, but a storm of them in batches.
func TestAStormIsWrittenInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		const storm = 2 * time.Second
		for range storm / time.Millisecond {
			o.append(1, check.Unhealthy)
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		if n, most := o.d.attempts(), int(storm/batchDelay)+2; n > most || n < most/2 {
			t.Errorf("%d writes, want at most %d", n, most)
		}
		time.Sleep(time.Second)
		o.expectJudged("all", o.next)
		o.writes = nil
		first := numbered(o.next)
		o.next++
		if err := o.Append(t.Context(), first); err != nil { // healthy, but it was not before
			t.Fatal(err)
		}
		o.expectWrites("1+0")
	})
}

func TestQueuedRunsAreJudgedDuringAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.d.setBroken(true)
		o.append(1, check.Unhealthy)
		for n := range 10 {
			o.append(2*maxBatch, check.Healthy)
			time.Sleep(retryDelay)
			o.expectJudged(fmt.Sprint("retry ", n), o.next)
		}
		o.d.setBroken(false)
		time.Sleep(retryDelay)
		synctest.Wait()
		if n := o.d.count(t); n != o.next || !slices.Equal(o.events, []string{"0"}) {
			t.Errorf("%d runs of %d and %q are stored", n, o.next, o.events)
		}
		o.expectJudged("after it", o.next)
	})
}

func TestQueuedRunsAreJudgedWhileAWriteIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		release := make(chan struct{})
		o.setStuck(release)
		o.append(1, check.Unhealthy)
		o.expectJudged("before the write", 1)
		for range 5 {
			o.append(100, check.Healthy)
			time.Sleep(retryDelay + time.Millisecond)
			o.expectJudged("while it is stuck", o.next)
		}
		flushed := make(chan error, 1)
		o.health.Recover()
		go func() { flushed <- o.FlushAlerts(t.Context()) }()
		time.Sleep(maxWrite)
		o.Watch()
		time.Sleep(time.Second)
		synctest.Wait()
		select {
		case err := <-flushed:
			if _, ok := errors.AsType[*UnavailableError](err); !ok || !errors.Is(err, errStuck) {
				t.Errorf("FlushAlerts returned %v", err)
			}
		default:
			t.Error("FlushAlerts waits for a write that is stuck")
		}
		o.setStuck(nil)
		close(release)
		time.Sleep(time.Second)
		synctest.Wait()
		if n := o.d.count(t); n != o.next {
			t.Errorf("%d runs of %d are stored", n, o.next)
		}
		o.expectJudged("in the end", o.next)
	})
}

func TestRunsThatAreDroppedAreJudged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.d.setBroken(true)
		o.append(1, check.Healthy)
		time.Sleep(time.Second) // the outage is known
		o.append(2*maxQueued, check.Healthy)
		time.Sleep(retryDelay)
		o.expectJudged("with a full queue", o.next)
		if o.health.Outage().Lost == 0 {
			t.Error("no run was dropped")
		}
		o.append(2*maxQueued, check.Unhealthy) // dropped before the next retry
		o.d.setBroken(false)
		time.Sleep(2 * retryDelay)
		o.expectJudged("in the end", o.next)
		if len(o.events) != 2*maxQueued || o.events[0] != fmt.Sprint(2*maxQueued+1) {
			t.Errorf("%d events are stored, want one for each run that is not healthy", len(o.events))
		}
	})
}

func TestFlushAlertsWorksWithoutRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		for range 2 { // the second has nothing to store
			if err := o.FlushAlerts(t.Context()); err != nil {
				t.Error(err)
			}
			o.expectWrites()
		}
		o.add("ack")
		o.append(3, check.Healthy)
		if err := o.FlushAlerts(t.Context()); err != nil {
			t.Error(err)
		}
		o.expectWrites("0+1")
		o.expectJudged("runs that are queued", 0)
		time.Sleep(batchDelay)
		o.expectWrites("3+0")
		o.add("at the end")
		o.Close()
		if !slices.Equal(o.events, []string{"ack", "at the end"}) {
			t.Errorf("stored %q", o.events)
		}
		if err := o.FlushAlerts(t.Context()); err == nil {
			t.Error("FlushAlerts succeeds after Close")
		}
	})
}

func TestFlushAlertsFailsAtOnceDuringAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.d.setBroken(true)
		o.add("sent")
		if err := o.FlushAlerts(t.Context()); !errors.Is(err, errDisk) {
			t.Errorf("the first: %v", err)
		}
		began, attempts := time.Now(), o.d.attempts()
		for range 100 {
			o.add("more")
			err := o.FlushAlerts(t.Context())
			if e, ok := errors.AsType[*UnavailableError](err); !ok || e.Reason == "" || !errors.Is(err, errDisk) {
				t.Errorf("got %v", err)
			}
		}
		if time.Since(began) != 0 || o.d.attempts() != attempts {
			t.Errorf("it took %v and %d attempts", time.Since(began), o.d.attempts()-attempts)
		}
		o.d.setBroken(false)
		time.Sleep(retryDelay + batchDelay) // nobody calls it again
		synctest.Wait()
		if len(o.events) != 101 || o.events[0] != "sent" || o.health.Err() != nil {
			t.Errorf("%d events are stored after the outage, %v", len(o.events), o.health.Err())
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		release := make(chan struct{})
		o.setStuck(release)
		o.append(1, check.Unhealthy)
		synctest.Wait()
		if err := o.FlushAlerts(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("canceled: %v", err)
		}
		o.setStuck(nil)
		close(release)
	})
}

// An outage that another writer noticed ends with the next retry, although no run comes.
func TestFlushAlertsEndsAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.health.Fail(errDisk)
		o.add("ack")
		if err := o.FlushAlerts(t.Context()); !errors.Is(err, errDisk) {
			t.Errorf("got %v", err)
		}
		time.Sleep(retryDelay)
		o.expectWrites("0+1")
		if o.health.Err() != nil {
			t.Error(o.health.Err())
		}
	})
}

func TestRestartStoresEverythingAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.d.setBroken(true)
		o.append(1, check.Unhealthy)
		time.Sleep(time.Second)
		o.restartStore()
		o.Precede([]check.Run{{Integration: "other", Status: check.Unhealthy, Message: "last known"}})
		o.d.setBroken(false)
		time.Sleep(retryDelay)
		o.expectWrites("2+2")
		if !slices.Equal(o.events, []string{"all", "0"}) || o.restarts != 1 {
			t.Errorf("stored %q", o.events)
		}
		o.expectJudged("without the last known run, which was judged before", 1)
	})
}

// A panic of the journal is reported, loses no run, and judges none twice.
func TestPanicsOfTheJournalLoseNoRun(t *testing.T) {
	for _, method := range []string{"Step", "Pending", "Changes", "Stored", "Restart"} {
		synctest.Test(t, func(t *testing.T) {
			o := newOffice(t)
			o.breaking = func(m string) {
				if m == method {
					panic("broken " + m)
				}
			}
			o.append(5, check.Healthy)
			o.append(5, check.Unhealthy)
			_ = o.FlushAlerts(t.Context())
			time.Sleep(time.Second)
			o.restartStore()
			o.append(maxBatch, check.Unhealthy)
			time.Sleep(time.Second)
			o.expectJudged(method, o.next)
			if n := o.d.count(t); n != o.next {
				t.Errorf("%s: %d runs of %d are stored", method, n, o.next)
			}
			if len(o.panics) == 0 || !strings.Contains(o.panics[0].Error(), "broken "+method) || !strings.Contains(o.panics[0].Error(), "judge_test.go") {
				t.Errorf("%s: reported %v", method, o.panics)
			}
		})
	}
}

// nothing is a Journal that knows no alert.
type nothing struct{ steps int }

func (n *nothing) Step(*check.Run)            { n.steps++ }
func (n *nothing) Pending() bool              { return false }
func (n *nothing) Changes() *incident.Changes { return nil }
func (n *nothing) Stored(bool)                {}
func (n *nothing) Restart()                   {}

// BenchmarkAppend appends healthy runs to an Appender whose writes take no time, with and
// without a journal.
func BenchmarkAppend(b *testing.B) {
	for _, journal := range []Journal{nil, &nothing{}} {
		b.Run(fmt.Sprintf("%T", journal), func(b *testing.B) {
			a := NewAppender(func([]PackedRun, *incident.Changes) error { return nil }, &Health{})
			defer a.Close()
			if journal != nil {
				a.Judge(journal, nil)
			}
			r := &check.Run{Integration: "web", Status: check.Healthy, Previous: check.Healthy, Details: map[string]string{"status": "200"}, Metrics: []check.Metric{{Name: "t", Value: 1}}}
			b.ReportAllocs()
			for b.Loop() {
				if err := a.Append(b.Context(), r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkStep is what a journal costs a run beyond its own work.
func BenchmarkStep(b *testing.B) {
	j := &journal{Journal: &nothing{}}
	batch := make([]PackedRun, maxBatch)
	b.ReportAllocs()
	for b.Loop() {
		j.step(batch)
		_ = j.take()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/maxBatch, "ns/run")
}
