//go:build unix

package config

import (
	"io/fs"
	"syscall"
)

// modesTell says that a file's mode tells who can read it.
const modesTell = true

func ownedByRoot(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && s.Uid == 0
}
