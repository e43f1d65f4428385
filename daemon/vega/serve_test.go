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

// TestTermAnswersWhatIsInFlight stops a real daemon while a request waits for
// a slow check: the request is answered, in full, and the exit code is 0.
func TestTermAnswersWhatIsInFlight(t *testing.T) {
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
	vega.until("it drains", func() bool { return strings.Contains(vega.written(), `"msg":"shutting down"`) })
	close(end)
	if err := <-answered; err != nil || h.Status != "healthy" {
		t.Errorf("the request in flight: %v, %+v", err, h)
	}
	if err := vega.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// TestReloadedDrainTimeout: the one in force counts, not that of the start.
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
	vega.until("it reloads", func() bool { return strings.Contains(vega.written(), `"msg":"reloaded"`) })
	go func() { _, _, _ = vega.ask("/admin/integrations/health") }()
	<-asked
	if err := vega.stop(); err != nil || !strings.Contains(vega.written(), `"msg":"shutting down","drain_timeout":"100ms"`) {
		t.Errorf("it ended with %v:\n%s", err, vega.written())
	}
}

// TestBundledNameIsTaken: the one that ships can't be told apart from one of
// its name, whether that is dropped in before the start or after.
func TestBundledNameIsTaken(t *testing.T) {
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
