package daemon

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/daemon/realtest/tiny"
	"vega/policies/check"
)

// TestHammer runs checks, validates, reloads valid and invalid files, and replaces
// modules, all concurrently. Every report must come from one configuration, and
// healthy integrations must stay healthy.
func TestHammer(t *testing.T) {
	one := bind("a", "plain.healthy", "") + bind("b", "plain.healthy", "")
	two := one + bind("c", "plain.degraded", "")
	h := build(t, one)
	go func() { _ = h.Run(t.Context()) }()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	var all sync.WaitGroup
	loop := func(f func(n int)) {
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				f(n)
			}
		})
	}
	for range 4 {
		loop(func(n int) {
			got := h.ask(engine.Query{MaxAge: time.Duration(n%2) * time.Second})
			for i, r := range got.Integrations {
				if want := []check.Status{"healthy", "healthy", "degraded"}[i]; r.Status != want {
					t.Errorf("%+v", r)
				}
			}
		})
	}
	loop(func(n int) {
		h.configure([]string{one, "nonsense = 1\n", two}[n%3])
		r, err := h.Reload(ctx, BySignal)
		var invalid *config.InvalidError
		if errors.As(err, &invalid) != (n%3 == 1) && ctx.Err() == nil {
			t.Errorf("%+v, %v", r, err)
		}
	})
	for range 2 {
		loop(func(int) {
			v, err := h.Validate(ctx)
			if ctx.Err() != nil {
				return
			}
			if err != nil || v.Valid != (v.ErrorCount == 0) || v.LastReload.Outcome == Rejected && v.LastReload.Reason == "" || v.Running.SameAsDisk && len(v.Changes.Live) > 0 {
				t.Errorf("%+v, %v", v, err)
			}
			_, _ = h.Reload(ctx, ByHTTP) // the current file may be valid or not
			h.Rejected()
			h.DatabaseStats(ctx)
		})
	}
	loop(func(n int) {
		write(t, h.plugins(), "plain.wasm", tiny.Plain(t, "plain", fmt.Sprint(n), tiny.AnswerParameter))
		h.dropIn(ctx, h.plugins()+"/plain.wasm")
	})
	loop(func(int) {
		h.Plugins()
		if i, err := h.Integration("a"); err != nil || i.Name != "a" {
			t.Errorf("%+v, %v", i, err)
		}
	})
	all.Wait()
}

func TestQueuedPastItsDeadlineIsTheHostsFault(t *testing.T) {
	g := closedGate(t)
	h := build(t, get("first", g.url, patient)+bind("second", "plain.healthy", `timeout = "1s"`))
	h.engine.Share(engine.SocketsPerRun, 0)
	go h.ask(engine.Query{Names: []string{"first"}, Timeout: time.Millisecond})
	g.await(1)
	r := h.ask(engine.Query{Names: []string{"second"}}).Integrations[0]
	if r.Status != check.Unknown || r.Cause != check.Host || !strings.Contains(r.Message, "within its timeout of 1s") {
		t.Errorf("%+v", r)
	}
}
