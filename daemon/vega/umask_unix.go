//go:build unix

package main

import "syscall"

// ownFiles clears the owner's bits of the umask. With a umask that takes them away,
// vega could not read its own database and key again.
func ownFiles() {
	mask := syscall.Umask(0o077)
	syscall.Umask(mask &^ 0o700)
}
