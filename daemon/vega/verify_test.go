package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"vega/daemon/vega/cli"
	"vega/daemon/verify"
	"vega/plugins/manifest"
)

// verified runs vega verify in the directory of a running daemon.
func verified(t *testing.T, dir, server string, flags ...string) (verify.Report, int) {
	t.Helper()
	return reported(t, command(t, dir, append([]string{"verify", "--format", "json", "--server", server}, flags...)...))
}

// reported runs a command that is vega verify --format json.
func reported(t *testing.T, cmd *exec.Cmd) (verify.Report, int) {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	var r verify.Report
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v: %s%s", err, out, &stderr)
	}
	return r, cmd.ProcessState.ExitCode()
}

// freshVega starts a daemon with the configuration of vega init, preceded by
// before.
func freshVega(t *testing.T, before string) (dir string, _ *process) {
	t.Helper()
	dir = t.TempDir()
	if out, err := command(t, dir, "init").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "vega.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "vega.hcl", before+string(text))
	if strings.Contains(before, "guest.") {
		if err := os.Mkdir(filepath.Join(dir, "plugins"), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "plugins"), "guest.wasm", guestModule(t))
	}
	return dir, serveWith(t, dir, os.Environ())
}

// traces returns everything a verification could leave behind: conversations,
// memories, plugins, changes that a reload would make, and files.
func traces(t *testing.T, dir string, p *process) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, path := range []string{"/v1/conversations", "/v1/memories", "/admin/plugins", "/admin/config/plan"} {
		_, all[path] = p.get(path)
	}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.Contains(e.Name(), ".db") {
			return err
		}
		b, err := os.ReadFile(path)
		all[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestVerify checks that every check passes on a new daemon, that none is skipped,
// and that nothing is left behind.
func TestVerify(t *testing.T) {
	t.Parallel()
	dir, vega := freshVega(t, "")
	before := traces(t, dir, vega)
	for range 2 {
		r, code := verified(t, dir, vega.url)
		for _, c := range r.Checks {
			t.Logf("%-4s %-12s %6.1f ms  %s", c.Outcome, c.Name, c.DurationMS, c.Reason)
			if c.Outcome != verify.Pass {
				t.Errorf("%s: %s; %s", c.Name, c.Reason, c.Fix)
			}
		}
		if code != 0 || r.Passed != len(verify.Names()) {
			t.Errorf("exit code %d, %d passed", code, r.Passed)
		}
	}
	after := traces(t, dir, vega)
	for _, path := range slices.Sorted(maps.Keys(after)) {
		if after[path] != before[path] {
			t.Errorf("%s changed to %.300q, before %.300q", path, after[path], before[path])
		}
	}
	if len(after) != len(before) {
		t.Errorf("%d traces, before %d", len(after), len(before))
	}
}

// TestVerifyAcceptsHeartbeats checks that a heartbeat without a report is no failure,
// and that verify asks for no run of one.
func TestVerifyAcceptsHeartbeats(t *testing.T) {
	t.Parallel()
	dir, vega := freshVega(t, `
integration "job" {
  probe    = core.heartbeat
  interval = "1h"
  config {
    token = "0123456789abcdef"
  }
}
integration "done" {
  probe    = core.heartbeat
  interval = "1h"
  config {
    token = "0123456789abcdef"
  }
}
`)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, vega.url+"/push/done/0123456789abcdef", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status, err)
	}
	r, code := verified(t, dir, vega.url, "--only", "integrations,correlation")
	if code != 0 || r.Passed != 2 || !strings.Contains(r.Checks[0].Reason+r.Checks[1].Reason, "1 waiting for a report") {
		t.Errorf("exit code %d: %+v", code, r.Checks)
	}
}

// TestVerifyIsInterrupted interrupts the command while its module is in the plugin
// directory. Everything is removed, and the checks done so far are printed.
func TestVerifyIsInterrupted(t *testing.T) {
	t.Parallel()
	dir, vega := freshVega(t, "")
	before := traces(t, dir, vega)
	cmd := command(t, dir, "verify", "--server", vega.url)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	vega.until("the module is there", func() bool {
		found, err := filepath.Glob(filepath.Join(dir, "plugins", "vega-verify-*.wasm"))
		return err == nil && len(found) == 1
	})
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != cli.ExitUsage || !strings.Contains(stderr.String(), "interrupted") || !strings.Contains(out.String(), "history") {
		t.Errorf("exit code %d: %s%s", code, &out, &stderr)
	}
	if after := traces(t, dir, vega); !maps.Equal(after, before) {
		t.Errorf("%v, before %v", after, before)
	}
}

// withoutAlerting names all checks but the one that takes long.
var withoutAlerting = strings.ReplaceAll(strings.Join(verify.Names(), ","), "alerting,", "")

// breakage is a broken feature and the check that must report it.
type breakage struct {
	check string
	says  string // part of the reason
	skips []string
}

// hold checks that the report blames only the broken feature.
func (b breakage) hold(t *testing.T, r verify.Report, code int) {
	t.Helper()
	for _, c := range r.Checks {
		want := verify.Pass
		switch {
		case c.Name == b.check:
			want = verify.Fail
			t.Logf("%s: %s\n  fix: %s", c.Name, c.Reason, c.Fix)
			if !strings.Contains(c.Reason, b.says) || c.Fix == "" {
				t.Errorf("the reason lacks %q, or there is no fix", b.says)
			}
		case slices.Contains(b.skips, c.Name):
			want = verify.Skip
		}
		if c.Outcome != want {
			t.Errorf("%s: %s, want %s: %s", c.Name, c.Outcome, want, c.Reason)
		}
	}
	if code != cli.ExitError {
		t.Errorf("exit code %d", code)
	}
}

// TestVerifyReportsBrokenFeature breaks one feature of a daemon per case.
func TestVerifyReportsBrokenFeature(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		breakage
		config string
		spoil  func(t *testing.T, dir string)
	}{
		"an index is gone": {
			breakage: breakage{check: "indexes", says: "source, ts"},
			spoil:    inStore("DROP INDEX ix_conv_source_ts"),
		},
		"marks are not stored": {
			breakage: breakage{check: "history", says: "PATCH"},
			spoil:    inStore("CREATE TRIGGER spoiled BEFORE UPDATE ON conversations BEGIN SELECT RAISE(IGNORE); END"),
		},
		"memories are not replaced": {
			breakage: breakage{check: "memories", says: `"another"`},
			spoil:    inStore("CREATE TRIGGER spoiled BEFORE UPDATE ON memories BEGIN SELECT RAISE(IGNORE); END"),
		},
		"runs are not stored": {
			breakage: breakage{check: "correlation", says: "none in its history"},
			spoil:    inStore("CREATE TRIGGER spoiled BEFORE INSERT ON runs BEGIN SELECT RAISE(IGNORE); END"),
		},
		"the file on the disk is wrong": {
			breakage: breakage{check: "validation", says: "vega.hcl:1: ", skips: []string{"plugin", "reload"}},
			config:   "watch = false\n",
			spoil: func(t *testing.T, dir string) {
				write(t, dir, "vega.hcl", "prot = 8000\n")
			},
		},
		"a probe returns an invalid status": {
			breakage: breakage{check: "integrations", says: "guest is unknown (probe)"},
			config:   "integration \"guest\" {\n  probe = guest.strange\n}\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, vega := freshVega(t, c.config)
			if c.spoil != nil {
				c.spoil(t, dir)
			}
			r, code := verified(t, dir, vega.url, "--only", withoutAlerting)
			c.hold(t, r, code)
		})
	}
}

// guestModule returns a plugin whose probe returns an invalid status.
func guestModule(t *testing.T) string {
	t.Helper()
	bare, err := os.ReadFile("../../plugins/testdata/status99.wasm")
	if err != nil {
		t.Fatal(err)
	}
	packed, err := manifest.Pack(bare, &manifest.Manifest{ABI: "vega_v1", Name: "guest", Version: "1", Probes: []manifest.Probe{{Name: "strange"}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(packed)
}

// inStore changes the store's file behind the daemon's back.
func inStore(statement string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		db, err := sql.Open("sqlite", filepath.Join(dir, ".vega", "vega.db")+"?_pragma=busy_timeout(5000)")
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.ExecContext(t.Context(), statement)
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestVerifyThroughAProxy puts a proxy in front of the daemon that breaks one
// feature per case.
func TestVerifyThroughAProxy(t *testing.T) {
	t.Parallel()
	dir, vega := freshVega(t, "")
	for name, c := range map[string]struct {
		breakage
		proxy proxy
	}{
		"maintenance": {
			breakage{check: "alive", says: "/readyz to answer 200; saw 503"},
			proxy{path: "/readyz", answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }},
		},
		"the proxy adds the key": {
			breakage{check: "auth", says: "with no key to answer 401"},
			proxy{request: func(r *http.Request) { r.Header.Set("X-API-Key", vega.key) }},
		},
		"another policy for browsers": {
			breakage{check: "dashboard", says: "saw \"default-src *\""},
			proxy{path: "/login", response: func(h http.Header, body []byte) []byte {
				h.Set("Content-Security-Policy", "default-src *")
				return body
			}},
		},
		"the origin of forms is dropped": {
			breakage{check: "dashboard", says: "a form of another site to be rejected"},
			proxy{path: "/logout", request: func(r *http.Request) { r.Header.Del("Origin") }},
		},
		"error pages of its own": {
			breakage{check: "errors", says: "text/html"},
			proxy{status: http.StatusMethodNotAllowed, response: func(h http.Header, _ []byte) []byte {
				h.Set("Content-Type", "text/html")
				return []byte("<h1>405</h1>")
			}},
		},
		"headers are cut": {
			breakage{check: "limits", says: "to answer 431; saw 404"},
			proxy{request: func(r *http.Request) { r.Header.Del("X-Vega-Verify") }},
		},
		"statistics from a cache": {
			breakage{check: "profiler", says: "saw increases of 0 and 0", skips: []string{"slow-query", "indexes", "databases"}},
			cached("/admin/database/stats"),
		},
		"slow queries are dropped": {
			breakage{check: "slow-query", says: "over the threshold"},
			proxy{path: "/admin/database/stats", response: edited(func(v map[string]any) { v["slow_queries"] = []any{} })},
		},
		"no store database": {
			breakage{check: "databases", says: "vega's own database"},
			proxy{path: "/admin/database/stats", response: edited(func(v map[string]any) { v["name"] = "other" })},
		},
		"correlation is dropped": {
			breakage{check: "correlation", says: "the ID vega-verify"},
			proxy{request: func(r *http.Request) {
				// The check of slow queries needs its own ID to pass.
				if r.URL.Path == "/healthz" {
					r.Header.Del("X-Correlation-ID")
				}
			}},
		},
		"pages repeat": {
			breakage{check: "history", says: "pages of two"},
			proxy{path: "/v1/conversations", request: func(r *http.Request) {
				q := r.URL.Query()
				q.Del("cursor")
				r.URL.RawQuery = q.Encode()
			}},
		},
		"another machine's memory": {
			breakage{check: "diagnostics", says: "as read here; saw 1"},
			proxy{path: "/admin/diagnostics/system", response: edited(func(v map[string]any) {
				if m, ok := v["memory"].(map[string]any); ok {
					m["system_total"] = 1
				}
			})},
		},
		"plugins from a cache": {
			breakage{check: "plugin", says: "no such plugin"},
			cached("/admin/plugins"),
		},
		"a notifier fails": {
			breakage{check: "alerting", says: "every notifier to work; saw chat: 403"},
			proxy{path: "/admin/notifiers", response: edited(func(v map[string]any) {
				v["notifiers"] = []any{map[string]any{"name": "chat", "status": "failing", "last_error": "403"}}
			})},
		},
		"no reload from outside": {
			breakage{check: "reload", says: "/admin/config/reload to answer 200; saw 403"},
			proxy{path: "/admin/config/reload", answer: func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("X-API-Key") == vega.key { // the daemon would accept it
					w.WriteHeader(http.StatusForbidden)
					return
				}
				w.WriteHeader(http.StatusUnauthorized)
			}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			target, err := url.Parse(vega.url)
			if err != nil {
				t.Fatal(err)
			}
			front := httptest.NewServer(c.proxy.to(target)) // the cases share the daemon, so they run sequentially
			defer front.Close()
			only := withoutAlerting
			if c.check == "alerting" {
				only = "alive,alerting"
			}
			r, code := verified(t, dir, front.URL, "--timeout", "3m", "--only", only)
			c.hold(t, r, code)
		})
	}
}

// proxy changes requests and answers of one path, or of all if path is empty.
type proxy struct {
	path     string
	status   int // response changes only answers with this status; 0 means any
	request  func(*http.Request)
	response func(http.Header, []byte) []byte
	answer   http.HandlerFunc // instead of the daemon's
}

func (p proxy) to(target *url.URL) http.Handler {
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			if p.request != nil && p.is(r.In) {
				p.request(r.Out)
			}
		},
		ModifyResponse: func(r *http.Response) error {
			if p.response == nil || !p.is(r.Request) || p.status != 0 && r.StatusCode != p.status {
				return nil
			}
			b, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			b = p.response(r.Header, b)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
			r.Header.Set("Content-Length", fmt.Sprint(len(b)))
			return r.Body.Close()
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.answer != nil && p.is(r) {
			p.answer(w, r)
			return
		}
		forward.ServeHTTP(w, r)
	})
}

func (p proxy) is(r *http.Request) bool { return p.path == "" || r.URL.Path == p.path }

// edited returns a function that edits an answer that is a JSON object.
func edited(edit func(map[string]any)) func(http.Header, []byte) []byte {
	return func(_ http.Header, b []byte) []byte {
		var v map[string]any
		if json.Unmarshal(b, &v) != nil {
			return b
		}
		edit(v)
		out, err := json.Marshal(v)
		if err != nil {
			return b
		}
		return out
	}
}

// cached returns a proxy that repeats the first successful answer of a path.
func cached(path string) proxy {
	var mu sync.Mutex
	var first []byte
	return proxy{path: path, status: http.StatusOK, response: func(_ http.Header, b []byte) []byte {
		mu.Lock()
		defer mu.Unlock()
		if first == nil {
			first = b
		}
		return first
	}}
}
