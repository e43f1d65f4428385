package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"vega/daemon/realtest"
	"vega/daemon/realtest/tiny"
)

// byShell returns a command that runs vega by a shell script that ends in "$@".
func byShell(t *testing.T, dir, script string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	vega := filepath.Join(t.TempDir(), "vega") // the name decides what the test binary does
	if err := os.Symlink(self, vega); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", append([]string{"-c", script, "sh", vega}, args...)...)
	cmd.Dir = dir
	return cmd
}

const (
	ownPlugin   = "integration \"core\" {\n  probe = core.http\n  interval = \"0s\"\n  config {\n    url = \"http://127.0.0.1:1/\"\n  }\n}\n"
	plainPlugin = "integration \"plain\" {\n  probe = plain.healthy\n  interval = \"0s\"\n}\n"
)

// writePlugin writes the plugin plain.
func writePlugin(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(dir, "plugins"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, dir, filepath.Join("plugins", "plain.wasm"), string(tiny.Plain(t, "plain", "1", tiny.AnswerParameter)))
}

// healthOf returns the statuses of all integrations after a run.
func (p *process) healthOf() string {
	p.t.Helper()
	_, body := p.get("/admin/integrations/health")
	var all []string
	for _, part := range strings.Split(body, `"name":"`)[1:] {
		name, rest, _ := strings.Cut(part, `"`)
		if _, status, ok := strings.Cut(rest, `"status":"`); ok && !strings.Contains(name, "_") {
			status, _, _ = strings.Cut(status, `"`)
			all = append(all, name+"="+status)
		}
	}
	return strings.Join(all, " ")
}

// TestStartOnFullDisk checks that on a disk without room for the compile cache, the
// bundled plugin and one of a stranger run, and that this is logged once.
func TestStartOnFullDisk(t *testing.T) {
	dir, disk := t.TempDir(), realtest.SmallDisk(t, 2<<20)
	write(t, dir, "vega.hcl", fmt.Sprintf("data_dir = %q\n%s%s", filepath.Join(disk, "data"), ownPlugin, plainPlugin))
	writePlugin(t, dir)
	vega := serveWith(t, dir, os.Environ())
	key, err := os.ReadFile(filepath.Join(disk, "data", "api_key"))
	if err != nil {
		t.Fatal(err)
	}
	vega.key = strings.TrimSpace(string(key))
	vega.until("both plugins are loaded", func() bool { return vega.healthOf() == "core=unhealthy plain=healthy" })
	if status, body := vega.get("/readyz"); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
	if err := vega.stop(); err != nil {
		t.Error(err)
	}
	if log := vega.written(); strings.Count(log, "can't write to the compile cache") != 1 || strings.Contains(log, "refused") {
		t.Error(log)
	}
	if left, err := filepath.Glob(filepath.Join(disk, "data", "cache", "*")); err != nil || len(left) > 0 {
		t.Errorf("left in the cache: %v, %v", left, err)
	}
}

// TestUnreadablePlugins checks that vega serves without a plugin directory that it
// can't read, and takes plugins into service when it can read them.
func TestUnreadablePlugins(t *testing.T) {
	if os.Getuid() != 0 {
		realtest.Missing(t, "only root can take its own right to read every file away")
	}
	setpriv := realtest.Program(t, "setpriv", "util-linux")
	dir := t.TempDir()
	plugins, file := filepath.Join(dir, "plugins"), filepath.Join(dir, "plugins", "plain.wasm")
	write(t, dir, "vega.hcl", ownPlugin)
	writePlugin(t, dir)
	mode := func(path string, m os.FileMode) {
		t.Helper()
		if err := os.Chmod(path, m); err != nil {
			t.Fatal(err)
		}
	}
	mode(plugins, 0)
	t.Cleanup(func() { mode(plugins, 0o755) })
	vega := serveBy(t, dir, byShell(t, dir, "exec "+setpriv+` --bounding-set=-dac_override,-dac_read_search "$@"`, "serve", "--port", "0"))
	logged := func(n int, words ...string) func() bool {
		return func() bool {
			count := 0
			for line := range strings.Lines(vega.written()) {
				all := true
				for _, w := range words {
					all = all && strings.Contains(line, w)
				}
				if all {
					count++
				}
			}
			return count == n
		}
	}
	vega.until("the directory is reported", logged(1, "can't read the plugin directory", "permission denied"))
	if !logged(1, "VEGA032")() || vega.healthOf() != "core=unhealthy" {
		t.Errorf("%s\n%s", vega.healthOf(), vega.written())
	}
	mode(plugins, 0o755)
	vega.until("the plugin is found", logged(1, "plugin in service", "plain"))
	mode(file, 0)
	vega.until("the file is reported", logged(1, "plugin refused", "permission denied"))
	mode(file, 0o644)
	vega.until("the plugin is fine again", func() bool {
		_, body := vega.get("/admin/plugins")
		return !strings.Contains(body, "permission denied")
	})
	if !logged(1, "can't read the plugin directory")() || !logged(1, "can be read again")() {
		t.Error(vega.written())
	}
}

// TestLogWithoutReader checks that vega serves, and ends, while nobody reads its log:
// at first the pipe is full, then its reader is gone.
func TestLogWithoutReader(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "vega.hcl", ownPlugin)
	fifo := filepath.Join(dir, "log")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(fifo, os.O_RDWR, 0) // so that opening does not wait for a writer
	if err != nil {
		t.Fatal(err)
	}
	vega := serveBy(t, dir, byShell(t, dir, `exec "$@" 2>log`, "serve", "--port", "0"))
	for range 2 {
		for range 600 { // each logs about 300 bytes, and a pipe holds 64 KiB
			if status, _ := vega.get("/admin/plugins"); status != http.StatusOK {
				t.Fatal(status)
			}
		}
		if err := reader.Close(); err != nil { // the second does nothing
			break
		}
	}
	if got := vega.healthOf(); got != "core=unhealthy" {
		t.Error(got)
	}
	if err := vega.stop(); err != nil {
		t.Error(err)
	}
}

// TestUmask checks that vega can read what it has written, whatever its umask.
func TestUmask(t *testing.T) {
	for _, umask := range []string{"0777", "0000"} {
		dir := t.TempDir()
		write(t, dir, "vega.hcl", ownPlugin)
		vega := serveBy(t, dir, byShell(t, dir, "umask "+umask+`; exec "$@"`, "serve", "--port", "0"))
		if err := vega.stop(); err != nil {
			t.Error(err)
		}
		for name, want := range map[string]os.FileMode{"api_key": 0o600, "vega.db": 0o600} {
			if info, err := os.Stat(filepath.Join(dir, ".vega", name)); err != nil || info.Mode().Perm() != want {
				t.Errorf("umask %s: %s: %v, %v", umask, name, info, err)
			}
		}
	}
}
