package daemon

import (
	"os"
	"path/filepath"
	"testing"
)

// The states of plugins, as in the API.
const (
	loaded    = "loaded"
	loading   = "loading"
	refused   = "refused"
	withdrawn = "withdrawn"
)

// compileFirst is the reason that a plugin reports while it is being compiled.
const compileFirst = "its module is still being compiled"

// write writes a file atomically by renaming a temporary one.
func write(t *testing.T, dir, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	hidden := filepath.Join(dir, "."+name)
	if err := os.WriteFile(hidden, content, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(hidden, filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}
