package engine

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vega/plugins"
	"vega/plugins/sockets"
	"vega/policies/check"
)

// held is a module whose runs last until they are let go or canceled. It counts them.
type held struct {
	mu       sync.Mutex
	retained int
	running  int
	inputs   []plugins.Input
	letGo    chan struct{}
}

func (h *held) Run(ctx context.Context, in plugins.Input) plugins.Result {
	h.mu.Lock()
	h.running++
	h.inputs = append(h.inputs, in)
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.running--
	}()
	x := &check.Exchange{Connect: time.Second}
	select {
	case <-h.letGo:
		return plugins.Result{Status: check.Healthy, Message: "fine", Took: time.Second, Exchange: x}
	case <-ctx.Done():
		return plugins.Result{Status: check.Unknown, Cause: check.Host, Message: "canceled"}
	case <-time.After(in.Timeout):
		return plugins.Result{Status: check.Unhealthy, Cause: check.Timeout, Took: in.Timeout}
	}
}

func (h *held) Retain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.retained++
}

func (h *held) Release() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.retained--
	return nil
}

// count returns how many runs are in progress and how often the module is retained.
func (h *held) count() [2]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return [2]int{h.running, h.retained}
}

// binding returns a retained binding.
func (h *held) binding() *Binding {
	h.Retain()
	return &Binding{Name: "scrape", Plugin: "p", Probe: "x", Enabled: true, Timeout: 10 * time.Second, Module: h, Databases: noDatabases{}}
}

// noSink fails the test when a run reaches it.
type noSink struct{ t *testing.T }

func (s noSink) Record(_ context.Context, r check.Run) error {
	s.t.Errorf("recorded: %+v", r)
	return nil
}

func onceEngine(t *testing.T, places int) *Engine {
	return New(Options{
		Log: slog.New(slog.DiscardHandler), Life: t.Context(), MaxRunning: places, Sockets: sockets.NewPool(1000),
		Contention: func() func() check.Contention { return func() check.Contention { return check.Contention{} } },
		Durable:    noSink{t}, BestEffort: []NamedSink{{Name: "none", Sink: noSink{t}}},
	})
}

func end(e *Engine) {
	e.Drain()
	e.Wait()
	e.Close()
}

func TestOnceReportsTheRunAndRecordsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, h := onceEngine(t, 10), &held{letGo: make(chan struct{})}
		close(h.letGo)
		r, err := e.Once(t.Context(), h.binding())
		if err != nil || r.Status != check.Healthy || r.Message != "fine" || r.Exchange == nil || r.Probe != "p.x" {
			t.Errorf("%+v %v", r, err)
		}
		if !h.inputs[0].Certificate || h.inputs[0].Timeout != 10*time.Second {
			t.Errorf("%+v", h.inputs[0])
		}
		end(e)
		if got := h.count(); got != [2]int{} {
			t.Errorf("running and retained: %v", got)
		}
		if _, err := e.Once(t.Context(), h.binding()); !errors.Is(err, ErrClosing) {
			t.Errorf("after Drain: %v", err)
		}
		if got := h.count(); got != [2]int{} {
			t.Errorf("after Drain: %v", got)
		}
	})
}

// Drain waits for runs of Once, as for all others.
func TestOnceHasALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, h := onceEngine(t, 200), &held{letGo: make(chan struct{})}
		var all sync.WaitGroup
		for range MaxOnce {
			all.Go(func() {
				if _, err := e.Once(t.Context(), h.binding()); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if got := h.count(); got != [2]int{MaxOnce, MaxOnce} {
			t.Fatalf("running and retained: %v", got)
		}
		if _, err := e.Once(t.Context(), h.binding()); !errors.Is(err, ErrBusy) {
			t.Errorf("one more: %v", err)
		}
		close(h.letGo)
		all.Wait()
		if r, err := e.Once(t.Context(), h.binding()); err != nil || r.Status != check.Healthy {
			t.Errorf("afterwards: %+v %v", r, err)
		}
		end(e)
	})
}

// Runs of Once leave places for the integrations, wait for theirs, and end without one
// at their deadline, which says nothing about the target.
func TestOnceTakesPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, h := onceEngine(t, 4), &held{letGo: make(chan struct{})}
		var all sync.WaitGroup
		var mu sync.Mutex
		outcomes := map[check.Cause]int{}
		for range 6 {
			all.Go(func() {
				r, err := e.Once(t.Context(), h.binding())
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				outcomes[r.Cause]++
			})
		}
		synctest.Wait()
		if got := e.Places(); got.Used != 2 || got.Waiting != 4 {
			t.Errorf("%+v", got)
		}
		all.Wait()
		if outcomes[check.Timeout] < 2 || outcomes[check.Host] == 0 || outcomes[check.Timeout]+outcomes[check.Host] != 6 {
			t.Errorf("%v", outcomes)
		}
		end(e)
	})
}

// A caller that goes away ends its run, also while the run waits for a place.
func TestOnceEndsWithItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, h := onceEngine(t, 1), &held{letGo: make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if _, err := e.Once(ctx, h.binding()); !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		cancel()
		all.Wait()
		if _, err := e.Once(ctx, h.binding()); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("took %v", took)
		}
		if p := e.Places(); p.Used+p.Waiting != 0 || h.count() != [2]int{} {
			t.Errorf("%+v %v", p, h.count())
		}
		end(e)
	})
}
