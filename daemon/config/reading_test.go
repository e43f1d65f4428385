package config

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"vega/daemon/config/input"
)

// lay writes a file below dir, and creates missing directories.
func lay(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	put(t, path, []byte(text), 0o600)
	return path
}

func TestReadingReportsItsInputs(t *testing.T) {
	dir := t.TempDir()
	path := lay(t, dir, "vega.hcl", "server {\n  api_key = file(\"key\")\n}\n")
	key := lay(t, dir, "key", "0123456789abcdef")
	o := options(t, nil)
	first := Read(path, o)
	if first.Config == nil || !first.Inputs.Same(Read(path, o).Inputs) || !first.Inputs.Same(first.Config.Inputs()) {
		t.Fatalf("the same files are not the same: %+v", first)
	}
	if sum := sha256.Sum256([]byte("server {\n  api_key = file(\"key\")\n}\n")); first.Inputs.Digest != hex.EncodeToString(sum[:]) || !slices.Equal(first.Inputs.Named, []string{key}) {
		t.Errorf("%+v", first.Inputs)
	}
	differs := func(what string) Reading {
		t.Helper()
		r := Read(path, o)
		if r.Inputs.Same(first.Inputs) {
			t.Errorf("%s: that is another configuration", what)
		}
		return r
	}
	lay(t, dir, "key", "fedcba9876543210")
	if r := differs("another secret"); r.Inputs.Digest != first.Inputs.Digest {
		t.Error("the digest depends on a secret")
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if r := differs("no secret"); r.Config != nil || !slices.Equal(r.Inputs.Named, []string{key}) {
		t.Errorf("a refused configuration names no file to wait for: %+v", r.Inputs)
	}
	lay(t, dir, "key", "0123456789abcdef")
	policy := lay(t, dir, "policies/a.hcl", "")
	lay(t, dir, "policies/.a.hcl.swp", "")
	lay(t, dir, "policies/.#a.hcl", "")
	lay(t, dir, "policies/a.hcl~", "")
	if r := differs("one policy more"); r.Inputs.Digest != first.Inputs.Digest || r.Inputs.Empty {
		t.Errorf("%+v", r.Inputs)
	}
	if got, err := input.Watched(path, input.Summary{}); err != nil || !slices.Equal(got, []string{path, policy}) {
		t.Errorf("the files are %q", got)
	}
	lay(t, dir, "vega.hcl", "")
	if r := differs("an empty file"); !r.Inputs.Empty || r.Config == nil {
		t.Errorf("%+v", r)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if r := differs("no file"); r.Inputs.Empty || r.Config != nil {
		t.Errorf("%+v", r)
	}
}
