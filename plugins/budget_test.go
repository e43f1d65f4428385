package plugins_test

import (
	"context"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/plugins"
	"vega/plugins/manifest"
	"vega/policies/check"
)

// A guest that computes for longer than its budget is stopped before its deadline.
func TestBudget(t *testing.T) {
	s := newSandbox(t, plugins.Options{CPUBudget: 300 * time.Millisecond})
	got := s.guest(t).Run(t.Context(), plugins.Input{Integration: "i", Probe: "spin", Timeout: time.Hour})
	if got.Status != check.Unknown || got.Cause != check.Probe || !strings.Contains(got.Message, "computed for more than 300ms") {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
	if got.Took < 300*time.Millisecond {
		t.Errorf("it took %v", got.Took)
	}
}

// Waiting does not count as computing, neither for the budget nor for the queue.
func TestWaitingCostsNoBudget(t *testing.T) {
	const budget, each = 200 * time.Millisecond, 10
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	s := newSandbox(t, plugins.Options{CPUBudget: budget})
	m := s.guest(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var all sync.WaitGroup
	for _, probe := range []string{"forget", "sleep"} {
		for range each {
			all.Go(func() {
				in := input(t, probe, manifest.Values{"address": manifest.Plain(silent.Addr().String())})
				in.Timeout = time.Hour
				if got := m.Module.Run(ctx, in); got.Cause != check.Host || !strings.Contains(got.Message, "the request was canceled") {
					t.Errorf("%s: %s/%s %q", probe, got.Status, got.Cause, got.Message)
				}
			})
		}
	}
	for range each {
		c, err := silent.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	for range 5 {
		if got := m.Module.Run(t.Context(), plugins.Input{Integration: "j", Probe: "fine", Timeout: time.Minute}); got.Status != check.Healthy {
			t.Errorf("a run next to twenty that wait: %s/%s %q", got.Status, got.Cause, got.Message)
		}
	}
	time.Sleep(2 * budget) // they wait for longer than they may compute
	cancel()
	all.Wait()
}

// A run that gets no token is vega's fault, and its message says so.
func TestStarvationIsVegasFault(t *testing.T) {
	s := newSandbox(t, plugins.Options{})
	m := s.guest(t)
	give := s.Occupy()
	// On an overloaded machine its time may have passed before it asked for one.
	tooLate := func(r plugins.Result) bool { return strings.Contains(r.Message, "vega could not start the probe") }
	got, _ := realtest.Unstarved(t, func() plugins.Result {
		return m.Module.Run(t.Context(), plugins.Input{Integration: "i", Probe: "fine", Timeout: 200 * time.Millisecond})
	}, tooLate)
	if got.Status != check.Unknown || got.Cause != check.Host || !strings.Contains(got.Message, "no processor to spare") {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
	give()
	if got := m.Run(t.Context(), plugins.Input{Integration: "i", Probe: "fine", Timeout: time.Minute}); got.Status != check.Healthy {
		t.Errorf("the next run: %s/%s %q", got.Status, got.Cause, got.Message)
	}
}

// Probes that spin wait in the slow queue from their second run on: one of them
// holds its only token, the others wait, and honest probes run.
func TestHonestProbesRunNextToSpinners(t *testing.T) {
	s := newSandbox(t, plugins.Options{CPUBudget: time.Hour})
	m := s.guest(t)
	honest := plugins.Input{Integration: "honest", Probe: "fine", Timeout: time.Minute}
	spinner := plugins.Input{Integration: "spinner", Probe: "spin", Timeout: 300 * time.Millisecond}
	if got := m.Run(t.Context(), honest); got.Status != check.Healthy {
		t.Fatalf("%+v", got)
	}
	if got := m.Run(t.Context(), spinner); !strings.Contains(got.Message, "still computing at its deadline of 300ms") {
		t.Fatalf("%+v", got)
	}
	give := s.OccupySlow()
	var spinners sync.WaitGroup
	for range 8 {
		spinners.Go(func() {
			if got := m.Module.Run(t.Context(), spinner); got.Cause != check.Probe || !strings.Contains(got.Message, "had to wait for spare processor time") {
				t.Errorf("a spinner was served, or another blamed: %s/%s %q", got.Status, got.Cause, got.Message)
			}
		})
	}
	for range 40 {
		if got := m.Module.Run(t.Context(), honest); got.Status != check.Healthy {
			t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
		}
	}
	spinners.Wait()
	give()
	if got := m.Run(t.Context(), spinner); !strings.Contains(got.Message, "still computing at its deadline of 300ms") {
		t.Errorf("once the line is free: %s/%s %q", got.Status, got.Cause, got.Message)
	}
}

// New modules that compute without end are not known as such yet. An honest run
// still gets a token among them, because they have to yield.
func TestNewSpinnersYield(t *testing.T) {
	s := newSandbox(t, plugins.Options{CPUBudget: time.Hour})
	spinner, honest := s.guest(t), s.load(t, watWasm(t, "segments"))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var all sync.WaitGroup
	for range 4 * runtime.GOMAXPROCS(0) {
		all.Go(func() {
			got := spinner.Module.Run(ctx, plugins.Input{Integration: "i", Probe: "spin", Timeout: time.Hour})
			if !strings.Contains(got.Message, "the request was canceled") {
				t.Errorf("a spinner ended by itself: %s/%s %q", got.Status, got.Cause, got.Message)
			}
		})
	}
	realtest.Until(t, "the spinners hold every token, and others wait", s.Crowded)
	for range 3 {
		if got := honest.Module.Run(t.Context(), plugins.Input{Integration: "j", Probe: "p", Timeout: time.Minute}); got.Status != check.Healthy {
			t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
		}
	}
	cancel()
	all.Wait()
}
