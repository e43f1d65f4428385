package realtest

import (
	"fmt"
	"syscall"
	"testing"
)

// SmallDisk returns a directory on a file system of its own, of so many bytes.
func SmallDisk(t testing.TB, size int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("vega-test", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		Missing(t, fmt.Sprintf("a file system can't be mounted here: %v; run the tests as root", err))
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}
