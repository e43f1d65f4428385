package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/realtest/tiny"
	"vega/plugins/manifest"
)

// TestSwappedFileIsNotLoaded: a file that is swapped after it was judged is not even
// compiled. The new content can't be compiled, which would be reported first.
func TestSwappedFileIsNotLoaded(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "tiny.wasm")
	if err := os.WriteFile(file, tiny.Web(t, "tiny"), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := manifest.Scan(dir, nil)
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	if err := os.WriteFile(file, []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{}).load(t.Context(), found[0]); err == nil || !strings.Contains(err.Error(), "changed while it was being loaded") {
		t.Errorf("a file that was swapped: %v", err)
	}
}
