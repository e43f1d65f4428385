package plugins_test

import (
	"fmt"
	"os"
	"path/filepath"
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

// everyWay runs a test with instances that are set back and used again, and with
// ones that are not, as on systems where memory can't be mapped.
func everyWay(t *testing.T, test func(t *testing.T, s *sandbox, reused bool)) {
	t.Run("reused", func(t *testing.T) {
		test(t, newSandbox(t, plugins.Options{CPUBudget: 20 * time.Second}), runtime.GOOS == "linux")
	})
	t.Run("plain", func(t *testing.T) {
		s := newSandbox(t, plugins.Options{CPUBudget: 20 * time.Second})
		s.copies = true
		test(t, s, false)
	})
}

// carrier packs testdata/carry with a probe for each of its ways to end.
func carrier(t testing.TB) []byte {
	t.Helper()
	bare, err := os.ReadFile(filepath.Join("testdata", "carry.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	m := &manifest.Manifest{ABI: "vega_v1", Name: "carry", Version: "1"}
	for _, name := range []string{"return", "trap", "grow", "spin", "exit"} {
		m.Probes = append(m.Probes, manifest.Probe{Name: name})
	}
	packed, err := manifest.Pack(bare, m)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// However a run ended, the next finds no trace of it in memory, globals or the size
// of the memory, and only an instance whose run ended well is used again.
func TestNoStateCrossesRuns(t *testing.T) {
	everyWay(t, func(t *testing.T, s *sandbox, reused bool) {
		m := s.load(t, carrier(t))
		for _, c := range []struct {
			probe string
			cause check.Cause
			kept  int
		}{
			{"return", "", 1},
			{"return", "", 1},
			{"trap", check.Probe, 0},
			{"return", "", 1},
			{"grow", "", 0},
			{"grow", "", 0},
			{"return", "", 1},
			{"spin", check.Probe, 0},
			{"return", "", 1},
			{"exit", check.Probe, 0},
			{"return", "", 1},
		} {
			in := plugins.Input{Probe: c.probe, Timeout: time.Minute}
			if c.probe == "spin" {
				in.Timeout = 500 * time.Millisecond
			}
			got := m.Run(t.Context(), in)
			if got.Cause != c.cause || got.Status == check.Unhealthy {
				t.Fatalf("%s: %s/%s %q", c.probe, got.Status, got.Cause, got.Message)
			}
			if want := c.kept; m.Idle() != want && reused || m.Idle() != 0 && !reused {
				t.Errorf("after %s %d instances are kept, want %d", c.probe, m.Idle(), want)
			}
		}
	})
}

// A module whose state can't be set back gets new instances: because of tables,
// dropped segments or wide globals. A start function has run once; streams stay
// open.
func TestNoStateCrossesRunsInNewInstances(t *testing.T) {
	everyWay(t, func(t *testing.T, s *sandbox, reused bool) {
		for name, kept := range map[string]bool{
			"carry_table": false, "carry_segment": false, "carry_vector": false, "carry_start": true, "carry_stream": true, "deep": false,
		} {
			m := s.load(t, watWasm(t, name))
			for n := range 5 {
				if got := m.Run(t.Context(), plugins.Input{Probe: "p", Timeout: 10 * time.Second}); got.Status != check.Healthy {
					t.Errorf("%s, run %d: %s/%s %q", name, n, got.Status, got.Cause, got.Message)
				}
			}
			if got := m.Idle() > 0; got != (kept && reused) {
				t.Errorf("%s: kept %v", name, got)
			}
		}
		if lines := strings.Count(s.logged(), "x"); lines != 5 {
			t.Errorf("%d of 5 lines came through", lines)
		}
	})
}

// The randomness that a module asks for when it starts differs from run to run, and
// so do the clocks of a Go guest, which starts from a snapshot.
func TestEveryRunIsNew(t *testing.T) {
	everyWay(t, func(t *testing.T, s *sandbox, _ bool) {
		guest := s.guest(t)
		for _, c := range []struct {
			m     *module
			probe string
		}{{s.load(t, watWasm(t, "carry_random")), "p"}, {guest, "clock"}, {guest, "dice"}} {
			seen := map[string]bool{}
			for range 5 {
				got := c.m.Run(t.Context(), plugins.Input{Probe: c.probe, Timeout: 5 * time.Second})
				if got.Status != check.Healthy || seen[got.Message] {
					t.Errorf("%s: %s %q after %v", c.probe, got.Status, got.Message, seen)
				}
				seen[got.Message] = true
			}
		}
	})
}

// A result contains nothing of the run before, and handles of that run are
// closed.
func TestResultsAreFresh(t *testing.T) {
	everyWay(t, func(t *testing.T, s *sandbox, _ bool) {
		m := s.guest(t)
		in := input(t, "handles", manifest.Values{"url": manifest.Plain("http://127.0.0.1:1")})
		for range 3 {
			m.Run(t.Context(), plugins.Input{Probe: "details", Timeout: 5 * time.Second})
			if got := m.Run(t.Context(), in); got.Message != "refused number 17 with -10" {
				t.Errorf("%q", got.Message)
			}
			got := m.Run(t.Context(), plugins.Input{Probe: "silent", Timeout: 5 * time.Second})
			if len(got.Details)+len(got.Metrics)+len(got.Denied) > 0 || got.Message != "the probe returned no message" {
				t.Errorf("%+v", got)
			}
		}
	})
}

// Each run has its own memory limit, whatever instances are idle.
func TestMemoryLimitOfReusedInstances(t *testing.T) {
	everyWay(t, func(t *testing.T, s *sandbox, _ bool) {
		m := s.load(t, carrier(t))
		run := func(probe string, memory manifest.Size) plugins.Result {
			return m.Run(t.Context(), plugins.Input{Probe: probe, Memory: memory, Timeout: 5 * time.Second})
		}
		for range 2 {
			for memory, healthy := range map[manifest.Size]bool{2 << 16: false, 3 << 16: true, 0: true} {
				run("return", memory)
				if got := run("grow", memory); (got.Status == check.Healthy) != healthy {
					t.Errorf("growing in %v: %s/%s %q", memory, got.Status, got.Cause, got.Message)
				}
			}
		}
	})
}

// Thousands of runs, many of them concurrent, leave nothing behind, and closing the module
// releases everything.
func TestReuseLeaksNothing(t *testing.T) {
	if _, err := os.Stat("/proc/self/maps"); err != nil {
		t.Skip("this system has no /proc")
	}
	everyWay(t, func(t *testing.T, s *sandbox, _ bool) {
		unloaded := held(t)
		m := s.load(t, carrier(t))
		runs := func(n int) {
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					for range n {
						if got := m.Run(t.Context(), plugins.Input{Probe: "return", Timeout: 20 * time.Second}); got.Status != check.Healthy {
							t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
							return
						}
					}
				})
			}
			all.Wait()
		}
		runs(50)
		before := held(t)
		each := 500
		if race { // under which a run takes ten times as long
			each = 50
		}
		runs(each)
		flat(t, fmt.Sprint(20*each, " runs"), before)
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		flat(t, "closing the module", unloaded)
	})
}

// flat waits until this process holds no more than before.
func flat(t *testing.T, what string, before [3]int) {
	t.Helper()
	after := held(t)
	for end := time.Now().Add(realtest.Patience); exceeds(after, before) && time.Now().Before(end); after = held(t) {
		time.Sleep(10 * time.Millisecond)
	}
	if exceeds(after, before) {
		t.Errorf("%s: descriptors, mappings, goroutines: %v before, %v after", what, before, after)
	}
}

// An instance that was set back computes the same as a new one.
func TestReuseKeepsSense(t *testing.T) {
	everyWay(t, func(t *testing.T, s *sandbox, _ bool) {
		m := s.guest(t)
		for n := range 50 {
			value := fmt.Sprint("value ", n)
			got := m.Run(t.Context(), input(t, "echo", manifest.Values{"name": manifest.Plain(value)}))
			if !strings.Contains(got.Message, "name="+value+";") {
				t.Fatalf("run %d: %s/%s %q", n, got.Status, got.Cause, got.Message)
			}
		}
	})
}
