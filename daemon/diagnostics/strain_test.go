package diagnostics

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestLate: a process that gets no processor is late by the time for which it
// had none, whoever looks when, and one that has them is not.
func TestLate(t *testing.T) {
	at := time.Unix(1000, 0)
	p := &Pace{now: func() time.Time { return at }, counts: func() waited { return waited{} }}
	late := func(s Stretch) time.Duration {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.lateAt(at) - s.late
	}
	p.beating = true // by this test
	p.due = at.Add(beatEvery)
	all := p.Begin()
	pass := func(d time.Duration) {
		at = at.Add(d)
		if !p.took() {
			t.Fatal("it ended while somebody asked")
		}
	}
	pass(beatEvery)
	pass(beatEvery + punctual)
	if d := late(all); d != 0 {
		t.Errorf("%v late on time", d)
	}
	at = at.Add(beatEvery + 300*time.Millisecond) // nothing runs
	if d := late(all); d != 300*time.Millisecond {
		t.Errorf("%v late while it is", d)
	}
	second := p.Begin()
	at = at.Add(100 * time.Millisecond)
	if got := second.End(); got.Late != 100*time.Millisecond || got.Pressure != nil || got.Throttled != nil {
		t.Errorf("%+v of what began in between", got)
	}
	pass(0)
	pass(beatEvery)
	if got := all.End(); got.Late != 400*time.Millisecond {
		t.Errorf("%+v in all", got)
	}
	if at = at.Add(beatEvery); p.took() {
		t.Error("it beats although nobody asks")
	}
}

// TestPaceRests: no goroutine is left once nobody asks, and many may ask.
func TestPaceRests(t *testing.T) {
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
		time.Sleep(2 * beatEvery) // or synctest finds the goroutine that is left
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.beating {
			t.Error("it beats still")
		}
	})
}

// TestCountedStrain: what the kernel counted between the two ends.
func TestCountedStrain(t *testing.T) {
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
	for range 10 { // at the same moment
		p.Begin()
	}
	if asked != 1 {
		t.Errorf("%d readings for ten who came together", asked)
	}
	s := p.Begin()
	at = at.Add(strainAge)
	if got := s.End(); got.Pressure == nil || *got.Pressure != 7*time.Millisecond || got.Throttled != nil {
		t.Errorf("%+v", got)
	}
	counted = -5 * time.Millisecond // the count began anew: another container
	at = at.Add(strainAge)
	s.pace.asking++
	if got := s.End(); got.Pressure != nil {
		t.Errorf("%+v", got)
	}
}

func BenchmarkStretch(b *testing.B) {
	p := NewPace()
	for b.Loop() {
		s := p.Begin()
		p.read = time.Time{} // as if the last were long ago
		s.End()
	}
}

func BenchmarkStretchShared(b *testing.B) {
	p := NewPace()
	for b.Loop() {
		p.Begin().End()
	}
}
