//go:build unix

package sockets

import (
	"errors"
	"syscall"
)

// forbidBroadcast makes the kernel refuse to connect a socket to a broadcast address,
// with EACCES.
func forbidBroadcast(c syscall.RawConn) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_BROADCAST, 0)
	})
	return errors.Join(err, failed)
}
