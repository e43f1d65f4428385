package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/daemon/engine"
	"vega/daemon/realtest/compiled"
	"vega/policies/check"
)

// limited returns a command that runs vega with a limit of file descriptors.
func limited(t *testing.T, dir string, descriptors int, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	vega := filepath.Join(t.TempDir(), "vega") // the name decides what the test binary does
	if err := os.Symlink(self, vega); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", append([]string{"-c", `ulimit -n "$0" && exec "$@"`, fmt.Sprint(descriptors), vega}, args...)...)
	cmd.Dir = dir
	return cmd
}

// slowTargets returns n integrations whose target takes a while to answer.
func slowTargets(t *testing.T, n int, takes time.Duration) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), takes)
		defer cancel()
		<-ctx.Done()
	}))
	t.Cleanup(s.Close)
	var hcl strings.Builder
	for i := range n {
		fmt.Fprintf(&hcl, "integration \"s%d\" {\n  probe    = core.http\n  timeout  = \"10s\"\n  interval = \"0s\"\n  config {\n    url = \"%s/%d\"\n  }\n}\n", i, s.URL, i)
	}
	return hcl.String()
}

// TestCheckWithFewDescriptors checks that with fewer descriptors than checks, the
// checks wait for each other and none is unhealthy.
func TestCheckWithFewDescriptors(t *testing.T) {
	t.Parallel()
	for _, descriptors := range []int{32, 48, 64} {
		t.Run(fmt.Sprint(descriptors), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "vega.hcl", slowTargets(t, 60, 200*time.Millisecond))
			if err := compiled.Core(filepath.Join(dir, ".vega")); err != nil {
				t.Fatal(err)
			}
			cmd := limited(t, dir, descriptors, "check", "--format", "json")
			out, err := cmd.Output()
			var h engine.Health
			if err := json.Unmarshal(out, &h); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if h.Summary.Healthy+h.Summary.Unknown != 60 || h.Summary.Healthy == 0 {
				t.Errorf("%v: %+v", err, h.Summary)
			}
			for _, r := range h.Integrations {
				if r.Status != check.Healthy && (r.Cause != check.Host || !strings.Contains(r.Message, "raise LimitNOFILE")) {
					t.Errorf("%s: %s/%s %s", r.Name, r.Status, r.Cause, r.Message)
				}
			}
		})
	}
}

// TestTooFewDescriptorsToStart checks that vega says why it does not start, and
// what to do.
func TestTooFewDescriptorsToStart(t *testing.T) { // not parallel: it would starve other tests
	dir := t.TempDir()
	write(t, dir, "vega.hcl", "")
	if err := compiled.Core(filepath.Join(dir, ".vega")); err != nil {
		t.Fatal(err)
	}
	for _, descriptors := range []int{8, 11, 14, 15, 16, 18, 24} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		cmd := limited(t, dir, descriptors, "serve", "--port", "0")
		stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
		out, err := cmd.CombinedOutput()
		stop()
		cancel()
		if strings.Contains(string(out), "vega answers on") {
			continue // enough
		}
		if err == nil || !strings.Contains(string(out), "LimitNOFILE") || strings.Contains(string(out), "goroutine ") {
			t.Errorf("with %d: %v\n%s", descriptors, err, out)
		}
	}
}

// TestFloodDoesNotAffectChecks opens far more connections than there are
// descriptors, idle or slow, from one client and from many. An operator can
// still connect, no check suffers, and the log has one line about the flood.
func TestFloodDoesNotAffectChecks(t *testing.T) { // not parallel: it would starve other tests
	dir := t.TempDir()
	write(t, dir, "vega.hcl", slowTargets(t, 20, 50*time.Millisecond))
	vega := serveBy(t, dir, limited(t, dir, 128, "serve", "--port", "0"))
	address := strings.TrimPrefix(vega.url, "http://")
	for n := range 300 {
		from := net.IPv4(127, 0, 0, 1)
		if n%2 == 0 {
			from = net.IPv4(127, 0, 2, byte(n%40+1))
		}
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}
		c, err := d.DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if n%3 == 0 {
			_, _ = io.WriteString(c, "GET /healthz HTTP/1.1\r\nX-Drip: x")
		}
		if n%100 == 99 {
			var h engine.Health
			status, body := vega.get("/admin/integrations/health")
			if err := json.Unmarshal([]byte(body), &h); status != http.StatusOK || err != nil || h.Summary.Healthy != 20 {
				t.Errorf("after %d: %d %+v", n, status, h.Summary)
			}
		}
	}
	if err := vega.stop(); err != nil {
		t.Error(err)
	}
	log := vega.written()
	if n := strings.Count(log, "too many connections or requests"); n < 1 || n > 2 || !strings.Contains(log, `"idle_closed":`) || !strings.Contains(log, `"not_accepted":0,`) {
		t.Errorf("%d lines:\n%s", n, log)
	}
}
