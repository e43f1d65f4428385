//go:build unix

package manifest

import "syscall"

// asItIs keeps open from following a link and from waiting for a pipe's writer.
const asItIs = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
