package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vega/daemon/config/diag"
	"vega/daemon/realtest/tiny"
)

func TestReloadReportsChanges(t *testing.T) {
	one := bind("keep", "plain.healthy", "") + bind("change", "plain.healthy", "") + bind("drop", "plain.healthy", "")
	h := build(t, one)
	r := h.reload(bind("keep", "plain.healthy", "") + bind("change", "plain.degraded", "") + bind("new", "plain.healthy", ""))
	if got := fmt.Sprintf("%s %v %v %v %v", r.Outcome, r.Summary, r.Added, r.Changed, r.Removed); got != "applied {1 1 1 1} [new] [change] [drop]" {
		t.Error(got)
	}
	was, applied := h.now, h.applied.Load()
	if r := h.reload(bind("keep", "plain.healthy", "") + bind("change", "plain.degraded", "") + bind("new", "plain.healthy", "")); r.Outcome != Unchanged || r.Summary.Kept != 3 {
		t.Errorf("%+v", r)
	}
	if h.now != was || h.applied.Load() != applied {
		t.Error("a reload without changes swapped the state")
	}
	write(t, h.plugins(), "more.wasm", tiny.Plain(t, "more", "1", tiny.AnswerParameter)) // same configuration, another plugin
	if r, err := h.Reload(t.Context(), BySignal); err != nil || r.Outcome != Applied || r.Summary.Kept != 3 || len(h.Plugins()) != 3 {
		t.Errorf("%+v, %v, %d plugins", r, err, len(h.Plugins()))
	}
}

func TestValidateReadsTheDisk(t *testing.T) {
	h := build(t, bind("a", "plain.healthy", ""))
	first := h.validate()
	if !first.Valid || !first.Running.SameAsDisk || len(first.Changes.Live)+len(first.Changes.Restart) != 0 || first.LastReload.Trigger != ByStart || first.LastReload.Outcome != Applied {
		t.Errorf("%+v", first)
	}
	h.configure("data_dir = \"elsewhere\"\nserver {\n  port = 1\n  drain_timeout = \"1s\"\n  api_key = \"0123456789abcdef\"\n}\n\n" + bind("a", "plain.healthy", "") + bind("b", "plain.healthy", ""))
	v := h.validate()
	if got, want := fmt.Sprint(v.Valid, v.Running.SameAsDisk, v.Changes), "true false {[server.api_key server.drain_timeout integration.b] [data_dir server.port store.path]}"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var restart *RestartError
	if _, err := h.Reload(t.Context(), ByHTTP); !errors.As(err, &restart) || !slices.Equal(restart.Keys, v.Changes.Restart) {
		t.Errorf("reload: %v", err)
	}
	h.configure("nonsense = 1\n")
	v = h.validate()
	if v.Valid || v.ErrorCount != 1 || len(v.Changes.Live) != 0 || v.Running != first.Running && v.Running.Digest != first.Running.Digest {
		t.Errorf("%+v", v)
	}
	if v.LastReload.Outcome != Rejected || v.LastReload.Trigger != ByHTTP || !strings.Contains(v.LastReload.Reason, "restart vega to change data_dir, server.port") || diag.Diagnostics(v.LastReload.Diagnostics).HasErrors() {
		t.Errorf("Validate changed the last reload: %+v", v.LastReload)
	}
	if _, err := h.Reload(t.Context(), BySignal); err == nil || !h.Rejected() {
		t.Error("an invalid configuration was loaded")
	}
	if last := h.validate().LastReload; len(last.Diagnostics) != 1 || last.Diagnostics[0].Code != "VEGA007" {
		t.Errorf("%+v", last)
	}
	if r := h.reload(bind("a", "plain.healthy", "")); r.Outcome != Unchanged || h.Rejected() {
		t.Errorf("back to the active configuration: %+v", r)
	}
}

// TestCoalescerSharesBatches checks that every result is computed after its caller
// asked, and that many callers cost two calls.
func TestCoalescerSharesBatches(t *testing.T) {
	var s coalescer[int64]
	var begun atomic.Int64
	gate := make(chan struct{})
	work := func() (int64, error) {
		n := begun.Add(1)
		<-gate
		return n, nil
	}
	var all sync.WaitGroup
	all.Go(func() { _, _ = s.do(t.Context(), work) })
	for begun.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	next, mine := s.join()
	for range 1000 {
		if another, also := s.join(); another != next || !mine || also {
			t.Fatal("callers during a batch must share the next one")
		}
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.do(canceled, work); !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled caller did not return: %v", err)
	}
	all.Go(func() { s.run(next, work) })
	close(gate)
	all.Wait()
	if <-next.done; next.result != 2 || next.err != nil || begun.Load() != 2 {
		t.Errorf("the result is of batch %d, %v, of %d; the batch must start after the call", next.result, next.err, begun.Load())
	}
}

func TestCoalescerPanicFailsOtherCallers(t *testing.T) {
	var s coalescer[int]
	s.work.Lock() // keeps the batch from starting
	first, joined := make(chan any, 1), make(chan error, 1)
	go func() {
		defer func() { first <- recover() }()
		_, _ = s.do(t.Context(), func() (int, error) { panic("inside") })
	}()
	for {
		s.mu.Lock()
		waiting := s.next != nil
		s.mu.Unlock()
		if waiting {
			break
		}
		time.Sleep(time.Millisecond)
	}
	next, mine := s.join()
	if mine {
		t.Fatal("the waiting batch was not joined")
	}
	go func() { <-next.done; joined <- next.err }()
	s.work.Unlock()
	if p := <-first; p != "inside" {
		t.Errorf("panic %v", p)
	}
	if err := <-joined; err == nil {
		t.Error("the caller that joined got no error")
	}
	if n, err := s.do(t.Context(), func() (int, error) { return 7, nil }); n != 7 || err != nil {
		t.Errorf("the next batch: %d, %v", n, err)
	}
}
