package main

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"vega/daemon/realtest"
	"vega/daemon/realtest/compiled"
	"vega/daemon/vega/plugin"
	"vega/plugins"
	"vega/plugins/build"
	"vega/plugins/manifest"
)

var update = flag.Bool("update", false, "rewrite the expected outputs")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"vega": main, spins: spin, hoards: hoard, answers: answer})
}

// TestScripts runs the scripts in testdata/script. Each shows one behaviour of a
// command. It starts in a directory with plugins/plain.wasm, whose probes are
// named after the status they return, and has these variables:
//
//	$OK            a URL that answers 200
//	$PORT, $OTHER  ports that nothing listens on
//	$TARGET        a URL of its own: a target for GET, a webhook for POST
//
// Besides the commands of testscript, it can use:
//
//	http METHOD URL [HEADER…]  sends a request once the server answers, and prints the answer
//	until URL [HEADER…]        repeats a request until it succeeds; with !, until it is refused
//	exitcode N COMMAND…        runs a command and checks its exit code
//	signal NAME                sends HUP or TERM to the background processes
//	core FILE                  writes the bundled plugin's module to FILE
//	append FILE                changes the bytes of a module, which stays valid
//	refused PATTERN            waits until the daemon refuses a plugin with a matching reason
//	served                     waits until the daemon refuses no plugin
//	warm                       compiles the bundled plugin, so that vega serve starts faster
//	build-example LANG FILE    builds the example in plugins/nagios/examples
//	toolchain LANG probe       skips the script if the toolchain for a probe (or command) is missing
//	mode FILE…                 prints the type and the permissions of each file
//	target up|down             makes $TARGET answer 200 or 503
//	target accept|refuse       makes $TARGET accept messages or not
//	received N PATTERN         waits until $TARGET was sent N matching messages
//	eventually PATTERN COMMAND…  repeats a command until its output matches
func TestScripts(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	wasm := plain(t)
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			e.Values[scriptKey{}] = e.T()
			e.Setenv("OK", server.URL)
			e.Setenv("PORT", realtest.FreePort(t))
			e.Setenv("OTHER", realtest.FreePort(t))
			startReceiver(e)
			dir := filepath.Join(e.WorkDir, "plugins")
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, "plain.wasm"), wasm, 0o644)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"http": ask, "until": until, "exitcode": exitcode, "signal": sendSignal, "warm": warmUp, "core": writeCore, "append": appendSection, "refused": refusedFor, "served": func(ts *testscript.TestScript, _ bool, _ []string) { refusedFor(ts, true, nil) }, "build-example": buildExample, "toolchain": toolchain, "mode": mode,
			"target": target, "received": received, "eventually": eventually,
		},
	})
}

// scriptKey is the key of a script's test in its environment.
type scriptKey struct{}

func toolchain(ts *testscript.TestScript, _ bool, args []string) {
	if err := realtest.Ready(context.Background(), build.Language(args[0]), args[1] == "command"); err != nil {
		realtest.Missing(ts.Value(scriptKey{}).(testscript.T), err.Error())
	}
}

func mode(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		info, err := os.Lstat(ts.MkAbs(name))
		ts.Check(err)
		fmt.Fprintln(ts.Stdout(), info.Mode())
	}
}

func warmUp(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(compiled.Core(ts.MkAbs(".vega")))
}

// appendSection changes a module without breaking it, by adding a custom section.
func appendSection(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	wasm, err := os.ReadFile(path)
	ts.Check(err)
	ts.Check(os.WriteFile(path+".part", append(wasm, 0, 2, 1, 'x'), 0o644))
	ts.Check(os.Rename(path+".part", path))
}

// refusedFor waits until the daemon refuses a plugin for a matching reason, or,
// with none, until it refuses no plugin.
func refusedFor(ts *testscript.TestScript, none bool, args []string) {
	pattern := regexp.MustCompile(`"state":"[a-z]+","reason":"[^"]`)
	if !none {
		pattern = regexp.MustCompile(`"state":"[a-z]+","reason":"[^"]*` + args[0])
	}
	key := strings.TrimSpace(ts.ReadFile(".vega/api_key"))
	last := ""
	defer func() { ts.Logf("%s", last) }()
	poll(ts, func(ctx context.Context) bool {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:"+ts.Getenv("PORT")+"/admin/plugins", nil)
		ts.Check(err)
		r.Header.Set("X-API-Key", key)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return false
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		last = string(body)
		return err == nil && pattern.Match(body) != none
	})
}

func writeCore(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), plugins.Core(), 0o644))
}

func ask(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: http METHOD URL [HEADER…]")
	}
	var status int
	poll(ts, func(ctx context.Context) (ok bool) {
		status, ok = request(ctx, ts, args[0], args[1], args[2:])
		return ok
	})
	if (status >= 400) != neg {
		ts.Fatalf("unexpected status %d", status)
	}
}

func until(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 1 {
		ts.Fatalf("usage: until URL [HEADER…]")
	}
	poll(ts, func(ctx context.Context) bool {
		status, ok := request(ctx, ts, http.MethodGet, args[0], args[1:])
		return ok && (status < 300) != neg
	})
}

func poll(ts *testscript.TestScript, done func(context.Context) bool) {
	ctx, cancel := context.WithTimeout(context.Background(), realtest.Patience)
	defer cancel()
	for !done(ctx) {
		if ctx.Err() != nil {
			ts.Fatalf("not done within %v", realtest.Patience)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// request sends a request and prints the answer. ok is false if nothing answers.
// In a header, @FILE stands for the contents of a file.
func request(ctx context.Context, ts *testscript.TestScript, method, url string, headers []string) (status int, ok bool) {
	r, err := http.NewRequestWithContext(ctx, method, url, nil)
	ts.Check(err)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if file, ok := strings.CutPrefix(value, "@"); ok {
			value = strings.TrimSpace(ts.ReadFile(file))
		}
		r.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, false
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s\n", body)
	return res.StatusCode, true
}

func exitcode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit := (*exec.ExitError)(nil)
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func sendSignal(ts *testscript.TestScript, _ bool, args []string) {
	signals := map[string]os.Signal{"HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM}
	for _, c := range ts.BackgroundCmds() {
		ts.Check(c.Process.Signal(signals[args[0]]))
	}
}

// buildExample runs vega plugin build in the environment of the test: that of a
// script has no home directory for the toolchain's cache.
func buildExample(ts *testscript.TestScript, _ bool, args []string) {
	dir := filepath.Join("..", "..", "plugins", "nagios", "examples", args[0])
	ts.Check(plugin.Build(context.Background(), dir, ts.MkAbs(args[1]), ts.Stdout(), io.Discard))
}

// plain assembles a plugin whose vega_run returns its parameter, so that the
// index of a probe is its status.
func plain(t *testing.T) []byte {
	t.Helper()
	m := &manifest.Manifest{ABI: "vega_v1", Name: "plain", Version: "1.0.0"}
	for _, p := range []string{"healthy", "degraded", "unhealthy", "unknown"} {
		m.Probes = append(m.Probes, manifest.Probe{Name: p})
	}
	m.Probes = append(m.Probes, manifest.Probe{
		Name:    "reach",
		Options: []manifest.Option{{Name: "url", Type: manifest.URL}},
		Capabilities: []manifest.Capability{
			{Kind: manifest.HTTP, Reason: "ask the target", From: []string{"url"}, Methods: []string{"GET"}},
			{Kind: manifest.KV, Reason: "remember", Optional: true},
		},
	}, manifest.Probe{
		Name:    "doors",
		Options: []manifest.Option{{Name: "host", Type: manifest.String}, {Name: "server", Type: manifest.Address}, {Name: "socket", Type: manifest.String}},
		Capabilities: []manifest.Capability{
			{Kind: manifest.ICMP, Reason: "ping", From: []string{"host"}},
			{Kind: manifest.WebSocket, Reason: "listen", Optional: true},
			{Kind: manifest.SSH, Reason: "log in", From: []string{"server"}},
			{Kind: manifest.Unix, Reason: "ask the engine", From: []string{"socket"}, Methods: []string{"GET", "POST"}},
		},
	})
	wasm := []byte("\x00asm\x01\x00\x00\x00")
	section := func(id byte, body ...byte) {
		wasm = append(binary.AppendUvarint(append(wasm, id), uint64(len(body))), body...)
	}
	section(1, 1, 0x60, 1, 0x7f, 1, 0x7f) // (i32) -> i32
	section(3, 1, 0)
	section(5, 1, 0, 1)
	section(7, append(append([]byte{2, 6}, "memory\x02\x00\x08vega_run"...), 0, 0)...)
	section(10, 1, 4, 0, 0x20, 0, 0x0b) // local.get 0
	packed, err := manifest.Pack(wasm, m)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}
