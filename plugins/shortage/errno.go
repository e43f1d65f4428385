//go:build !windows

package shortage

import "syscall"

// kinds holds the errnos that mean a shortage whichever call returns them.
var kinds = map[syscall.Errno]func(syscall.Errno) *Error{
	syscall.EMFILE:  noDescriptor,
	syscall.ENFILE:  noDescriptorAnywhere,
	syscall.ENOBUFS: noMemory,
	syscall.ENOMEM:  noMemory,
	syscall.ENOSPC:  noRoom,
	syscall.EDQUOT:  noRoom,
}

func isNoPort(e syscall.Errno) bool { return e == syscall.EADDRNOTAVAIL }
