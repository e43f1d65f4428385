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

// A probe that misbehaves is at fault, the message explains how, and the next honest
// run is healthy.
func TestMisbehaviour(t *testing.T) {
	s := newSandbox(t, plugins.Options{CPUBudget: 20 * time.Second}) // TestBudget is about that
	m := s.guest(t)
	for _, c := range []struct {
		probe  string
		status check.Status
		cause  check.Cause
		says   string
	}{
		{"trap", check.Unknown, check.Probe, "index out of range"},
		{"deadlock", check.Unknown, check.Probe, "the probe crashed: fatal error: all goroutines are asleep - deadlock!"},
		{"apart", check.Unknown, check.Probe, "the probe crashed: panic: in a goroutine of its own"},
		{"recovers", check.Unknown, check.Probe, "the probe returned no result"},
		{"exit", check.Unknown, check.Probe, "exited with code 0 instead of returning a status"},
		{"three", check.Unknown, check.Probe, "I can't tell"},
		{"silent", check.Unhealthy, check.Target, "the probe returned no message"},
		{"details", check.Unknown, check.Probe, "more than 64 details"},
		{"metric", check.Unknown, check.Probe, "a metric whose value is not a finite number"},
		{"hungry", check.Unknown, check.Probe, "out of memory: its limit is 32MiB"},
		{"spin", check.Unknown, check.Probe, "still computing at its deadline of 1s"},
		{"sleep", check.Unknown, check.Probe, "still sleeping or computing at its deadline of 1s"},
		{"absent", check.Unknown, check.Probe, `registers no probe "absent"`},
		{"nowhere", check.Unknown, check.Probe, `has no probe "nowhere"`},
	} {
		t.Run(c.probe, func(t *testing.T) {
			in := plugins.Input{Integration: "i", Probe: c.probe, Timeout: time.Second}
			if c.probe == "hungry" {
				in.Timeout = time.Minute // collecting garbage in 32 MiB takes a while
			}
			got := m.Run(t.Context(), in)
			if got.Status != c.status || got.Cause != c.cause || !strings.Contains(got.Message, c.says) {
				t.Errorf("%s/%s %q, want %s/%s %q", got.Status, got.Cause, got.Message, c.status, c.cause, c.says)
			}
			in.Probe, in.Timeout = "fine", 5*time.Second
			if got := m.Run(t.Context(), in); got.Status != check.Healthy {
				t.Errorf("the next run: %s/%s %q", got.Status, got.Cause, got.Message)
			}
		})
	}
}

func TestLogsAreCutNotTheRun(t *testing.T) {
	s := newSandbox(t, plugins.Options{})
	got := s.guest(t).Run(t.Context(), plugins.Input{Integration: "i", Probe: "logs", Timeout: 5 * time.Second})
	if got.Status != check.Healthy {
		t.Fatalf("%+v", got)
	}
	lines := strings.Split(s.logged(), "\n")
	if len(lines) != 65 || !strings.Contains(lines[64], "336 further log lines") {
		t.Errorf("%d lines, the last: %s", len(lines), lines[len(lines)-1])
	}
	for _, l := range lines {
		if len(l) > 1100 {
			t.Fatalf("a line of %d bytes", len(l))
		}
	}
}

// If a probe waits for a target that never answers, the target is at fault, and the
// message is the guest's own, since it had time left to report it.
func TestTimeoutIsTheTargetsFault(t *testing.T) {
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	s := newSandbox(t, plugins.Options{})
	in := input(t, "forget", manifest.Values{"address": manifest.Plain(silent.Addr().String())})
	in.Timeout = time.Second
	m := s.guest(t)
	mute := func(r plugins.Result) bool { return starved(r) || realtest.CutOff(r.Message) }
	got, ok := realtest.Unstarved(t, func() plugins.Result { return m.Run(t.Context(), in) }, mute)
	if !ok {
		return
	}
	if got.Status != check.Unhealthy || got.Cause != check.Timeout || !strings.Contains(got.Message, "waited in vain") {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
	if got.Took < 900*time.Millisecond {
		t.Errorf("it waited only %v of 1s", got.Took)
	}
}

func TestShutdownIsVegasFault(t *testing.T) {
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	s := newSandbox(t, plugins.Options{})
	m := s.guest(t)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if c, err := silent.Accept(); err == nil { // the guest waits now
			cancel()
			_ = c.Close()
		}
	}()
	got := m.Run(ctx, input(t, "forget", manifest.Values{"address": manifest.Plain(silent.Addr().String())}))
	if got.Status != check.Unknown || got.Cause != check.Host {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
}

// TestRunsAreFresh checks that no state leaks from one run to another through
// globals, memory or open handles, whether the runs are concurrent or
// sequential.
func TestRunsAreFresh(t *testing.T) {
	s := newSandbox(t, plugins.Options{})
	m := s.guest(t)
	segments := s.load(t, watWasm(t, "segments"))
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 10 {
				if got := m.Run(t.Context(), plugins.Input{Probe: "count", Timeout: 5 * time.Second}); got.Status != check.Healthy {
					t.Errorf("count: %s %q", got.Status, got.Message)
				}
				if got := segments.Run(t.Context(), plugins.Input{Probe: "p", Timeout: 5 * time.Second}); got.Status != check.Healthy {
					t.Errorf("segments: %s %q", got.Status, got.Message)
				}
			}
		})
	}
	all.Wait()
}

func TestPointersOutsideOfMemory(t *testing.T) {
	s := newSandbox(t, plugins.Options{})
	got := s.load(t, watWasm(t, "pointers")).Run(t.Context(), plugins.Input{Probe: "p", Timeout: time.Second})
	if got.Status != check.Healthy || got.Message != "all refused" {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
}

func TestNoStatus(t *testing.T) {
	s := newSandbox(t, plugins.Options{})
	got := s.load(t, watWasm(t, "status99")).Run(t.Context(), plugins.Input{Probe: "p", Timeout: time.Second})
	if got.Status != check.Unknown || got.Cause != check.Probe || !strings.Contains(got.Message, "returned 99, which is not a status") {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
}

func TestMemoryCapIsPerRun(t *testing.T) {
	s := newSandbox(t, plugins.Options{})
	m := s.load(t, watWasm(t, "big"))
	got := m.Run(t.Context(), plugins.Input{Probe: "p", Timeout: time.Second})
	if got.Cause != check.Probe || !strings.Contains(got.Message, "starts with 64MiB but its limit is 32MiB") {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
	got = m.Run(t.Context(), plugins.Input{Probe: "p", Timeout: time.Second, Memory: 64 << 20})
	if got.Status != check.Healthy {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
}

func TestLoadRefuses(t *testing.T) {
	s := newSandbox(t, plugins.Options{})
	for name, want := range map[string]string{
		"no_run":       "does not export vega_run",
		"wrong_run":    "must take one i32",
		"unknown_call": "imports vega_v1.launch, which this version of vega does not have",
		"unclaimed":    `capability "net", which none of its probes declares`,
	} {
		m, err := s.Load(t.Context(), watWasm(t, name))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v; want %q", name, m, err, want)
		}
	}
}

func TestCloseWaitsForTheLastRun(t *testing.T) {
	s := newSandbox(t, plugins.Options{})
	m := s.guest(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				got := m.Run(t.Context(), plugins.Input{Probe: "fine", Timeout: 5 * time.Second})
				if got.Status != check.Healthy && got.Cause != check.Host {
					t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
				}
			}
		})
	}
	time.Sleep(5 * time.Millisecond) // some runs are in progress
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	all.Wait()
	if got := m.Run(t.Context(), plugins.Input{Probe: "fine", Timeout: time.Second}); got.Cause != check.Host {
		t.Errorf("a run after Close: %+v", got)
	}
}

func TestNothingLeaks(t *testing.T) {
	s := newSandbox(t, plugins.Options{})
	m := s.guest(t)
	run := func() {
		if got := m.Run(t.Context(), plugins.Input{Probe: "fine", Timeout: 5 * time.Second}); got.Status != check.Healthy {
			t.Fatalf("%+v", got)
		}
	}
	run()
	before := runtime.NumGoroutine()
	for range 200 {
		run()
	}
	after := runtime.NumGoroutine()
	for end := time.Now().Add(realtest.Patience); after > before && time.Now().Before(end); after = runtime.NumGoroutine() {
		time.Sleep(time.Millisecond) // the goroutines of contexts end a moment after their run
	}
	if after > before {
		t.Errorf("%d goroutines after 200 runs, %d before", after, before)
	}
}
