package daemon

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/daemon/realtest/tiny"
	"vega/daemon/telemetry"
)

// TestSecretStaysInside puts a secret into a target, a header-like option and the
// DSN of a database, runs checks that fail and succeed, and searches all output of
// the daemon for it.
func TestSecretStaysInside(t *testing.T) {
	const canary = "canary-5ecre7-value"
	t.Setenv("CANARY", canary)
	var seen atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Store(seen.Load() || strings.Contains(r.URL.RawQuery, canary))
		http.Error(w, canary, http.StatusTeapot)
	}))
	t.Cleanup(server.Close)
	refusing := httptest.NewServer(nil)
	refusing.Close()

	dir := t.TempDir()
	write(t, filepath.Join(dir, "plugins"), "tiny.wasm", tiny.Web(t, "tiny"))
	write(t, dir, "vega.hcl", fmt.Appendf(nil, `
database "app" {
  driver = "postgres"
  dsn    = "postgres://u:${env("CANARY")}@127.0.0.1:1/x"
}
integration "teapot" {
  probe = tiny.get
  config {
    url = "%s/?token=${env("CANARY")}"
  }
}
integration "refused" {
  probe = tiny.get
  config {
    url = "%s/?token=${env("CANARY")}"
  }
}
`, server.URL, refusing.URL))
	var log bytes.Buffer
	logs := telemetry.NewLog(&log, true)
	logs.SetLevel(slog.LevelDebug)
	load := func() *config.Config {
		cfg, diags := config.Load(filepath.Join(dir, "vega.hcl"), config.Options{})
		if diags.HasErrors() {
			t.Fatal(&config.InvalidError{Diagnostics: diags})
		}
		return cfg
	}
	d, err := Open(t.Context(), load(), Options{Log: logs.Logger, Apply: func(c *config.Config) error {
		logs.SetScrub(c.Redactor().Redact)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	h, err := d.Health(t.Context(), engine.Query{})
	if err != nil {
		t.Fatal(err)
	}
	one, err := d.Integration("teapot")
	if err != nil {
		t.Fatal(err)
	}
	_, queryErr := d.now.databases.Query(t.Context(), "app", "SELECT 1")
	if queryErr == nil {
		t.Fatal("a query on an unreachable database succeeded")
	}
	logs.Warn("what an error might carry", "err", queryErr, "text", "x"+canary)
	said, err := json.Marshal([]any{h, one, d.Plugins()})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for place, text := range map[string]string{"answers": string(said), "log": log.String(), "error": queryErr.Error(), "config": fmt.Sprintf("%v %+v %#v", load().Integrations, load().Databases, load().Integrations)} {
		if strings.Contains(text, canary) {
			t.Errorf("the secret leaked into the %s: %s", place, text)
		}
	}
	if !seen.Load() || h.Summary.Unhealthy != 2 {
		t.Errorf("the target saw the secret: %v, want true; %+v", seen.Load(), h.Integrations)
	}
}
