package shortage

import "syscall"

// kinds holds the codes that mean a shortage whichever call returns them.
var kinds = map[syscall.Errno]func(syscall.Errno) *Error{
	4:     noDescriptor, // ERROR_TOO_MANY_OPEN_FILES
	10024: noDescriptor, // WSAEMFILE
	8:     noMemory,     // ERROR_NOT_ENOUGH_MEMORY
	14:    noMemory,     // ERROR_OUTOFMEMORY
	1450:  noMemory,     // ERROR_NO_SYSTEM_RESOURCES
	1455:  noMemory,     // ERROR_COMMITMENT_LIMIT
	10055: noMemory,     // WSAENOBUFS
	112:   noRoom,       // ERROR_DISK_FULL

	syscall.EMFILE: noDescriptor, // returned by vega's own code
	syscall.ENOSPC: noRoom,
	syscall.ENOMEM: noMemory,
}

func isNoPort(e syscall.Errno) bool { return e == 10049 } // WSAEADDRNOTAVAIL
