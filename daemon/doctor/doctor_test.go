package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vega/daemon"
	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/monitor"
	"vega/daemon/realtest"
	"vega/daemon/version"
)

// release is this program in the tests.
var release = version.Release{Version: "1.2.3", Commit: "0123456789abcdef", Date: "2026-01-01T00:00:00Z"}

// plain is a configuration whose targets are on this machine.
const plain = `data_dir = "data"
server { port = 28999 }
integration "web" {
  probe = core.tcp
  config { address = "127.0.0.1:9" }
}
`

// read returns what the command reads of a configuration.
func read(t *testing.T, path string) Loaded {
	t.Helper()
	bundled, err := catalog.Bundled()
	if err != nil {
		t.Fatal(err)
	}
	r := config.Read(path, config.Options{Bundled: bundled})
	l := Loaded{Config: r.Config, Diagnostics: r.Diagnostics, Inputs: r.Inputs}
	if r.Config == nil {
		l.Reaches, _ = config.LoadLenient(path, config.Options{Bundled: bundled})
	}
	return l
}

// newHost returns a host with a configuration in a directory of its own, on which no
// daemon runs.
func newHost(t *testing.T, text string) *host {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // vega's user enters it
		t.Fatal(err)
	}
	path := filepath.Join(dir, "vega.hcl")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // vega's user reads it
		t.Fatal(err)
	}
	return &host{
		Options: Options{Path: path, Now: time.Now(), Release: release, Patience: patience},
		loaded:  read(t, path), account: ownAccount(), answers: answers{base: "http://127.0.0.1:28999", err: ErrNoDaemon},
	}
}

// data returns the data directory, which it creates.
func (h *host) data(t *testing.T) string {
	t.Helper()
	if err := os.MkdirAll(h.usable().DataDir, 0o700); err != nil {
		t.Fatal(err)
	}
	return h.usable().DataDir
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// expect fails unless a finding has the status and contains the text, and whatever is
// wrong says what to do.
func expect(t *testing.T, found []Finding, status Status, text string) {
	t.Helper()
	hit := false
	for _, f := range found {
		hit = hit || f.Status == status && strings.Contains(f.Found, text)
		if (f.Status == StatusError || f.Status == StatusWarning) && f.ToDo == "" {
			t.Errorf("%q says nothing about what to do", f.Found)
		}
	}
	if !hit {
		t.Errorf("no %s with %q in %+v", status, text, found)
	}
}

// fine fails if something is wrong.
func fine(t *testing.T, found []Finding) {
	t.Helper()
	for _, f := range found {
		if f.Status != StatusOK && f.Status != StatusSkipped {
			t.Errorf("%+v", f)
		}
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		realtest.Missing(t, "only root can give files to other users; run the tests as root")
	}
}

// fakeDaemon answers as a daemon does.
type fakeDaemon struct {
	ready       error
	answers     map[string]any
	otherwise   error
	keepWaiting bool
}

func (d fakeDaemon) URL() string { return "http://127.0.0.1:28999" }

func (d fakeDaemon) Get(ctx context.Context, path string, into any) error {
	if d.keepWaiting {
		<-ctx.Done()
		return ctx.Err()
	}
	if path == "/readyz" {
		if d.ready != nil {
			return d.ready
		}
		return json.Unmarshal([]byte(`{"status":"ready","config":"applied"}`), into)
	}
	a, known := d.answers[path]
	if !known {
		return d.otherwise
	}
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

// examineWith runs every check next to a daemon.
func examineWith(t *testing.T, h *host, d Daemon) Report {
	t.Helper()
	return Examine(t.Context(), Options{
		Path: h.Path, Now: h.Now, Release: release, Load: func() Loaded { return h.loaded },
		Connect: func(*config.Config) (Daemon, error) { return d, nil },
	})
}

// of returns the findings of one check.
func (r Report) of(name string) (found []Finding) {
	for _, f := range r.Findings {
		if f.Check == name {
			found = append(found, f)
		}
	}
	return found
}

func TestFreshHostIsWell(t *testing.T) {
	h := newHost(t, plain)
	r := examineWith(t, h, fakeDaemon{ready: ErrNoDaemon})
	fine(t, r.Findings)
	if r.Status != StatusOK || r.Daemon != "" {
		t.Errorf("%+v", r)
	}
	for _, c := range checks {
		if len(r.of(c.name)) == 0 {
			t.Errorf("nothing about %s", c.name)
		}
	}
	if _, err := os.Stat(h.usable().DataDir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the data directory was created: %v", err)
	}
}

func TestDaemonsStatesAreFound(t *testing.T) {
	system := func(r version.Release) monitor.System { return monitor.System{Release: &r} }
	running := daemon.Validation{Running: daemon.Running{SameAsDisk: true}}
	h := newHost(t, plain)
	running.Running.Path = h.loaded.Config.Path
	differs, rejected, other := running, running, running
	differs.Running.SameAsDisk = false
	rejected.LastReload = daemon.Attempt{Outcome: daemon.Rejected, Reason: "restart vega to change server.port"}
	other.Running.Path = "/elsewhere/vega.hcl"
	answer := func(s, v any) fakeDaemon {
		return fakeDaemon{answers: map[string]any{"/admin/diagnostics/system": s, "/admin/config/validate": v}, otherwise: errors.New("403")}
	}
	for name, c := range map[string]struct {
		daemon fakeDaemon
		check  string
		status Status
		text   string
	}{
		"well":          {answer(system(release), running), "daemon", StatusOK, "vega 1.2.3 answers"},
		"older":         {answer(system(version.Release{Version: "1.0.0"}), running), "daemon", StatusWarning, "is vega 1.0.0 (unknown commit), and this command is vega 1.2.3"},
		"not ready":     {fakeDaemon{ready: fmt.Errorf("%w: the store is degraded", ErrNotReady)}, "daemon", StatusError, "the store is degraded"},
		"differs":       {answer(system(release), differs), "configuration", StatusWarning, "differs from the one on disk"},
		"rejected":      {answer(system(release), rejected), "configuration", StatusError, "restart vega to change server.port"},
		"another file":  {answer(system(release), other), "configuration", StatusWarning, "/elsewhere/vega.hcl"},
		"key refused":   {fakeDaemon{otherwise: ErrRefused}, "keys", StatusWarning, "does not accept the key"},
		"other program": {fakeDaemon{ready: ErrStranger}, "port", StatusError, "is taken by another program"},
		"few places":    {answer(monitor.System{Release: &release, Places: &monitor.Places{Size: 8, NotStarted: 3, Limit: "the memory limit"}}, running), "memory", StatusWarning, "3 checks did not start"},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, examineWith(t, h, c.daemon).of(c.check), c.status, c.text)
		})
	}
}

// TestNothingHangs has a file system that never answers, and a daemon that does not.
func TestNothingHangs(t *testing.T) {
	h := newHost(t, plain)
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		began := time.Now()
		r := Examine(t.Context(), Options{Path: "vega.hcl", Now: h.Now, Load: func() Loaded { <-release; return Loaded{} }})
		expect(t, r.of("configuration"), StatusError, "no answer within 10s")
		expect(t, r.of("port"), StatusSkipped, "needs a configuration")
		fine(t, r.of("clock"))
		if took := time.Since(began); took > 3*patience {
			t.Errorf("it took %v", took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		found := check{"x", func(ctx context.Context, _ *host) []Finding { <-ctx.Done(); time.Sleep(time.Hour); return nil }}.within(t.Context(), h)
		expect(t, found, StatusUnknown, "no answer within")
		time.Sleep(2 * time.Hour)
	})
	synctest.Test(t, func(t *testing.T) {
		a := ask(t.Context(), func(*config.Config) (Daemon, error) { return fakeDaemon{keepWaiting: true}, nil }, h.usable())
		if a.reached || !errors.Is(a.err, context.DeadlineExceeded) {
			t.Errorf("%+v", a)
		}
	})
}

func TestPanicCostsOneCheck(t *testing.T) {
	found := check{"x", func(context.Context, *host) []Finding { panic("boom") }}.within(t.Context(), newHost(t, plain))
	expect(t, found, StatusUnknown, "this check failed: boom")
}

func TestSecretsStayHidden(t *testing.T) {
	const secret = "s3cr3t-s3cr3t-s3cr3t"
	t.Setenv("HOOK_SECRET", secret)
	t.Setenv("VEGA_KEY", secret+"-key-that-is-long")
	h := newHost(t, plain+`
notifier "chat" {
  type = "slack"
  url  = "https://hooks.invalid/${env("HOOK_SECRET")}"
}
`)
	r := examineWith(t, h, fakeDaemon{ready: fmt.Errorf("%w: post %s", ErrNotReady, "https://hooks.invalid/"+secret), otherwise: errors.New(http.StatusText(403))})
	b, err := json.Marshal(r)
	if err != nil || strings.Contains(string(b), secret) {
		t.Errorf("%v %s", err, b)
	}
	expect(t, r.of("daemon"), StatusError, "(secret)")
}
