package file

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCreateKeepsExisting checks that Create does not change a file that exists.
func TestCreateKeepsExisting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vega.hcl")
	if err := Create(path, []byte("first"), 0o600, "-c"); err != nil {
		t.Fatal(err)
	}
	if err := Create(path, []byte("second"), 0o600, "-c"); err == nil || !strings.Contains(err.Error(), "choose another file with -c") {
		t.Errorf("got %v", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "first" {
		t.Errorf("%q, %v", b, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestReplaceLeavesNothingBehind checks that a failed Replace changes nothing, and
// that no temporary file stays.
func TestReplaceLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "vega.hcl")
	if err := Replace(path, []byte("new")); err == nil {
		t.Error("a missing file was replaced")
	}
	if err := os.WriteFile(path, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := Replace(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "new" {
		t.Errorf("%q, %v", b, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}
