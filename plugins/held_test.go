package plugins_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"vega/plugins"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/scheduler"
	"vega/policies/check"
)

// jsonCheck returns a bundled check of a JSON answer of 1 MiB.
func jsonCheck(t *testing.T, core *module, url string) plugins.Input {
	t.Helper()
	return coreInput(t, core, "http", manifest.Values{
		"url": manifest.Plain(url), "method": manifest.Plain("GET"), "expect_json": map[string]manifest.Value{"#": manifest.Plain("524287")},
	})
}

func ones(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "["+strings.Repeat("1,", 524286)+"1]")
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// If all runs together may not hold more, a run that fails is vega's fault, and names
// the option to raise. It can be raised while vega runs.
func TestSumOfHostMemory(t *testing.T) {
	s := newSandbox(t, plugins.Options{HostMemory: 500_000, CPUBudget: time.Hour})
	core := s.load(t, plugins.Core())
	in := jsonCheck(t, core, ones(t))
	got := core.Run(t.Context(), in)
	if got.Status != check.Unknown || got.Cause != check.Host || !strings.Contains(got.Message, "raise host_memory in the sandbox block") {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
	s.SetHostMemory(8 << 20)
	if got := core.Run(t.Context(), in); got.Status != check.Healthy {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
	in.Memory = 3 << 20
	got = core.Run(t.Context(), in)
	if got.Status != check.Unknown || got.Cause != check.Probe || !strings.Contains(got.Message, "raise memory in the integration") {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
	if held := s.HostMemoryHeld(); held != 0 {
		t.Errorf("%d bytes are still counted", held)
	}
}

// If the memories of all probes together may not grow further, a probe that runs out of
// memory is vega's fault, and the stack trace of its runtime is not logged.
func TestSumOfGuestMemory(t *testing.T) {
	s := newSandbox(t, plugins.Options{})
	m := s.guest(t)
	in := input(t, "hungry", nil)
	if got := m.Run(t.Context(), in); got.Status != check.Unknown || got.Cause != check.Probe {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
	for range 2 { // the first run's growth is given back
		s.LimitGrowth(0, 2<<20)
		got := m.Run(t.Context(), in)
		if got.Status != check.Unknown || got.Cause != check.Host || !strings.Contains(got.Message, "too little memory for all running probes") {
			t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
		}
	}
	s.LimitGrowth(1<<40, 0)
	s.AskBeforeGrowth(func(ordinary bool) bool { return ordinary })
	if got := m.Run(t.Context(), in); got.Status != check.Unknown || got.Cause != check.Host || !strings.Contains(got.Message, "too little memory for all running probes") {
		t.Errorf("refused: %s/%s %q", got.Status, got.Cause, got.Message)
	}
}

// However a run ends, nothing stays counted: if it traps, exits, exceeds its output,
// is withdrawn, reaches its deadline or leaves everything open.
func TestNothingStaysCounted(t *testing.T) {
	s := newSandbox(t, plugins.Options{Databases: panics{}})
	m := s.guest(t)
	url := ones(t)
	var all sync.WaitGroup
	for _, probe := range []string{"fine", "trap", "exit", "three", "details", "logs", "hungry", "spin", "sleep", "forget", "get", "dial", "handles", "resolve", "query", "kv", "echo", "stumble", "past"} {
		for _, withdrawn := range []bool{false, true} {
			all.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				in := input(t, probe, manifest.Values{
					"url": manifest.Plain(url), "address": manifest.Plain(strings.TrimPrefix(url, "http://")), "network": manifest.Plain("tcp"),
					"name": manifest.Plain("x.test"), "database": manifest.Plain("app"), "sql": manifest.Plain("SELECT 1"), "json": manifest.Plain("0"),
				})
				in.Timeout = time.Second
				if withdrawn {
					time.AfterFunc(50*time.Millisecond, cancel)
				}
				m.Run(ctx, in)
			})
		}
	}
	all.Wait()
	if held := s.HostMemoryHeld(); held != 0 {
		t.Errorf("%d bytes are still counted", held)
	}
}

// panics is a database whose driver panics.
type panics struct{}

func (panics) Query(context.Context, string, string) (plugins.Rows, error) { panic("a driver's fault") }

// What an honest check is charged for unmeasured work is a small part of its budget,
// even for the most expensive: a new connection over TLS and a long answer.
func TestHonestChecksPayLittle(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/end" {
			http.Redirect(w, r, "/end", http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, "["+strings.Repeat("1,", 524286)+"1]")
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	box := newSandbox(t, plugins.Options{Network: trusting(s), CPUBudget: time.Hour})
	core := box.load(t, plugins.Core())
	in := jsonCheck(t, core, s.URL)
	in.Values["follow_redirects"] = true
	probe, _ := core.Manifest.Probe("http")
	in.Grants, _ = grant.Effective(grant.Request{Probe: probe, Values: in.Values, Written: map[string]bool{"url": true}, Bundled: true})
	got, paid, err := core.RunCharged(t.Context(), in)
	if err != nil || got.Status != check.Healthy {
		t.Fatalf("%s/%s %q %v", got.Status, got.Cause, got.Message, err)
	}
	if paid == 0 || paid > scheduler.DefaultBudget/10 {
		t.Errorf("it paid %v of %v", paid, scheduler.DefaultBudget)
	}
	t.Logf("two handshakes, two requests by HTTP/2 and 1 MiB: %v of %v", paid, scheduler.DefaultBudget)
}
