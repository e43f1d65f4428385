package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"vega/daemon/config/diag"
	"vega/daemon/vega/cli"
	"vega/plugins/core/fixtures"
	"vega/plugins/manifest"
)

// The configurations of TestValidateRunsNothing. pureWrong has mistakes in the
// options and grants of the unknown modules, pureRight is valid.
const (
	pureShared = `data_dir = "state"
network {
  resolver = "%[1]s"
}
database "app" {
  driver = "postgres"
  dsn    = "postgres://vega@%[2]s/app"
}
integration "web" {
  probe   = core.http
  timeout = "1s"
  config {
    url = "http://%[2]s/"
  }
}
integration "db" {
  probe   = core.database
  timeout = "1s"
  config {
    database = database.app
  }
}
integration "name" {
  probe   = core.dns
  timeout = "1s"
  config {
    name = "example.com"
  }
}
`
	pureWrong = `integration "stuck" {
  probe = stuck.look
  config {
    url     = "http://127.0.0.1:1/"
    retires = 3
    wait    = 10
    count   = "three"
  }
  grant {
    kv = "64KiB"
  }
}
integration "garbled" {
  probe = garbled.look
  config {
    url = "http://127.0.0.1:1/"
  }
}
`
	pureRight = `integration "stuck" {
  probe   = stuck.look
  timeout = "30s"
  config {
    url     = "http://127.0.0.1:1/"
    retries = 3
    wait    = "10s"
  }
  grant {
    kv = "64KiB"
  }
}
integration "garbled" {
  probe   = garbled.look
  timeout = "1s"
  config {
    url = "http://127.0.0.1:1/"
  }
  grant {
    kv = "64KiB"
  }
}
`
)

// TestValidateRunsNothing validates a configuration with two unknown modules: the
// start function of one never ends, the code of the other does not compile. Their
// options and grants are checked without delay. Nothing is written, not even
// temporarily, and no connection is made. With --online all of that happens, which
// shows that the test would notice.
func TestValidateRunsNothing(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	tcp := fixtures.Listen(t, func(c net.Conn) { asked.Add(1); c.Close() })
	udp := deafResolver(t, &asked)
	dir := t.TempDir()
	shared := fmt.Sprintf(pureShared, udp, tcp)
	for name, text := range map[string]string{
		"wrong.hcl": shared + pureWrong, "right.hcl": shared + pureRight,
		"plugins/stuck.wasm":   string(stranger(t, "stuck", []byte{0x03, 0x40, 0x0c, 0, 0x0b, 0x0b})), // an endless loop
		"plugins/garbled.wasm": string(stranger(t, "garbled", []byte{0x6a, 0x0b})),                    // i32.add without operands
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, dir, name, text)
	}
	before := listing(t, dir)

	out, code := runIn(t, dir, "validate", "config", "wrong.hcl", "--format", "json")
	if code != cli.ExitError {
		t.Errorf("exit code %d", code)
	}
	line := strings.Count(shared, "\n")
	want := []diag.Diagnostic{
		at(diag.UnknownKey, line+5, 5, "use retries"),
		at(diag.BadUnit, line+6, 15, `set wait = "10s"`),
		at(diag.WrongType, line+7, 15, "set count to a number, without quotes"),
		at(diag.NoGrant, line+13, 1, `if you agree, add to the integration: grant { kv = "64KiB" }`),
	}
	var got struct{ Diagnostics []diag.Diagnostic }
	if err := json.Unmarshal([]byte(out), &got); err != nil || len(got.Diagnostics) != len(want) {
		t.Fatalf("%v: %s", err, out)
	}
	for i, d := range got.Diagnostics {
		w := want[i]
		if d.Code != w.Code || d.Range.Start.Line != w.Range.Start.Line || d.Range.Start.Column != w.Range.Start.Column || d.Fix != w.Fix {
			t.Errorf("got %+v, want %+v", d, w)
		}
	}
	for _, format := range []string{"text", "json", "sarif", "github"} {
		if out, code := runIn(t, dir, "validate", "config", "right.hcl", "--strict", "--format", format); code != 0 {
			t.Errorf("valid configuration with --format %s: exit code %d: %s", format, code, out)
		}
	}
	if after := listing(t, dir); !maps.Equal(before, after) {
		t.Errorf("validation left a trace:\n%v\n%v", before, after)
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}

	out, code = runIn(t, dir, "validate", "config", "right.hcl", "--online")
	// Three are unhealthy, unless the host is so busy that their timeouts don't count.
	if code != 0 || !regexp.MustCompile(`--online ran 5 integrations once: (\d unhealthy, )?\d unknown`).MatchString(out) || !strings.Contains(out, "Its status is unknown (probe)") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	if after := listing(t, dir); maps.Equal(before, after) || asked.Load() == 0 {
		t.Errorf("--online left no trace or made no connection (%d), so this test can't fail", asked.Load())
	}
}

func at(c diag.Code, line, column int, fix string) diag.Diagnostic {
	return diag.Diagnostic{Code: c, Fix: fix, Range: diag.Range{Start: diag.Pos{Line: line, Column: column}}}
}

// runIn runs vega with dir as its home and temporary directory, and returns the
// output and the exit code.
func runIn(t *testing.T, dir string, args ...string) (out string, code int) {
	t.Helper()
	cmd := command(t, dir, args...)
	cmd.Env = append(os.Environ(), "HOME="+dir, "TMPDIR="+dir, "XDG_CACHE_HOME="+dir)
	b, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(b), cmd.ProcessState.ExitCode()
}

// listing returns every file and directory with its size and modification time.
// The time of a directory shows files that were created and removed.
func listing(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil {
			found[path] = fmt.Sprint(info.Size(), info.ModTime())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// deafResolver starts a DNS server that counts queries and answers none.
func deafResolver(t *testing.T, asked *atomic.Int64) string {
	t.Helper()
	c, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		for b := make([]byte, 512); ; asked.Add(1) {
			if _, _, err := c.ReadFrom(b); err != nil {
				return
			}
		}
	}()
	return c.LocalAddr().String()
}

// stranger assembles a plugin with the given start function, whose vega_run stores
// a value and logs a line.
func stranger(t *testing.T, name string, start []byte) []byte {
	t.Helper()
	m := &manifest.Manifest{ABI: "vega_v1", Name: name, Version: "1.0.0", Probes: []manifest.Probe{{
		Name: "look",
		Options: []manifest.Option{
			{Name: "url", Type: manifest.URL, Required: true},
			{Name: "retries", Type: manifest.Number},
			{Name: "wait", Type: manifest.DurationType},
			{Name: "count", Type: manifest.Number},
		},
		Capabilities: []manifest.Capability{
			{Kind: manifest.HTTP, Reason: "ask the target", From: []string{"url"}},
			{Kind: manifest.KV, Reason: "remember"},
		},
	}}}
	wasm := []byte("\x00asm\x01\x00\x00\x00")
	section := func(id byte, parts ...[]byte) {
		var body []byte
		for _, p := range parts {
			body = append(body, p...)
		}
		wasm = append(binary.AppendUvarint(append(wasm, id), uint64(len(body))), body...)
	}
	text := func(s string) []byte { return append([]byte{byte(len(s))}, s...) }
	function := func(code []byte) []byte { return append([]byte{byte(len(code) + 1), 0}, code...) }
	run := []byte{
		0x41, 0, 0x41, 1, 0x41, 0, 0x41, 1, 0x10, 0, 0x1a, // kv_set(0, 1, 0, 1)
		0x41, 0, 0x41, 0, 0x41, 1, 0x10, 1, // log(0, 0, 1)
		0x41, 0, 0x0b,
	}
	section(1, []byte{4, 0x60, 0, 0, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f, 0x60, 3, 0x7f, 0x7f, 0x7f, 0})
	section(2, []byte{2}, text("vega_v1"), text("kv_set"), []byte{0, 2}, text("vega_v1"), text("log"), []byte{0, 3})
	section(3, []byte{2, 0, 1})
	section(5, []byte{1, 0, 1})
	section(7, []byte{2}, text("memory"), []byte{2, 0}, text("vega_run"), []byte{0, 3})
	section(8, []byte{2})
	section(10, []byte{2}, function(start), function(run))
	packed, err := manifest.Pack(wasm, m)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

func TestExplainNamesTheCommandOfTheSSHBlock(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "vega.hcl", `integration "up" {
  probe = core.ssh
  config { address = "127.0.0.1:2222" }
  ssh {
    host_keys = ["SHA256:uNiVztksCsDhcc0u9e8BrnXmnDCmnWgXTlxAhU1cm+U"]
    user      = "ann"
    password  = env("PASSWORD")
    command   = "TOKEN=${env("PASSWORD")} uptime"
  }
}
`)
	t.Setenv("PASSWORD", "s3cret-value")
	out, code := runIn(t, dir, "check", "--explain", "up")
	if code != 0 || !strings.Contains(out, `to log in as "ann" and run "TOKEN=(secret) uptime"`) || !strings.Contains(out, "127.0.0.1:2222") || strings.Contains(out, "s3cret") {
		t.Errorf("%d: %s", code, out)
	}
}
