//go:build !linux

package daemon

import "testing"

func smallDisk(t *testing.T, _ int) string {
	t.Helper()
	t.Skip("only Linux makes small file systems for a test")
	return ""
}
