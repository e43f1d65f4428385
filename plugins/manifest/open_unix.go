//go:build unix

package manifest

import "syscall"

// asItIs opens neither what a link points to nor waits for a pipe's writer.
const asItIs = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
