package daemon

import (
	"context"
	"testing"
	"time"

	"vega/daemon/engine"
	"vega/daemon/live"
	"vega/policies/check"
	"vega/store"
)

// TestStoredStateSurvivesARestart checks that the state before a restart is shown as
// stored, also after the integration was removed and added again, until it runs.
func TestStoredStateSurvivesARestart(t *testing.T) {
	web := bind("web", "plain.unhealthy", "")
	h := build(t, web+bind("other", "plain.healthy", ""))
	h.status()
	h.restart()
	if r := h.lastReport("web"); !r.Stored || r.Status != check.Unhealthy || r.Cause != check.Target || r.CheckedAt == nil {
		t.Errorf("after a restart: %+v", r)
	}
	h.reload(bind("other", "plain.healthy", ""))
	h.reload(web + bind("other", "plain.healthy", ""))
	if r := h.lastReport("web"); !r.Stored || r.Status != check.Unhealthy {
		t.Errorf("removed and added again: %+v", r)
	}
	h.reload(bind("web", "plain.healthy", "") + bind("other", "plain.healthy", ""))
	if r := h.lastReport("web"); r.Stored || r.Status != check.Unknown {
		t.Errorf("with another probe: %+v", r)
	}
	o, err := h.Overview(engine.Selection{})
	if err != nil || o.Stored != 1 || o.Summary.Healthy != 1 || o.Summary.Unknown != 1 {
		t.Errorf("%+v, %v", o, err)
	}
	before := h.ask(engine.Query{MaxAge: 24 * time.Hour}) // no stored state answers it
	if before.Summary.Healthy != 2 || before.Integrations[0].Stored {
		t.Errorf("%+v", before)
	}
	page, err := h.Runs(t.Context(), store.RunQuery{Integration: "other"})
	if err != nil || len(page.Runs) != 2 {
		t.Errorf("%d runs of other, %v; want one before the restart and one after", len(page.Runs), err)
	}
	page, err = h.Runs(t.Context(), store.RunQuery{Integration: "web", Statuses: []check.Status{check.Unknown}})
	if err != nil || len(page.Runs) != 0 {
		t.Errorf("%+v, %v; want no run with this status, and no error", page.Runs, err)
	}
	if _, err := h.Runs(t.Context(), store.RunQuery{Integration: "nobody", Since: time.Now()}); err == nil {
		t.Error("an integration that never was has a history")
	}
}

// TestBoardHasTheRunsBeforeARestart checks what the pages show of earlier runs, also after
// the integration was removed and added again.
func TestBoardHasTheRunsBeforeARestart(t *testing.T) {
	web, other := bind("web", "plain.unhealthy", ""), bind("other", "plain.healthy", "")
	h := build(t, web+other)
	h.status()
	h.status()
	h.restart()
	since := *h.lastReport("web").CheckedAt
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.recall(ctx)
	}()
	wait := func() (r live.Row) {
		for len(r.Beats) == 0 { // as long as the test may take
			time.Sleep(time.Millisecond)
			r = h.Live().Row("web")
		}
		return r
	}
	if r := wait(); len(r.Beats) != 2 || r.Beats[0] != check.Unhealthy || r.Since.After(since) {
		t.Errorf("after a restart: %+v", r)
	}
	h.reload(other)
	if r := h.Live().Row("web"); len(r.Beats) != 0 {
		t.Errorf("of an integration that was removed: %+v", r)
	}
	h.reload(web + other)
	if r := wait(); len(r.Beats) != 2 {
		t.Errorf("added again: %+v", r)
	}
	h.status()
	if r := h.Live().Row("web"); len(r.Beats) < 2 {
		t.Errorf("after another run: %+v", r)
	}
	cancel()
	<-done
}
