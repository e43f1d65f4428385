package pages

import (
	"errors"
	"os"
	"syscall"
)

// seekData makes lseek look for bytes that are not in a hole.
const seekData = 3

// nextData returns the position of the first byte from at on that is not in a hole
// of the file, or size without one.
func nextData(file *os.File, at, size int64) int64 {
	next, err := file.Seek(at, seekData)
	switch {
	case errors.Is(err, syscall.ENXIO):
		return size
	case err != nil: // the file system does not know
		return at
	default:
		return next
	}
}
