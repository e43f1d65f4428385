package build

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestBuildWithoutTemporaryDirectory checks that a build says which directory it
// lacks.
func TestBuildWithoutTemporaryDirectory(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "missing"))
	if _, err := inTemp(func(string) error { return nil }); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "set TMPDIR") {
		t.Error(err)
	}
}
