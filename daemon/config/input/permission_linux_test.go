package input

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"vega/daemon/config/diag"
)

// TestClosedDirectoryIsOneError checks that a user who may not look into the directory
// of the configuration, such as /etc/vega, reads one error, which says sudo.
func TestClosedDirectoryIsOneError(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "vega.hcl")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	var out diag.Collector
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // ends with this goroutine, and with it the other user
		if os.Getuid() == 0 {
			_ = unix.Setfsuid(65534)
		}
		Read(path, "", &out)
	}()
	<-done
	got := out.Diagnostics(func(f *diag.Source, i int) []byte { return f.Line(i) }, func(s string) string { return s })
	if len(got) != 1 || !strings.Contains(got[0].Detail, "permission denied") || !strings.Contains(got[0].Fix, "sudo") {
		t.Errorf("the diagnostics are %v", got)
	}
}
