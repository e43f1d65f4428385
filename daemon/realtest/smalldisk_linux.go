package realtest

import (
	"fmt"
	"syscall"
	"testing"
)

// SmallDisk returns a directory on a separate file system of size bytes.
func SmallDisk(t testing.TB, size int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("vega-test", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		Missing(t, fmt.Sprintf("can't mount a file system: %v; run the tests as root", err))
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}
