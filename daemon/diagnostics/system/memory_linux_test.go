package system

import (
	"os"
	"path/filepath"
	"testing"
)

// TestHostMemoryWithoutProc checks that memory that can't be read is an error, and not
// 0 bytes.
func TestHostMemoryWithoutProc(t *testing.T) {
	empty := t.TempDir()
	if err := os.Mkdir(filepath.Join(empty, "proc"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(empty, "proc", "meminfo"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, root := range []string{t.TempDir(), empty} {
		if total, _, err := newAt(root).HostMemory(t.Context()); err == nil {
			t.Errorf("%d bytes", total)
		}
	}
	if total, _, err := New().HostMemory(t.Context()); err != nil || total == 0 {
		t.Errorf("%d, %v", total, err)
	}
}
