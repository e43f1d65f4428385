package diagnostics

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestLateCountsTimeWithoutCPU checks that the lateness does not depend on when it
// is read, and is 0 for a process that got a CPU in time.
func TestLateCountsTimeWithoutCPU(t *testing.T) {
	at := time.Unix(1000, 0)
	p := &Pace{now: func() time.Time { return at }, counts: func() waited { return waited{} }}
	late := func(s Span) time.Duration {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.lateAt(at) - s.late
	}
	p.beating = true // this test makes the beats
	p.due = at.Add(beatEvery)
	all := p.Begin()
	pass := func(d time.Duration) {
		at = at.Add(d)
		if !p.tick() {
			t.Fatal("the beats ended while a span was open")
		}
	}
	pass(beatEvery)
	pass(beatEvery + punctual)
	if d := late(all); d != 0 {
		t.Errorf("%v late although every beat was on time", d)
	}
	at = at.Add(beatEvery + 300*time.Millisecond) // nothing runs
	if d := late(all); d != 300*time.Millisecond {
		t.Errorf("%v late, want 300ms", d)
	}
	second := p.Begin()
	at = at.Add(100 * time.Millisecond)
	if got := second.End(); got.Late != 100*time.Millisecond || got.Pressure != nil || got.Throttled != nil {
		t.Errorf("second span: %+v", got)
	}
	pass(0)
	pass(beatEvery)
	if got := all.End(); got.Late != 400*time.Millisecond {
		t.Errorf("first span: %+v", got)
	}
	if at = at.Add(beatEvery); p.tick() {
		t.Error("another beat although no span is open")
	}
}

// TestPaceStopsAfterLastSpan checks that no goroutine is left once all spans have
// ended.
func TestPaceStopsAfterLastSpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &Pace{now: time.Now, counts: func() waited { return waited{} }}
		var all sync.WaitGroup
		for n := range 50 {
			all.Go(func() {
				s := p.Begin()
				time.Sleep(time.Duration(n) * time.Millisecond)
				if got := s.End(); got.Late != 0 {
					t.Errorf("%+v", got)
				}
			})
		}
		all.Wait()
		time.Sleep(2 * beatEvery) // synctest fails if a goroutine is left
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.beating {
			t.Error("still beating")
		}
	})
}

func TestSpanReportsKernelCounters(t *testing.T) {
	at := time.Unix(1000, 0)
	counted := time.Duration(0)
	asked := 0
	p := &Pace{now: func() time.Time { return at }, counts: func() waited {
		asked++
		counted += 7 * time.Millisecond
		c := counted
		return waited{pressure: &c}
	}}
	p.beating, p.due = true, at.Add(time.Hour)
	for range 10 { // all at the same time
		p.Begin()
	}
	if asked != 1 {
		t.Errorf("%d readings of the counters for ten simultaneous spans", asked)
	}
	s := p.Begin()
	at = at.Add(countsAge)
	if got := s.End(); got.Pressure == nil || *got.Pressure != 7*time.Millisecond || got.Throttled != nil {
		t.Errorf("%+v", got)
	}
	counted = -5 * time.Millisecond // reset, as in another container
	at = at.Add(countsAge)
	s.pace.open++
	if got := s.End(); got.Pressure != nil {
		t.Errorf("%+v", got)
	}
}

func BenchmarkSpan(b *testing.B) {
	p := NewPace()
	for b.Loop() {
		s := p.Begin()
		p.read = time.Time{} // as if the last reading were old
		s.End()
	}
}

func BenchmarkSpanShared(b *testing.B) {
	p := NewPace()
	for b.Loop() {
		p.Begin().End()
	}
}
