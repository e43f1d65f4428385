package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"vega/daemon"
	"vega/daemon/engine"
)

// watched is a running daemon whose configuration files a test changes.
type watched struct {
	*process
	dir string
}

// watch starts vega in dir.
func watch(t *testing.T, dir string) *watched {
	t.Helper()
	return &watched{serveWith(t, dir, os.Environ()), dir}
}

func (w *watched) end() {
	if err := w.stop(); err != nil {
		w.t.Errorf("%v:\n%s", err, w.written())
	}
}

// is waits until the daemon runs these integrations, in order, and reports the
// configuration on disk as applied or rejected.
func (w *watched) is(outcome daemon.Outcome, names ...string) {
	w.t.Helper()
	var got string
	want := fmt.Sprint(outcome, names)
	w.until(want, func() bool {
		var h engine.Health
		_, body := w.get("/admin/integrations/health?max_age=1h")
		if err := json.Unmarshal([]byte(body), &h); err != nil {
			w.t.Fatal(err)
		}
		var there []string
		for _, i := range h.Integrations {
			there = append(there, i.Name)
		}
		var ready struct{ Status, Config string }
		status, body := w.get("/readyz")
		if err := json.Unmarshal([]byte(body), &ready); err != nil || status != 200 || ready.Status != "ready" {
			w.t.Fatalf("not ready: %d %s", status, body)
		}
		got = fmt.Sprint(ready.Config, there)
		return got == want
	})
}

// lines counts how often text is in the log.
func (w *watched) lines(text string) int { return strings.Count(w.written(), text) }

func (w *watched) write(name, text string) {
	w.t.Helper()
	write(w.t, w.dir, name, text)
}

// replace writes a file as editors and configuration management do: to a
// temporary file, which it renames.
func (w *watched) replace(name, text string) {
	w.t.Helper()
	w.write(name+".tmp123", text)
	if err := os.Rename(filepath.Join(w.dir, name+".tmp123"), filepath.Join(w.dir, name)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watched) remove(name string) {
	w.t.Helper()
	if err := os.Remove(filepath.Join(w.dir, name)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watched) mkdir(name string) {
	w.t.Helper()
	if err := os.Mkdir(filepath.Join(w.dir, name), 0o755); err != nil {
		w.t.Fatal(err)
	}
}

// settleTime is longer than vega takes to load a change.
const settleTime = 1500 * time.Millisecond

// bound returns an integration that only runs on request.
func bound(name string) string {
	return fmt.Sprintf("integration %q {\n  probe    = core.database\n  interval = \"0s\"\n  config {\n    database = database.vega\n  }\n}\n", name)
}

const (
	rejected = `"msg":"reload rejected`
	reloaded = `"msg":"reloaded"`
)

// TestChangedFilesAreLoaded changes, adds, renames and removes files.
func TestChangedFilesAreLoaded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "vega.hcl", bound("a"))
	w := watch(t, dir)
	defer w.end()
	w.is("applied", "a")

	w.write("vega.hcl", bound("a")+bound("b")) // in place
	w.is("applied", "a", "b")
	w.replace("vega.hcl", bound("b"))
	w.is("applied", "b")

	// Temporary files of editors, or a new modification time, change nothing.
	w.mkdir("policies")
	w.write("policies/.x.hcl.swp", "nonsense")
	w.write("policies/.#x.hcl", "nonsense")
	w.write("policies/x.hcl~", "nonsense")
	w.write("vega.hcl~", "nonsense")
	if err := os.Chtimes(filepath.Join(dir, "vega.hcl"), time.Now(), time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(settleTime)
	if n := w.lines(reloaded); n != 2 || w.lines(rejected) != 0 {
		t.Errorf("%d reloads:\n%s", n, w.written())
	}

	w.replace("policies/x.hcl", bound("x"))
	w.is("applied", "b", "x")
	w.remove("policies/x.hcl")
	w.is("applied", "b")
	w.write("policies/y.hcl", bound("y"))
	w.is("applied", "b", "y")
	if err := os.Rename(filepath.Join(dir, "policies"), filepath.Join(dir, "away")); err != nil {
		t.Fatal(err)
	}
	w.is("applied", "b")
	if err := os.Rename(filepath.Join(dir, "away"), filepath.Join(dir, "policies")); err != nil {
		t.Fatal(err)
	}
	w.is("applied", "b", "y")
}

// TestRejectedFilesAreLoggedOnce checks that a rejected file is logged once for
// the same content, and again on SIGHUP.
func TestRejectedFilesAreLoggedOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "vega.hcl", bound("a"))
	w := watch(t, dir)
	defer w.end()

	const bad = "serverr {\n}\nintegration \"b\" {\n  prob = core.http\n}\n"
	w.replace("vega.hcl", bad)
	w.is("rejected", "a")
	w.replace("vega.hcl", bad) // another file with the same content
	time.Sleep(settleTime)
	if n := w.lines(rejected); n != 1 {
		t.Errorf("logged %d times:\n%s", n, w.written())
	}
	for _, want := range []string{
		`"msg":"configuration","code":"VEGA007","summary":"unknown key"`, `"line":1,"column":1`, `"line":4,"column":3`, `"fix":"use server"`, `"trigger":"file"`,
	} {
		if !strings.Contains(w.written(), want) {
			t.Errorf("the log lacks %s:\n%s", want, w.written())
		}
	}
	w.replace("vega.hcl", bad+"# not that either\n")
	w.until("other content is logged", func() bool { return w.lines(rejected) == 2 })
	w.hup() // logs it again
	w.until("the rejection is logged again", func() bool { return w.lines(rejected) == 3 })

	w.replace("vega.hcl", bound("a"))
	w.is("applied", "a")
	w.until("the unchanged file is logged", func() bool { return w.lines("nothing to reload") == 1 })
	if w.lines(reloaded) != 0 {
		t.Errorf("going back to the running configuration counts as a change:\n%s", w.written())
	}

	w.remove("vega.hcl")
	w.is("rejected", "a")
	w.until("the missing file is logged", func() bool { return w.lines("The file does not exist.") > 0 })
	w.write("vega.hcl", bound("a")+bound("b"))
	w.is("applied", "a", "b")

	w.write("vega.hcl", "") // as on a full disk
	w.is("rejected", "a", "b")
	w.hup()
	w.is("applied")
}

// TestSecretFilesAreWatched checks that a changed file() reloads the API key.
func TestSecretFilesAreWatched(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const first, second, third = "5ecret-number-one", "5ecret-number-two", "5ecret-number-3"
	write(t, dir, "token", first+"\n")
	write(t, dir, "vega.hcl", "server {\n  api_key = file(\"token\")\n}\n"+bound("a"))
	w := watch(t, dir)
	defer w.end()
	w.key = first
	w.is("applied", "a")
	w.replace("token", second)
	w.until("the new key is accepted", func() bool {
		w.key = second
		status, _ := w.get("/admin/plugins")
		return status == 200
	})
	w.key = first
	if status, _ := w.get("/admin/plugins"); status != 401 {
		t.Errorf("the old key is still accepted: %d", status)
	}
	w.key = second
	w.remove("token")
	w.is("rejected", "a")
	w.write("token", third)
	w.until("the new key is accepted", func() bool {
		w.key = third
		status, _ := w.get("/admin/plugins")
		return status == 200
	})
	if strings.Contains(w.written(), "5ecret") {
		t.Errorf("the log contains a secret:\n%s", w.written())
	}
}

// TestSymlinkSwap changes files the way Kubernetes updates a mounted ConfigMap.
func TestSymlinkSwap(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	link := func(to, name string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	version := func(name, hcl string) {
		t.Helper()
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, dir, name+"/vega.hcl", hcl)
	}
	version("..2026_01", bound("a"))
	link("..2026_01", "..data")
	link("..data/vega.hcl", "vega.hcl")
	w := watch(t, dir)
	defer w.end()
	w.is("applied", "a")
	version("..2026_02", bound("b"))
	link("..2026_02", "..data_tmp")
	if err := os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "..2026_01")); err != nil {
		t.Fatal(err)
	}
	w.is("applied", "b")
}

// TestConfigurationWaitsForItsPlugin adds a plugin after the configuration that
// needs it.
func TestConfigurationWaitsForItsPlugin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "vega.hcl", bound("a"))
	w := watch(t, dir)
	defer w.end()
	w.write("vega.hcl", bound("a")+"integration \"p\" {\n  probe    = plain.healthy\n  interval = \"0s\"\n}\n")
	w.is("rejected", "a")
	w.mkdir("plugins")
	w.replace("plugins/plain.wasm", string(plain(t)))
	w.is("applied", "a", "p")
}

// TestReplacedProgramCompiles checks that a running vega loads a plugin after an
// upgrade has replaced its program's file: it compiles with its own program.
func TestReplacedProgramCompiles(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has /proc/self/exe")
	}
	dir := t.TempDir()
	write(t, dir, "vega.hcl", bound("a"))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "vega", string(program))
	installed := filepath.Join(dir, "vega")
	if err := os.Chmod(installed, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), installed, "serve", "--port", "0")
	cmd.Dir = dir
	w := &watched{serveBy(t, dir, cmd), dir}
	defer w.end()
	w.replace("vega", "another version")
	w.mkdir("plugins")
	w.replace("plugins/plain.wasm", string(plain(t)))
	w.write("vega.hcl", bound("a")+"integration \"p\" {\n  probe    = plain.healthy\n  interval = \"0s\"\n}\n")
	w.is("applied", "a", "p")
	w.until("p is healthy", func() bool {
		_, body := w.get("/admin/integrations/health?name=p")
		return strings.Contains(body, `"status":"healthy"`)
	})
}

// TestWatchCanBeOff checks that without watch only SIGHUP loads a change.
func TestWatchCanBeOff(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "vega.hcl", "watch = false\n"+bound("a"))
	w := watch(t, dir)
	defer w.end()
	w.write("vega.hcl", "watch = false\n"+bound("b"))
	time.Sleep(settleTime)
	w.is("applied", "a")
	w.hup()
	w.is("applied", "b")
	w.write("vega.hcl", bound("b"))
	w.hup()
	w.until("watch is on", func() bool { return w.lines(reloaded) == 2 })
	w.write("vega.hcl", bound("c"))
	w.is("applied", "c")
}
