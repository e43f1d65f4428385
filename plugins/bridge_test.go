package plugins_test

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/plugins"
	"vega/plugins/build"
	"vega/plugins/manifest"
	"vega/policies/check"
)

// commands lists the languages of the test plugins for Nagios.
var commands = []string{"go", "c"}

func commandManifest() *manifest.Manifest {
	return &manifest.Manifest{ABI: manifest.Nagios, Name: "nagios", Version: "1", Probes: []manifest.Probe{{
		Name: "check", Options: []manifest.Option{{Name: manifest.Args, Type: manifest.List}},
	}}}
}

var builtCommands sync.Map // of func() ([]byte, error), by directory

// commandWasm builds a plugin for Nagios, once for all tests.
func commandWasm(t testing.TB, dir string) []byte {
	t.Helper()
	l, err := build.Detect(dir)
	if err != nil {
		t.Fatal(err)
	}
	realtest.Toolchain(t, l, true)
	once, _ := builtCommands.LoadOrStore(dir, sync.OnceValues(func() ([]byte, error) {
		return build.Plugin(context.Background(), filepath.FromSlash(dir), commandManifest())
	}))
	wasm, err := once.(func() ([]byte, error))()
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

func withArgs(args ...string) plugins.Input {
	list := make([]manifest.Value, len(args))
	for i, a := range args {
		list[i] = manifest.Plain(a)
	}
	return plugins.Input{Integration: "i", Probe: "check", Values: manifest.Values{manifest.Args: list}, Timeout: time.Minute}
}

func eachCommand(t *testing.T, o plugins.Options, test func(t *testing.T, s *sandbox, m *module)) {
	for _, l := range commands {
		t.Run(l, func(t *testing.T) {
			wasm := commandWasm(t, "testdata/nagios/"+l)
			s := newSandbox(t, o)
			test(t, s, s.load(t, wasm))
		})
	}
}

// The exit code is the status, the first line the message, and perfdata the
// metrics, in each language.
func TestBridge(t *testing.T) {
	eachCommand(t, plugins.Options{}, func(t *testing.T, s *sandbox, m *module) {
		for _, c := range []struct {
			args         []string
			status       check.Status
			cause        check.Cause
			message, log string
			details      map[string]string
			metrics      []check.Metric
		}{
			{[]string{"say", "LOAD OK - 0.5 | load1=0.5;5;10;0 'a b'=3ms;@1:2;~:9;0;10", "0"}, check.Healthy, "", "LOAD OK - 0.5", "", map[string]string{
				"perf.load1": "warn=5 crit=10 min=0", "perf.a b": "warn=@1:2 crit=~:9 min=0 max=10",
			}, []check.Metric{{Name: "load1", Value: 0.5}, {Name: "a b", Value: 3, Unit: "ms"}}},
			{[]string{"say", "WARNING: much", "1"}, check.Degraded, check.Target, "WARNING: much", "", nil, nil},
			{[]string{"say", "all is lost\nfirst\n\nsecond | x=1\ny=2%\n", "2"}, check.Unhealthy, check.Target, "all is lost", "", map[string]string{"output": "first second"}, []check.Metric{{Name: "x", Value: 1}, {Name: "y", Value: 2, Unit: "%"}}},
			{[]string{"say", "can't tell", "3"}, check.Unknown, check.Probe, "can't tell", "", nil, nil},
			{[]string{"say", "odd", "7"}, check.Unknown, check.Probe, "exited with code 7, which is not a status (0 healthy, 1 degraded, 2 unhealthy, 3 unknown) (its last message: odd)", "", nil, nil},
			{[]string{"say", "odd", "-1"}, check.Unknown, check.Probe, "exited with code -1, which is not a status", "", nil, nil},
			{[]string{"say", "odd", "-268435457"}, check.Unknown, check.Probe, "exited with code -268435457, which is not a status", "", nil, nil}, // the runtime's own code for a deadline
			{[]string{"say", "", "0"}, check.Unknown, check.Probe, "exited with code 0, but printed nothing; a Nagios plugin must print at least one line", "", nil, nil},
			{[]string{"say", "", "2"}, check.Unknown, check.Probe, "exited with code 2, but printed nothing", "", nil, nil},
			{[]string{"say", "| a=1", "0"}, check.Healthy, "", "the probe returned no message", "", nil, []check.Metric{{Name: "a", Value: 1}}},
			{[]string{"say", "OK | t=U;5 b=c 1x", "0"}, check.Healthy, "", "OK", `invalid perfdata: "b=c": the value is not a number, "1x": the label is not followed by =`, map[string]string{"perf.t": "not determined warn=5"}, nil},
			{[]string{"args", "a b", "-w"}, check.Healthy, "", `["check" "args" "a b" "-w"] 0`, "", nil, nil},
			{[]string{"stderr"}, check.Degraded, check.Target, "told", "panic: not really", nil, nil},
		} {
			s.lines = nil
			got := m.Run(t.Context(), withArgs(c.args...))
			if got.Status != c.status || got.Cause != c.cause || !strings.Contains(got.Message, c.message) || !maps.Equal(got.Details, c.details) {
				t.Errorf("%q: %s/%s %q %v", c.args, got.Status, got.Cause, got.Message, got.Details)
			}
			if fmt.Sprint(got.Metrics) != fmt.Sprint(c.metrics) || s.logged() != c.log {
				t.Errorf("%q: %v, log %q", c.args, got.Metrics, s.logged())
			}
		}
		if m.Idle() != 0 {
			t.Error("an instance is kept: _start may be called once")
		}
	})
}

// A plugin that crashes is at fault itself, even if its exit code says otherwise: a
// Go program exits with 2, which is the code for an unhealthy target.
func TestBridgeMisbehaviour(t *testing.T) {
	eachCommand(t, plugins.Options{CPUBudget: 20 * time.Second}, func(t *testing.T, s *sandbox, m *module) {
		for behaviour, says := range map[string]string{
			"panic":   "the probe crashed: ",
			"hungry":  "out of memory: its limit is 32MiB",
			"loop":    "still computing at its deadline of 1s",
			"endless": "still computing at its deadline of 1s",
		} {
			in := withArgs(behaviour)
			if in.Timeout = time.Second; behaviour == "hungry" || behaviour == "panic" {
				in.Timeout = time.Minute // collecting garbage in 32 MiB takes a while
			}
			began := realtest.Spent(t)
			got := m.Run(t.Context(), in)
			if got.Status != check.Unknown || got.Cause != check.Probe || !strings.Contains(got.Message, says) {
				t.Errorf("%s: %s/%s %q", behaviour, got.Status, got.Cause, got.Message)
			}
			if used := realtest.Spent(t) - began; used > 10*time.Second && behaviour != "hungry" { // two processors for one second, if it ends
				t.Errorf("%s: it used %v of processor time in %v", behaviour, used, in.Timeout)
			}
			if len(got.Metrics) > 0 && behaviour != "hungry" {
				t.Errorf("%s: the numbers of half an output: %v", behaviour, got.Metrics)
			}
			if got := m.Run(t.Context(), withArgs("say", "fine", "0")); got.Status != check.Healthy {
				t.Errorf("the run after %s: %s/%s %q", behaviour, got.Status, got.Cause, got.Message)
			}
		}
		if got := m.Run(t.Context(), plugins.Input{Probe: "check", Values: withArgs("sleep").Values, Timeout: time.Second}); got.Took > realtest.Patience { // it would sleep for an hour
			t.Errorf("it slept for %v: %+v", got.Took, got)
		}
	})
}

func TestBridgeBudget(t *testing.T) {
	eachCommand(t, plugins.Options{CPUBudget: 200 * time.Millisecond}, func(t *testing.T, _ *sandbox, m *module) {
		in := withArgs("loop")
		in.Timeout = time.Hour
		if got := m.Run(t.Context(), in); got.Cause != check.Probe || !strings.Contains(got.Message, "computed for more than 200ms") {
			t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
		}
	})
}

// What a result can't hold is left out and logged, and the result stands.
func TestBridgeLimits(t *testing.T) {
	eachCommand(t, plugins.Options{CPUBudget: 20 * time.Second}, func(t *testing.T, s *sandbox, m *module) {
		flood := withArgs("flood")
		got := m.Run(t.Context(), flood)
		if got.Status != check.Healthy || len(got.Metrics) != 64 || !strings.Contains(s.logged(), "the output exceeds 65536 bytes") || !strings.Contains(s.logged(), "metrics and the thresholds of 0 were dropped") {
			t.Errorf("%s/%s %q, %d metrics, log %s", got.Status, got.Cause, got.Message, len(got.Metrics), s.logged())
		}
		for _, m := range got.Metrics {
			if m.Value != 1234567890 {
				t.Errorf("%+v", m)
			}
		}
		s.lines = nil
		long := strings.Repeat("ä", 5000)
		perf := "'" + strings.Repeat("l", 126) + "'=1;2"
		for i := range 70 {
			perf += fmt.Sprintf(" m%d=1;2", i)
		}
		got = m.Run(t.Context(), withArgs("say", long+"|"+perf+"\n"+long+"\n", "1"))
		if got.Status != check.Degraded || len(got.Message) > 1024 || len(got.Message) < 1000 || len(got.Details["output"]) > 4096 || len(got.Details) != 64 {
			t.Errorf("%s/%s, message of %d bytes, output of %d, %d details", got.Status, got.Cause, len(got.Message), len(got.Details["output"]), len(got.Details))
		}
		if !strings.Contains(s.logged(), "7 metrics and the thresholds of 8 were dropped") {
			t.Error(s.logged())
		}
	})
}

// A secret among the arguments is refused here too, so that nobody believes that
// it was used.
func TestBridgeTakesNoSecret(t *testing.T) {
	eachCommand(t, plugins.Options{}, func(t *testing.T, s *sandbox, m *module) {
		in := withArgs("args")
		in.Values[manifest.Args] = []manifest.Value{manifest.Plain("args"), manifest.Text{{Text: "--key="}, {Text: "canary-in-the-vault", Secret: true}}}
		got := m.Run(t.Context(), in)
		if got.Cause != check.Probe || !strings.Contains(got.Message, "argument 2 contains a secret") || strings.Contains(got.Message, "canary") {
			t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
		}
		if got := m.Run(t.Context(), withArgs("args", "a\x00b")); got.Cause != check.Probe || !strings.Contains(got.Message, "argument 2 contains a zero byte") {
			t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
		}
	})
}

// Each run starts in the same state as the first, even if several run concurrently.
func TestBridgeRunsAreFresh(t *testing.T) {
	eachCommand(t, plugins.Options{}, func(t *testing.T, s *sandbox, m *module) {
		var all sync.WaitGroup
		for n := range 8 {
			all.Go(func() {
				for range 10 {
					said := fmt.Sprintf("number %d", n)
					if got := m.Run(t.Context(), withArgs("say", said, "0")); got.Status != check.Healthy || got.Message != said {
						t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
					}
				}
			})
		}
		all.Wait()
	})
}

// The examples for authors work as their manifests say.
func TestBridgeExamples(t *testing.T) {
	for _, l := range commands {
		t.Run(l, func(t *testing.T) {
			s := newSandbox(t, plugins.Options{})
			m := s.load(t, commandWasm(t, "nagios/examples/"+l))
			in10 := time.Now().AddDate(0, 0, 11).UTC().Format(time.DateOnly) // 10 whole days are left
			for _, c := range []struct {
				args    []string
				status  check.Status
				message string
				details map[string]string
				metrics []check.Metric
			}{
				{[]string{"-w", "5", "-c", "2", in10}, check.Healthy, "DATE OK - 10 days left until " + in10, map[string]string{"perf.days left": "warn=5: crit=2:"}, []check.Metric{{Name: "days left", Value: 10}}},
				{[]string{"-w", "20.5", in10}, check.Degraded, "DATE WARNING - 10 days left until " + in10, map[string]string{"perf.days left": "warn=20.5: crit=7:"}, []check.Metric{{Name: "days left", Value: 10}}},
				{[]string{"-c", "20", in10}, check.Unhealthy, "DATE CRITICAL - 10 days left until " + in10, map[string]string{"perf.days left": "warn=30: crit=20:"}, []check.Metric{{Name: "days left", Value: 10}}},
				{[]string{"tomorrow"}, check.Unknown, "DATE UNKNOWN - usage: check -w DAYS -c DAYS DATE, a DATE such as 2027-01-31", nil, nil},
				{nil, check.Unknown, "DATE UNKNOWN - usage: check -w DAYS -c DAYS DATE, a DATE such as 2027-01-31", nil, nil},
				{[]string{"-x"}, check.Unknown, "DATE UNKNOWN - ", nil, nil},
			} {
				got := m.Run(t.Context(), withArgs(c.args...))
				if got.Status != c.status || !strings.HasPrefix(got.Message, c.message) || !maps.Equal(got.Details, c.details) || fmt.Sprint(got.Metrics) != fmt.Sprint(c.metrics) {
					t.Errorf("%q: %s/%s %q %v %v", c.args, got.Status, got.Cause, got.Message, got.Details, got.Metrics)
				}
			}
		})
	}
}

// A module that is not a command is refused, and so is a command that also makes
// vega's calls or whose manifest names another ABI.
func TestBridgeRefuses(t *testing.T) {
	s := newSandbox(t, plugins.Options{})
	as := func(abi string, wasm []byte) []byte {
		m := commandManifest()
		if m.ABI = abi; abi == manifest.V1 {
			m.Probes[0].Options = nil
		}
		packed, err := manifest.Pack(wasm, m)
		if err != nil {
			t.Fatal(err)
		}
		return packed
	}
	for want, wasm := range map[string][]byte{
		"it imports vega_v1.": as(manifest.Nagios, watWasm(t, "pointers")),
		`it does not export _start, which abi = "nagios" requires`: as(manifest.Nagios, watWasm(t, "segments")),
		"because it is a WASI command":                             as(manifest.V1, commandWasm(t, "testdata/nagios/go")),
	} {
		_, err := s.Load(t.Context(), wasm)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
			continue
		}
		if refused := plugins.Inspect(wasm).Refused; len(refused) == 0 || !strings.HasPrefix(err.Error(), refused[0]) {
			t.Errorf("Inspect says %q, Load %v", refused, err)
		}
	}
	i := plugins.Inspect(commandWasm(t, "testdata/nagios/go"))
	if len(i.Refused) > 0 || i.Resettable || i.Manifest.ABI != manifest.Nagios || len(i.Calls) > 0 {
		t.Errorf("%+v", i)
	}
}

// BenchmarkCommand measures a run of a command, which has no snapshot to start from.
func BenchmarkCommand(b *testing.B) {
	s := newSandbox(b, plugins.Options{})
	for _, l := range commands {
		m := s.load(b, commandWasm(b, "testdata/nagios/"+l))
		b.Run(l, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if got := m.Run(b.Context(), withArgs("say", "OK | a=1", "0")); got.Status != check.Healthy {
					b.Fatalf("%+v", got)
				}
			}
		})
	}
}
