//go:build !linux

package realtest

import "testing"

// SmallDisk skips the test: only Linux mounts a file system for one.
func SmallDisk(t testing.TB, _ int) string {
	t.Helper()
	Missing(t, "only Linux makes small file systems for a test")
	return ""
}
