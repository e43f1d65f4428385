package daemon

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vega/plugins/manifest"
)

// TestWhatWasJudgedIsLoaded: a file that is swapped after it was judged is not
// even compiled. What is put there can't be, which would be told first.
func TestWhatWasJudgedIsLoaded(t *testing.T) {
	h := build(t, "")
	file := filepath.Join(h.plugins(), "tiny.wasm")
	found, err := manifest.Scan(h.plugins())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("garbage"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if f.File != file {
			continue
		}
		if _, err := h.load(t.Context(), f); err == nil || !strings.Contains(err.Error(), "changed while it was being loaded") {
			t.Errorf("a file that was swapped: %v", err)
		}
	}
}
