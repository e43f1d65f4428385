package plugins_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/daemon/realtest/compiled"
	"vega/plugins"
	"vega/plugins/manifest"
	"vega/policies/check"
)

// A run that never reached its guest is vega's fault.
func TestLateStartIsVegasFault(t *testing.T) {
	m := newSandbox(t, plugins.Options{}).guest(t)
	for name, timeout := range map[string]time.Duration{"none": 0, "spent while it was queued": -time.Second, "too short to start in": time.Nanosecond} {
		got := m.Module.Run(t.Context(), plugins.Input{Integration: "i", Probe: "fine", Timeout: timeout})
		if got.Status != check.Unknown || got.Cause != check.Host {
			t.Errorf("%s: %s/%s %q", name, got.Status, got.Cause, got.Message)
		}
	}
}

// A module whose start function or _initialize never ends is at fault even if
// its runs wait for the processor in vain, because other modules compute.
func TestEndlessStartIsTheProbesFault(t *testing.T) {
	s := newSandbox(t, plugins.Options{CPUBudget: 100 * time.Millisecond})
	for _, name := range []string{"start", "initialize"} {
		wasm, err := os.ReadFile(filepath.Join("testdata", "hostile", name+".wasm"))
		if err != nil {
			t.Fatal(err)
		}
		packed, err := manifest.Pack(wasm, &manifest.Manifest{ABI: "vega_v1", Name: "wat", Version: "1", Probes: []manifest.Probe{{Name: "p"}}})
		if err != nil {
			t.Fatal(err)
		}
		m := s.load(t, packed)
		give := s.OccupySlow()
		for range 2 {
			got := m.Run(t.Context(), plugins.Input{Integration: "i", Probe: "p", Timeout: 200 * time.Millisecond})
			if got.Status != check.Unknown || got.Cause != check.Probe {
				t.Errorf("%s: %s/%s %q", name, got.Status, got.Cause, got.Message)
			}
		}
		give()
		got := m.Run(t.Context(), plugins.Input{Integration: "j", Probe: "p", Timeout: time.Minute})
		if got.Status != check.Unknown || got.Cause != check.Probe || !strings.Contains(got.Message, "computed for more than") {
			t.Errorf("%s with a processor: %s/%s %q", name, got.Status, got.Cause, got.Message)
		}
	}
}

// A denial is the cause, even of a crash that it led to.
func TestCrashAfterADenial(t *testing.T) {
	m := newSandbox(t, plugins.Options{}).guest(t)
	got := m.Run(t.Context(), plugins.Input{
		Probe: "stumble", Timeout: 5 * time.Second, Values: manifest.Values{"url": manifest.Plain("http://127.0.0.1:1")},
	})
	if got.Status != check.Unknown || got.Cause != check.Denied || len(got.Denied) != 1 || !strings.Contains(got.Message, "is not granted") {
		t.Errorf("%s/%s %q, denied %q", got.Status, got.Cause, got.Message, got.Denied)
	}
}

func TestSandboxWithoutALog(t *testing.T) {
	s, err := plugins.Open(t.Context(), plugins.Options{CacheDir: compiled.Cache()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	m, err := s.Load(t.Context(), watWasm(t, "shout"))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Run(t.Context(), plugins.Input{Probe: "p", Timeout: time.Second}); got.Status != check.Healthy {
		t.Errorf("%+v", got)
	}
}

func TestLastLineNeedsNoEnd(t *testing.T) {
	s := newSandbox(t, plugins.Options{})
	s.guest(t).Run(t.Context(), plugins.Input{Probe: "unended", Timeout: 5 * time.Second})
	if got := s.logged(); got != "no line end" {
		t.Errorf("logged %q", got)
	}
}

// The memory that a Go guest needs to start counts as well.
func TestMemoryBelowTheSnapshot(t *testing.T) {
	m := newSandbox(t, plugins.Options{}).guest(t)
	for pages := 1; pages < 128; pages++ {
		in := plugins.Input{Probe: "fine", Timeout: 5 * time.Second, Memory: manifest.Size(pages) << 16}
		got := m.Run(t.Context(), in)
		if got.Status == check.Healthy {
			return
		}
		if got.Cause != check.Probe || !strings.Contains(got.Message, "raise memory") {
			t.Fatalf("%d pages: %s/%s %q", pages, got.Status, got.Cause, got.Message)
		}
	}
	t.Error("it never starts")
}

// A peer may escape what it echoes as other languages do.
func TestEchoInASCIIJSON(t *testing.T) {
	const canary = "pässwörd-🔑/x"
	echo, _ := counted(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"a": "p\u00e4ssw\u00f6rd-\ud83d\udd11/x", "b": "p\u00E4ssw\u00F6rd-\uD83D\uDD11\/x", "c": "\u0070\u00e4ssw\u00f6rd-\ud83d\udd11/x"}`)
	})
	m := newSandbox(t, plugins.Options{}).guest(t)
	for _, path := range []string{"a", "b", "c"} {
		got := m.Run(t.Context(), input(t, "get", manifest.Values{
			"url": manifest.Plain(echo.URL), "json": manifest.Plain(path), "token": manifest.Text{{Text: canary, Secret: true}},
		}))
		got.Details["body"], _, _ = strings.Cut(got.Details["body"], `"c"`) // only the json call decodes arbitrary escapes
		all := fmt.Sprint(got)
		if got.Details["end of json"] == "/x" || got.Status != check.Healthy || strings.Contains(all, canary) || strings.Contains(strings.ToLower(all), `p\u00e4ssw`) {
			t.Errorf("%s: %s", path, all)
		}
	}
}

// A driver quotes the query that it could not parse, including the secret.
func TestSecretOfSeveralLinesInAnError(t *testing.T) {
	const canary = "first line\n\tsecond line"
	m := newSandbox(t, plugins.Options{Databases: quoting{}}).guest(t)
	in := input(t, "query", manifest.Values{"database": manifest.Plain("app"), "sql": manifest.Text{{Text: canary, Secret: true}}})
	in.Grants.Anywhere, in.Grants.Rules = true, in.Grants.Withheld
	got := m.Run(t.Context(), in)
	if all := fmt.Sprint(got); strings.Contains(all, "second line") || !strings.Contains(got.Message, "near (secret)") {
		t.Errorf("%s", all)
	}
}

type quoting struct{}

func (quoting) Query(_ context.Context, _, query string) (plugins.Rows, error) {
	return nil, errors.New("syntax error near " + query)
}

func TestLoadRefusesImportsThatCannotLink(t *testing.T) {
	s := newSandbox(t, plugins.Options{})
	for name, want := range map[string]string{
		"signature": "imports vega_v1.config with the wrong parameters or results",
		"socket":    "imports wasi_snapshot_preview1.sock_connect, which is not served",
	} {
		m, err := s.Load(t.Context(), watWasm(t, name))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v; want %q", name, m, err, want)
		}
	}
}

// However runs end, they leave no descriptor, mapping or goroutine behind.
func TestNothingLeaksOfFailures(t *testing.T) {
	if _, err := os.Stat("/proc/self/maps"); err != nil {
		t.Skip("this system has no /proc")
	}
	web, _ := counted(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "body") })
	s := newSandbox(t, plugins.Options{Databases: fixedDatabases{make(chan string, 1<<12)}})
	guest := s.guest(t)
	inputs := []plugins.Input{
		{Probe: "trap"},
		{Probe: "exit"},
		{Probe: "three"},
		{Probe: "details"},
		{Probe: "fine", Memory: 1 << 16},
		{Probe: "fine", Timeout: time.Nanosecond},
		{Probe: "fine"},
		input(t, "get", manifest.Values{"url": manifest.Plain(web.URL)}),
		input(t, "forget", manifest.Values{"address": manifest.Plain("127.0.0.1:1")}),
		input(t, "query", manifest.Values{"database": manifest.Plain("app"), "sql": manifest.Plain("SELECT 1")}),
	}
	stuck := s.load(t, watWasm(t, "start"))
	rounds := func(n int) {
		for range n {
			for _, in := range inputs {
				if in.Timeout == 0 {
					in.Timeout = 5 * time.Second
				}
				guest.Module.Run(t.Context(), in)
			}
			if got := stuck.Run(t.Context(), plugins.Input{Probe: "p", Timeout: time.Second}); got.Cause != check.Probe {
				t.Fatalf("%+v", got)
			}
		}
	}
	rounds(5)
	before := held(t)
	rounds(190)
	after := held(t)
	for end := time.Now().Add(realtest.Patience); exceeds(after, before) && time.Now().Before(end); after = held(t) {
		time.Sleep(10 * time.Millisecond)
	}
	if exceeds(after, before) {
		t.Errorf("descriptors, mappings, goroutines: %v before, %v after", before, after)
	}
}

// held counts the descriptors, mappings and goroutines of this process.
func held(t *testing.T) [3]int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return [3]int{len(fds), strings.Count(string(maps), "\n"), runtime.NumGoroutine()}
}

// exceeds compares with a margin for what the runtime and the server keep.
func exceeds(after, before [3]int) bool {
	return after[0] > before[0]+10 || after[1] > before[1]+100 || after[2] > before[2]+5
}

// A snapshot freezes the randomness of the guest's runtime, not that of its probes.
func TestRandomnessIsFresh(t *testing.T) {
	m := newSandbox(t, plugins.Options{}).guest(t)
	in := plugins.Input{Probe: "dice", Timeout: 5 * time.Second}
	if a, b := m.Run(t.Context(), in), m.Run(t.Context(), in); a.Status != check.Healthy || a.Message == b.Message {
		t.Errorf("%q and %q", a.Message, b.Message)
	}
}

// After the last row no column can be read: its memory belongs to the driver again.
func TestNoColumnAfterTheEnd(t *testing.T) {
	d := fixedDatabases{make(chan string, 1)}
	s := newSandbox(t, plugins.Options{Databases: oneRow{d}})
	got := s.guest(t).Run(t.Context(), input(t, "past", manifest.Values{"database": manifest.Plain("app")}))
	if got.Status != check.Healthy {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
}

type oneRow struct{ fixedDatabases }

func (oneRow) Query(context.Context, string, string) (plugins.Rows, error) { return &one{}, nil }

type one struct{ rows }

func (o *one) Next() bool { o.n++; return o.n <= 1 }
