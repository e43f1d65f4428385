package daemon

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/daemon/realtest/compiled"
	"vega/policies/check"
)

// An integration authenticates with OAuth2 client credentials. A token endpoint
// that fails says nothing about the target, and no output shows a secret.
func TestAuthentication(t *testing.T) {
	const secret, issued = "canary-cl1ent-secret", "canary-acc3ss-token"
	t.Setenv("CLIENT_SECRET", secret)
	var broken atomic.Bool
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, got, _ := r.BasicAuth()
		if broken.Load() || got != secret {
			http.Error(w, fmt.Sprintf(`{"error":"invalid_client","error_description":"wrong secret %s"}`, got), http.StatusForbidden)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": issued})
	}))
	t.Cleanup(issuer.Close)
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+issued {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = w.Write([]byte("version of " + r.Header.Get("Authorization")))
	}))
	t.Cleanup(target.Close)
	dir := t.TempDir()
	path := filepath.Join(dir, "vega.hcl")
	if err := os.WriteFile(path, fmt.Appendf(nil, `
integration "api" {
  probe    = core.http
  interval = "0s"
  config {
    url          = "%s/"
    expect_regex = "^nothing$"
  }
  auth {
    token_url     = "%s/token"
    client_id     = "vega"
    client_secret = env("CLIENT_SECRET")
  }
}
integration "other" {
  probe    = core.http
  interval = "0s"
  config {
    url = "%s/"
  }
  auth {
    token_url     = "%s/token"
    client_id     = "other"
    client_secret = env("CLIENT_SECRET")
    scopes        = ["read"]
  }
}
`, target.URL, issuer.URL, target.URL, issuer.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	bundled, err := catalog.Bundled()
	if err != nil {
		t.Fatal(err)
	}
	cfg, ds := config.Load(path, config.Options{Bundled: bundled})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	if err := compiled.Core(cfg.DataDir); err != nil {
		t.Fatal(err)
	}
	d, err := Open(t.Context(), cfg, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	run := func(name string) engine.Report {
		health, err := d.Health(t.Context(), engine.Query{Names: []string{name}})
		if err != nil {
			t.Fatal(err)
		}
		r := health.Integrations[0]
		if text := fmt.Sprintf("%+v", r); strings.Contains(text, secret) || strings.Contains(text, issued) {
			t.Errorf("shown: %s", text)
		}
		return r
	}
	if r := run("api"); r.Status != check.Unhealthy || r.Cause != check.Target {
		t.Errorf("%s/%s %s", r.Status, r.Cause, r.Message)
	}
	broken.Store(true)
	r := run("other")
	if want := "no access token from " + issuer.URL + ": it answers 403 invalid_client (wrong secret (secret)); correct client_id and client_secret; this run says nothing about the target"; r.Status != check.Unknown || r.Cause != check.Host || r.Message != want {
		t.Errorf("%s/%s %s", r.Status, r.Cause, r.Message)
	}
	broken.Store(false)
	if r := run("other"); r.Status != check.Healthy {
		t.Errorf("%s/%s %s", r.Status, r.Cause, r.Message)
	}
}
