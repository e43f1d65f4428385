//go:build unix

package daemon

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestDataDirOfAnotherUser checks that the error names whose directory it is, and keeps
// its cause.
func TestDataDirOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files to other users")
	}
	denied := &fs.PathError{Op: "open", Path: "vega.db.lock", Err: syscall.EACCES}
	dir := t.TempDir()
	if err := os.Chown(dir, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, "not", "created")} {
		e, ok := errors.AsType[*DataDirError](inDataDir(path, denied))
		if !ok || e.Owner == e.User || e.Dir != path || e.Path != dir || !errors.Is(e, fs.ErrPermission) || !strings.Contains(e.Error(), dir+" belongs to "+e.Owner+", and vega runs as root") {
			t.Errorf("%s: %+v", path, e)
		}
	}
	own := t.TempDir()
	if e := inDataDir(own, denied); e.Error() != denied.Error() {
		t.Errorf("in its own directory: %v", e)
	}
	file := filepath.Join(own, "vega.db.lock")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(file, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if e := inDataDir(own, denied); !strings.Contains(e.Error(), file+" belongs to ") {
		t.Errorf("with a file of another user: %v", e)
	}
	if err := inDataDir(dir, syscall.ENOSPC); !errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), "belongs") {
		t.Errorf("another error: %v", err)
	}
}
