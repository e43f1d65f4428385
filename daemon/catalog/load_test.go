package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/realtest/tiny"
	"vega/plugins/manifest"
)

// TestSwappedFileIsNotLoaded replaces a file after it was admitted. The new content
// does not compile, so a compile error would mean that vega used the content.
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
		t.Errorf("load of a swapped file: %v", err)
	}
}
