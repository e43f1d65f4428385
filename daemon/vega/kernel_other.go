//go:build !unix

package main

import "time"

// ownFiles does nothing, because this system has no umask.
func ownFiles() {}

// monotonic returns 0: no supervisor of this system asks for it.
func monotonic() time.Duration { return 0 }
