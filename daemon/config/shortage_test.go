package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"vega/daemon/config/diag"
	"vega/daemon/config/input"
	"vega/daemon/realtest"
	"vega/plugins/manifest"
	"vega/plugins/signature"
)

// everyFile is a configuration that reads files of each kind.
func everyFile(t *testing.T) (path string, o Options) {
	t.Helper()
	dir := t.TempDir()
	cert, key := certificate(t)
	put(t, filepath.Join(dir, "cert.pem"), cert, 0o644)
	put(t, filepath.Join(dir, "key.pem"), key, 0o600)
	lay(t, dir, "api", "0123456789abcdef0123456789abcdef")
	lay(t, dir, "policies/more.hcl", "integration \"i\" {\n  probe = acme.look\n}\n")
	trusted, secret, err := signature.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	public, err := trusted.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	wasm, err := manifest.Pack([]byte("\x00asm\x01\x00\x00\x00"), &manifest.Manifest{ABI: manifest.V1, Name: "acme", Version: "1", Probes: []manifest.Probe{{Name: "look"}}})
	if err != nil {
		t.Fatal(err)
	}
	module := lay(t, dir, "plugins/acme.wasm", string(wasm))
	if err := os.WriteFile(module+signature.Suffix, secret.Sign(wasm, "a test's"), 0o644); err != nil {
		t.Fatal(err)
	}
	path = lay(t, dir, "vega.hcl", fmt.Sprintf(`
server {
  api_key = file("api")
  tls {
    cert_file = "cert.pem"
    key_file  = "key.pem"
  }
}
network {
  ca_file = "cert.pem"
}
plugins {
  trusted_keys = [%q]
}
`, public))
	o = options(t, nil)
	o.Scan = nil // the directory itself
	return path, o
}

// TestReadingUnderShortage checks that a file that cannot be read because
// descriptors ran out is not reported as missing, empty, unsigned or wrong.
func TestReadingUnderShortage(t *testing.T) {
	if !realtest.Apart(t, nil) {
		return
	}
	path, o := everyFile(t)
	plenty := Read(path, o)
	if plenty.Config == nil || len(plenty.Config.Integrations) != 1 {
		t.Fatal(shownText(t, plenty.Diagnostics))
	}
	files, err := input.Watched(path, input.Summary{})
	if err != nil {
		t.Fatal(err)
	}
	short := 0
	for left := range 6 {
		feed := realtest.Starve(t, left)
		r := Read(path, o)
		listed, unlisted := input.Watched(path, input.Summary{})
		feed()
		if r.Short != nil {
			short++
			if r.Config != nil || len(r.Diagnostics) != 1 || r.Diagnostics[0].Code != diag.Unreadable || r.Diagnostics[0].Fix != r.Short.Fix {
				t.Errorf("with %d descriptors left: %s", left, shownText(t, r.Diagnostics))
			}
		} else if r.Config == nil || !r.Inputs.Same(plenty.Inputs) || len(r.Diagnostics) != len(plenty.Diagnostics) {
			t.Errorf("with %d descriptors left: %s", left, shownText(t, r.Diagnostics))
		}
		if unlisted == nil && !slices.Equal(listed, files) {
			t.Errorf("with %d descriptors left there are %q", left, listed)
		}
	}
	if short == 0 || short == 6 {
		t.Errorf("short %d times of 6", short)
	}
}
