package plugins_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/daemon/realtest/compiled"
	"vega/plugins"
	"vega/plugins/build"
	"vega/plugins/compiler"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/secret"
)

// guestManifest returns the manifest of testdata/guest: every probe has the same
// options and declares every capability, so that only grants limit it.
func guestManifest() *manifest.Manifest {
	m := &manifest.Manifest{ABI: "vega_v1", Name: "guest", Version: "1.0.0"}
	for _, name := range []string{
		"fine", "trap", "exit", "three", "silent", "details", "metric", "logs", "hungry", "spin", "sleep", "forget",
		"count", "get", "reach", "dial", "handles", "resolve", "query", "kv", "echo", "memory", "guess", "smuggle", "stumble", "past", "dice", "kinds", "unended", "clock", "absent", "misspelt", "deadlock", "apart", "recovers",
	} {
		m.Probes = append(m.Probes, manifest.Probe{Name: name, Options: guestOptions(), Capabilities: []manifest.Capability{
			{Kind: manifest.HTTP, Reason: "test", From: []string{"url"}},
			{Kind: manifest.Net, Reason: "test", From: []string{"address"}},
			{Kind: manifest.DNS, Reason: "test", From: []string{"name"}},
			{Kind: manifest.SQL, Reason: "test", From: []string{"database"}},
			{Kind: manifest.KV, Reason: "test"},
			{Kind: manifest.ICMP, Reason: "test"},
			{Kind: manifest.WebSocket, Reason: "test"},
			{Kind: manifest.SSH, Reason: "test"},
			{Kind: manifest.Unix, Reason: "test"},
		}})
	}
	return m
}

func guestOptions() []manifest.Option {
	return []manifest.Option{
		{Name: "url", Type: manifest.URL},
		{Name: "address", Type: manifest.Address},
		{Name: "database", Type: manifest.Database},
		{Name: "headers", Type: manifest.Map},
		{Name: "name", Type: manifest.String},
		{Name: "network", Type: manifest.String},
		{Name: "send", Type: manifest.String},
		{Name: "json", Type: manifest.String},
		{Name: "sql", Type: manifest.String},
		{Name: "value", Type: manifest.String},
		{Name: "token", Type: manifest.String, Sensitive: true},
		{Name: "half1", Type: manifest.String},
		{Name: "half2", Type: manifest.String},
		{Name: "guesses", Type: manifest.List},
	}
}

// guestWasm builds testdata/guest, once for all tests.
var guestWasm = sync.OnceValues(func() ([]byte, error) {
	return build.Plugin(context.Background(), filepath.Join("testdata", "guest"), guestManifest())
})

// watWasm packs a manifest with one probe "p" into a module of testdata.
func watWasm(t testing.TB, name string) []byte {
	t.Helper()
	bare, err := os.ReadFile(filepath.Join("testdata", name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	packed, err := manifest.Pack(bare, &manifest.Manifest{
		ABI: "vega_v1", Name: "wat", Version: "1", Probes: []manifest.Probe{{Name: "p"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// Arguments that make the test binary act as a failing compiler. With
// sleepForever it creates a file named by asleep, then sleeps.
const failAtOnce, sleepForever, asleep = "fail-at-once", "sleep-forever", "asleep"

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "compile-module" {
		compileModule(os.Args[2], os.Args[3:])
	}
	if len(os.Args) == 3 && os.Args[1] == sleepForever {
		if err := os.WriteFile(filepath.Join(os.Args[2], asleep), nil, 0o600); err != nil {
			panic(err)
		}
		time.Sleep(time.Hour) // it is ended
	}
	if len(os.Args) == 2 && os.Args[1] == failAtOnce {
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// compileModule makes this program the child that compiles, without the named
// defences.
func compileModule(dir string, without []string) {
	err := plugins.CompileWithout(context.Background(), os.Stdin, dir, plugins.Defences{NoCheck: slices.Contains(without, "check"), NoRewrite: slices.Contains(without, "rewrite")})
	if err != nil {
		_, _ = os.Stderr.WriteString(err.Error())
		os.Exit(1)
	}
	os.Exit(0)
}

// sandbox is a Sandbox whose log and storage a test can inspect.
type sandbox struct {
	*plugins.Sandbox
	mu    sync.Mutex
	lines []string
	kept  map[string]string

	getFails, setFails error // what storage returns instead

	without plugins.Defences // when it loads a module
	copies  bool             // images are copied
}

// Load loads a module without the defences that the test leaves out.
func (s *sandbox) Load(ctx context.Context, wasm []byte) (m *plugins.Module, err error) {
	if s.without == (plugins.Defences{}) {
		m, err = s.Sandbox.Load(ctx, wasm)
	} else {
		m, err = s.LoadWithout(ctx, wasm, s.without)
	}
	if err == nil && s.copies {
		m.CopyImage()
	}
	return m, err
}

func (s *sandbox) limitCompiler(t testing.TB, l compiler.Limits) {
	t.Helper()
	if err := s.LimitCompiler(l); err != nil {
		t.Fatal(err)
	}
}

func newSandbox(t testing.TB, o plugins.Options) *sandbox {
	t.Helper()
	s := &sandbox{kept: map[string]string{}}
	if o.CPUBudget == 0 {
		o.CPUBudget = time.Minute // tests of the budget set less
	}
	o.KV, o.Log, o.CacheDir = s, s.log, compiled.Cache()
	var err error
	if s.Sandbox, err = plugins.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *sandbox) log(_ context.Context, _ string, _ slog.Level, line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
}

func (s *sandbox) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

func (s *sandbox) Get(_ context.Context, integration, key string) ([]byte, bool, error) {
	v, ok := s.kept[integration+"/"+key]
	return []byte(v), ok, s.getFails
}

func (s *sandbox) Set(_ context.Context, integration, key string, value []byte, quota int64) error {
	if s.setFails != nil {
		return s.setFails
	}
	if int64(len(key)+len(value)) > quota {
		return plugins.ErrQuota
	}
	s.kept[integration+"/"+key] = string(value)
	return nil
}

// module is a Module whose Run tries again if this machine was too busy.
type module struct {
	*plugins.Module
	t testing.TB
}

func (m *module) Run(ctx context.Context, in plugins.Input) plugins.Result {
	got, _ := realtest.Unstarved(m.t, func() plugins.Result { return m.Module.Run(ctx, in) }, starved)
	return got
}

func starved(r plugins.Result) bool { return realtest.Starved(r.Cause, r.Message) }

func (s *sandbox) load(t testing.TB, wasm []byte) *module {
	t.Helper()
	m, err := s.Load(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return &module{m, t}
}

// guest loads testdata/guest.
func (s *sandbox) guest(t testing.TB) *module {
	t.Helper()
	wasm, err := guestWasm()
	if err != nil {
		t.Fatal(err)
	}
	return s.load(t, wasm)
}

// input returns a run of a guest's probe that is granted what its values name.
func input(t testing.TB, probe string, values manifest.Values) plugins.Input {
	t.Helper()
	p, _ := guestManifest().Probe(probe)
	written := map[string]bool{}
	for name := range values {
		written[name] = true
	}
	set, _ := grant.Effective(grant.Request{Probe: p, Values: values, Written: written, Secret: secret.In(p, values)})
	return plugins.Input{Integration: "i", Probe: probe, Values: values, Grants: set, Timeout: time.Minute}
}
