package plan_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vega/daemon/plan"
)

// How an integration connects is part of the plan; what may be secret is not
// shown.
func TestConnectionsArePlanned(t *testing.T) {
	dir := t.TempDir()
	old := read(t, dir, before, "one")
	next := read(t, dir, strings.NewReplacer(
		`headers = { Authorization = "Bearer ${env("TOKEN_A")}" }`, ``,
		`integration "web" {`, `integration "web" {
  connect_to = "10.0.0.7:443"
  tls {
    min_version = "1.3"
    server_name = "a.example.com"
    skip_verify = true
  }
  auth {
    token = env("TOKEN_A")
  }
  grant {
    plaintext = true
  }`).Replace(before), "one")
	p := plan.Between(old, next)
	var names []string
	shown := map[string]string{}
	for _, a := range p.Integrations[0].Attributes {
		names = append(names, a.Name)
		if a.To != nil {
			shown[a.Name] = *a.From + " -> " + *a.To
		}
	}
	if want := []string{"connect_to", "tls.server_name", "tls.min_version", "tls.skip_verify", "auth", "config.headers", "grant"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
	if shown["connect_to"] != " -> 10.0.0.7:443" || shown["tls.min_version"] != "TLS 1.2 -> TLS 1.3" || shown["auth"] != "" {
		t.Errorf("%q", shown)
	}
	text, err := json.Marshal(p)
	if err != nil || strings.Contains(string(text), canary) {
		t.Errorf("%s, %v", text, err)
	}
	if p := plan.Between(next, read(t, dir, strings.Replace(string(mustRead(t, dir)), `env("TOKEN_A")
  }
  grant`, `env("TOKEN_B")
  }
  grant`, 1), "one")); len(p.Integrations) != 1 || p.Integrations[0].Attributes[0].Name != "auth" {
		t.Errorf("another token: %+v", p.Integrations)
	}
}

func mustRead(t *testing.T, dir string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "vega.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
