package plugins_test

import (
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vega/plugins"
	"vega/plugins/manifest"
)

// Who computes for longer than its budget is ended, and not at its deadline.
func TestBudget(t *testing.T) {
	s := newSandbox(t, plugins.Options{CPUBudget: 300 * time.Millisecond})
	got := s.guest(t).Run(t.Context(), plugins.Input{Integration: "i", Probe: "spin", Timeout: 30 * time.Second})
	if got.Status != plugins.Unknown || got.Cause != plugins.Probe || !strings.Contains(got.Message, "computed for more than 300ms") {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
	if got.Took < 300*time.Millisecond || got.Took > 15*time.Second {
		t.Errorf("it took %v", got.Took)
	}
}

// Waiting is not computing: neither for the budget nor for others' turns.
func TestWaitingCostsNoBudget(t *testing.T) {
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	s := newSandbox(t, plugins.Options{CPUBudget: 700 * time.Millisecond})
	m := s.guest(t)
	var all sync.WaitGroup
	for _, probe := range []string{"forget", "sleep"} {
		for range 10 {
			all.Go(func() {
				in := input(t, probe, manifest.Values{"address": manifest.Plain(silent.Addr().String())})
				in.Timeout = 2 * time.Second
				if got := m.Run(t.Context(), in); strings.Contains(got.Message, "computed for") || got.Cause == plugins.Host {
					t.Errorf("%s: %s/%s %q", probe, got.Status, got.Cause, got.Message)
				}
			})
		}
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	healthy := 0
	for waiting := true; waiting; {
		if got := m.Run(t.Context(), plugins.Input{Integration: "j", Probe: "fine", Timeout: time.Second}); got.Status == plugins.Healthy {
			healthy++
		}
		select {
		case <-done:
			waiting = false
		case <-time.After(10 * time.Millisecond):
		}
	}
	if healthy < 5 {
		t.Errorf("only %d runs were done beside twenty that wait", healthy)
	}
}

// A run that no token is left for is vega's to answer for, and tells so.
func TestStarvationIsTheHosts(t *testing.T) {
	s := newSandbox(t, plugins.Options{})
	m := s.guest(t)
	give := s.Occupy()
	got := m.Run(t.Context(), plugins.Input{Integration: "i", Probe: "fine", Timeout: 200 * time.Millisecond})
	if got.Status != plugins.Unknown || got.Cause != plugins.Host || !strings.Contains(got.Message, "no processor to spare") {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
	if got.Took > 2*time.Second {
		t.Errorf("it took %v", got.Took)
	}
	give()
	if got := m.Run(t.Context(), plugins.Input{Integration: "i", Probe: "fine", Timeout: 5 * time.Second}); got.Status != plugins.Healthy {
		t.Errorf("the next run: %s/%s %q", got.Status, got.Cause, got.Message)
	}
}

// Those that spin stand in a line of their own from their second run on.
func TestHonestProbesBesideSpinners(t *testing.T) {
	s := newSandbox(t, plugins.Options{CPUBudget: 200 * time.Millisecond})
	m := s.guest(t)
	if got := m.Run(t.Context(), plugins.Input{Integration: "honest", Probe: "fine", Timeout: 5 * time.Second}); got.Status != plugins.Healthy {
		t.Fatalf("%+v", got)
	}
	var spinners sync.WaitGroup
	stop := make(chan struct{})
	spin := func() {
		in := plugins.Input{Integration: "spinner", Probe: "spin", Timeout: 5 * time.Second}
		for {
			m.Run(t.Context(), in)
			select {
			case <-stop:
				return
			default:
			}
		}
	}
	m.Run(t.Context(), plugins.Input{Integration: "spinner", Probe: "spin", Timeout: 5 * time.Second})
	for range 8 {
		spinners.Go(spin)
	}
	var took []time.Duration
	for began := time.Now(); len(took) < 40 && time.Since(began) < 6*time.Second; {
		got := m.Run(t.Context(), plugins.Input{Integration: "honest", Probe: "fine", Timeout: 10 * time.Second})
		if got.Status != plugins.Healthy {
			t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
		}
		took = append(took, got.Took)
		time.Sleep(5 * time.Millisecond)
	}
	close(stop)
	spinners.Wait()
	slices.Sort(took)
	if median := took[len(took)/2]; median > 150*time.Millisecond {
		t.Errorf("an honest run takes %v beside spinners", median)
	}
}

// Nobody knows yet of new modules that they compute without end; one that
// doesn't still gets its turn among them, long before they are done.
func TestSpinnersTakeTurns(t *testing.T) {
	s := newSandbox(t, plugins.Options{CPUBudget: time.Hour})
	spinner, honest := s.guest(t), s.load(t, watWasm(t, "segments"))
	var all sync.WaitGroup
	for range 4 * runtime.GOMAXPROCS(0) {
		all.Go(func() {
			spinner.Run(t.Context(), plugins.Input{Integration: "i", Probe: "spin", Timeout: 4 * time.Second})
		})
	}
	time.Sleep(100 * time.Millisecond) // they hold every token by now; if not, this proves less
	for range 3 {
		if got := honest.Run(t.Context(), plugins.Input{Integration: "j", Probe: "p", Timeout: time.Second}); got.Status != plugins.Healthy {
			t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
		}
	}
	all.Wait()
}
