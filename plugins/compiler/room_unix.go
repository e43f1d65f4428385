//go:build linux || darwin || freebsd

package compiler

import (
	"path/filepath"

	"golang.org/x/sys/unix"
)

// freeSpace returns how many bytes this process may write to the disk of dir, or
// of the nearest directory above it that exists. ok is false if the system does
// not say.
func freeSpace(dir string) (free uint64, ok bool) {
	for {
		var s unix.Statfs_t
		if err := unix.Statfs(dir, &s); err == nil {
			return uint64(max(0, int64(s.Bavail))) * uint64(s.Bsize), s.Blocks > 0
		}
		above := filepath.Dir(dir)
		if above == dir {
			return 0, false
		}
		dir = above
	}
}
