//go:build !linux

package realtest

import "testing"

// SmallDisk skips the test, because it needs Linux.
func SmallDisk(t testing.TB, _ int) string {
	t.Helper()
	Missing(t, "small file systems for tests need Linux")
	return ""
}
