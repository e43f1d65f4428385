package cli

import (
	"os"
	"path/filepath"
	"testing"
)

// TestDefaultPath checks that the file of this directory comes before that of the
// system, and is the one to name if there is none.
func TestDefaultPath(t *testing.T) {
	dir := t.TempDir()
	local, system := filepath.Join(dir, "here.hcl"), filepath.Join(dir, "etc", "vega.hcl")
	expect := func(want string) {
		t.Helper()
		if got := DefaultPath(local, system); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	expect(local)
	if err := os.WriteFile(filepath.Join(dir, "etc"), nil, 0o600); err != nil { // not a directory
		t.Fatal(err)
	}
	expect(local)
	if err := os.Remove(filepath.Join(dir, "etc")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "etc"), 0o700); err != nil {
		t.Fatal(err)
	}
	expect(local)
	if err := os.WriteFile(system, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	expect(system)
	if err := os.Symlink("nowhere", local); err != nil { // a broken link is a mistake to report
		t.Fatal(err)
	}
	expect(local)
}
