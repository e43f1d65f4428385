//go:build unix

package manifest

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestOwnersFromPipe checks that a pipe in place of the file is refused, because
// reading it would wait for a writer.
func TestOwnersFromPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), OwnersFile)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadOwners(path); err == nil || !strings.Contains(err.Error(), "is not a regular file; remove it") {
		t.Error(err)
	}
}
