package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"vega/policies/check"
)

// sinkFunc implements Sink.
type sinkFunc func(check.Run) error

func (f sinkFunc) Record(_ context.Context, r check.Run) error { return f(r) }

// TestSlowSinkDropsRuns checks that a blocked best-effort sink fills its queue and
// then counts what it drops, while the durable sink records every run.
func TestSlowSinkDropsRuns(t *testing.T) {
	stored, slow, quick := 0, 0, 0
	open := make(chan struct{})
	var log bytes.Buffer
	s := newSinks(slog.New(slog.NewTextHandler(&log, nil)), sinkFunc(func(check.Run) error { stored++; return nil }), []NamedSink{
		{Name: "slow", Sink: sinkFunc(func(check.Run) error { <-open; slow++; return nil })},
		{Name: "quick", Sink: sinkFunc(func(check.Run) error { quick++; return errors.New("no") })},
	})
	s.record(t.Context(), check.Run{})
	const more = sinkQueue + 100
	for range more {
		s.record(t.Context(), check.Run{})
	}
	dropped := s.stats()[1].Dropped
	if stored != more+1 || dropped < 100 || dropped > 101 { // the sink may hold one
		t.Errorf("%d of %d runs are stored, %d dropped by the slow sink", stored, more+1, dropped)
	}
	close(open)
	s.close()
	if got := log.String(); !strings.Contains(got, "did not keep up") || !strings.Contains(got, fmt.Sprintf("dropped=%d", dropped)) {
		t.Errorf("the log does not report what was dropped: %s", got)
	}
	if int64(slow) != more+1-dropped {
		t.Errorf("the slow sink recorded %d of %d runs and dropped %d", slow, more+1, dropped)
	}
	if f := s.stats()[2]; f.Failed != int64(quick) || f.Failed+f.Dropped != more+1 {
		t.Errorf("%+v after %d runs", f, quick)
	}
	if !strings.Contains(log.String(), "sink=slow") {
		t.Errorf("the log does not report the dropped runs: %s", log.String())
	}
}

// TestDurableSinkFailuresAreCounted also checks that failures are logged at most
// once a minute.
func TestDurableSinkFailuresAreCounted(t *testing.T) {
	var log bytes.Buffer
	s := newSinks(slog.New(slog.NewTextHandler(&log, nil)), sinkFunc(func(check.Run) error { return errors.New("the disk is full") }), nil)
	for range 3 {
		s.record(t.Context(), check.Run{Integration: "web"})
	}
	if f := s.stats()[0]; f.Failed != 3 {
		t.Errorf("%+v", f)
	}
	if n := strings.Count(log.String(), "the disk is full"); n != 1 {
		t.Errorf("%d lines: %s", n, log.String())
	}
	s.close()
}

// TestASinkThatIsOffCostsNothing checks that a sink that was never on has no queue and no
// statistics, and that one that was switched off keeps its own.
func TestASinkThatIsOffCostsNothing(t *testing.T) {
	on, got := false, 0
	never := NamedSink{Name: "never", Sink: sinkFunc(func(check.Run) error { t.Error("it got a run"); return nil }), Active: func() bool { return false }}
	s := newSinks(slog.New(slog.DiscardHandler), sinkFunc(func(check.Run) error { return nil }), []NamedSink{
		never, {Name: "later", Sink: sinkFunc(func(check.Run) error { got++; return errors.New("no") }), Active: func() bool { return on }},
	})
	for _, on = range []bool{false, true, false} {
		s.record(t.Context(), check.Run{})
	}
	s.close()
	if all := s.stats(); got != 1 || len(all) != 2 || all[1] != (SinkStats{Name: "later", Failed: 1}) {
		t.Errorf("%d runs, %+v", got, all)
	}
}

// TestRunsReachSinksInOrder checks that each run records the status of the previous
// one.
func TestRunsReachSinksInOrder(t *testing.T) {
	e, _ := start(t, newBinding("a", 0))
	var seen []check.Transition
	e.sinks = newSinks(e.options.Log, e.options.Durable, []NamedSink{{Name: "seen", Sink: sinkFunc(func(r check.Run) error {
		change, _ := r.Transition()
		seen = append(seen, change)
		return nil
	})}})
	ask := func() {
		if _, err := e.Health(t.Context(), Query{}); err != nil {
			t.Fatal(err)
		}
	}
	ask()
	ask()
	e.Drain()
	e.Wait()
	e.Close()
	want := []check.Transition{{From: "", To: check.Healthy}, {From: check.Healthy, To: check.Healthy}}
	if len(seen) != 2 || seen[0] != want[0] || seen[1] != want[1] {
		t.Errorf("%v, want %v", seen, want)
	}
}

// TestScheduledRunsSayHowLateTheyBegan also checks that a run that was asked for is never
// late.
func TestScheduledRunsSayHowLateTheyBegan(t *testing.T) {
	e, _ := start(t, newBinding("a", 0))
	var seen []check.Run
	e.sinks = newSinks(e.options.Log, sinkFunc(func(r check.Run) error { seen = append(seen, r); return nil }), nil)
	e.tick(e.now.find("a"), time.Now().Add(-time.Hour))
	e.flights.Wait()
	if _, err := e.Health(t.Context(), Query{}); err != nil {
		t.Fatal(err)
	}
	e.flights.Wait()
	if len(seen) != 2 || seen[0].Late == nil || *seen[0].Late < time.Hour || seen[1].Late != nil {
		t.Errorf("%+v", seen)
	}
}
