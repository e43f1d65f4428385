package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"vega/daemon/engine"
	"vega/plugins"
)

// TestTermAnswersRequestsInFlight stops a daemon while a request waits for a slow
// check. The request is answered in full, and the exit code is 0.
func TestTermAnswersRequestsInFlight(t *testing.T) {
	t.Parallel()
	asked, end := make(chan struct{}, 1), make(chan struct{})
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-end
	}))
	t.Cleanup(target.Close)
	dir := t.TempDir()
	hcl := fmt.Sprintf("server {\n  drain_timeout = \"1m\"\n}\nintegration \"slow\" {\n  probe    = core.http\n  interval = \"0s\"\n  timeout  = \"30s\"\n  config {\n    url = %q\n  }\n}\n", target.URL)
	write(t, dir, "vega.hcl", hcl)
	vega := serveWith(t, dir, os.Environ())

	answered := make(chan error, 1)
	var h engine.Health
	go func() {
		status, body, err := vega.ask("/admin/integrations/health")
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("%d: %s", status, body)
		}
		answered <- errors.Join(err, json.Unmarshal([]byte(body), &h))
	}()
	<-asked
	if err := vega.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	vega.until("shutting down", func() bool { return strings.Contains(vega.written(), `"msg":"shutting down"`) })
	close(end)
	if err := <-answered; err != nil || h.Status != "healthy" {
		t.Errorf("request in flight: %v, %+v", err, h)
	}
	if err := vega.cmd.Wait(); err != nil {
		t.Errorf("vega ended with %v", err)
	}
}

// TestReloadedDrainTimeout checks that a reload changes the drain timeout.
func TestReloadedDrainTimeout(t *testing.T) {
	t.Parallel()
	asked, end := make(chan struct{}, 1), make(chan struct{})
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-end
	}))
	t.Cleanup(target.Close)
	t.Cleanup(func() { close(end) })
	dir := t.TempDir()
	hcl := fmt.Sprintf("integration \"slow\" {\n  probe    = core.http\n  interval = \"0s\"\n  timeout = \"30s\"\n  config {\n    url = %q\n  }\n}\n", target.URL)
	write(t, dir, "vega.hcl", "server {\n  drain_timeout = \"1m\"\n}\n"+hcl)
	vega := serveWith(t, dir, os.Environ())
	write(t, dir, "vega.hcl", "server {\n  drain_timeout = \"100ms\"\n}\n"+hcl)
	if err := vega.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	vega.until("reloaded", func() bool { return strings.Contains(vega.written(), `"msg":"reloaded"`) })
	go func() { _, _, _ = vega.ask("/admin/integrations/health") }()
	<-asked
	if err := vega.stop(); err != nil || !strings.Contains(vega.written(), `"msg":"shutting down","drain_timeout":"100ms"`) {
		t.Errorf("vega ended with %v:\n%s", err, vega.written())
	}
}

// TestBundledNameIsRefused checks that a file with the name of a bundled plugin is
// refused, both before the start and while the daemon runs.
func TestBundledNameIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	drop := func(name string) {
		if err := os.MkdirAll(filepath.Join(dir, "plugins"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "plugins", name), plugins.Core(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, "vega.hcl", "")
	drop("before.wasm")
	vega := serveWith(t, dir, os.Environ())
	drop("after.wasm")
	const want = `is vega's core plugin`
	vega.until("both are refused", func() bool {
		_, body := vega.get("/admin/plugins")
		return strings.Count(body, want) == 2
	})
	if err := vega.stop(); err != nil {
		t.Error(err)
	}
}
