package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vega/plugins/manifest"
)

// TestArguments checks that secrets are refused as arguments of a Nagios
// plugin, which would see only useless placeholders.
func TestArguments(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plugin.hcl")
	if err := os.WriteFile(path, []byte(`abi = "nagios"
name = "acme"
version = "1.0.0"
probe "load" {
  option "args" {
    type = "list"
  }
}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	o := options(t, map[string]string{"TOKEN": "canary-in-the-environment", "WARN": "5"})
	acme := found(t, path, "plugins/acme.wasm")
	o.Scan = func(string, manifest.Admit) ([]manifest.Found, error) { return []manifest.Found{acme}, nil }
	source := func(args string) string {
		return "integration \"a\" {\n  probe = acme.load\n  config {\n    args = [" + args + "]\n  }\n}\n"
	}
	c := good(t, source(`"-w", "5", ""`), o)
	args, _ := c.Integrations[0].Values["args"].([]manifest.Value)
	if len(args) != 3 || args[1].(manifest.Text).Reveal() != "5" {
		t.Errorf("%v", args)
	}
	for args, want := range map[string]string{
		`"-p", env("TOKEN")`:           "error[VEGA005]",
		`"--password=${env("TOKEN")}"`: "error[VEGA005]",
		`"-w", env("WARN")`:            "cannot contain values of env() or file()",
		`"-w", "5\u0000"`:              "error[VEGA014]",
		`5`:                            "error[VEGA012]",
	} {
		_, ds := load(t, source(args), o)
		if text := shownText(t, ds); !ds.HasErrors() || !strings.Contains(text, want) || strings.Contains(text, "canary") {
			t.Errorf("%s:\n%s", args, text)
		}
	}
}
