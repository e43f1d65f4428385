// Package shortage recognizes errors that mean vega or its machine has run out
// of a resource: file descriptors, local ports, socket memory, disk space. A
// call that fails for such a reason says nothing about its target.
//
// Call Of with any error; it inspects everything that the error wraps, and
// never its text. Code that passes descriptors to a library that reports no
// errno calls Room before and after. The package is a leaf.
package shortage

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// Error is a shortage. It keeps nothing of the error it was found in.
type Error struct {
	What string // the shortage, such as "vega has no file descriptors left (limit 48)"
	Fix  string // how to fix it

	errno syscall.Errno
}

// New returns the shortage for an errno with the given description and fix.
func New(errno syscall.Errno, what, fix string) *Error { return &Error{what, fix, errno} }

// Error returns the shortage and its fix.
func (e *Error) Error() string { return e.What + ": " + e.Fix }

// Unwrap returns the errno.
func (e *Error) Unwrap() error { return e.errno }

// Of returns the shortage that err is or wraps, or nil.
func Of(err error) *Error {
	switch e := err.(type) { //nolint:errorlint // it walks the tree itself: a join has several branches
	case nil:
		return nil
	case *Error:
		return e
	case syscall.Errno:
		if k := kinds[e]; k != nil {
			return k(e)
		}
		return nil
	case *os.SyscallError:
		if s := ofCall(e.Syscall, e.Err); s != nil {
			return s
		}
	case *fs.PathError:
		if s := ofCall(e.Op, e.Err); s != nil {
			return s
		}
	}
	switch e := err.(type) { //nolint:errorlint // as above
	case interface{ Unwrap() error }:
		return Of(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			if s := Of(one); s != nil {
				return s
			}
		}
	}
	return nil
}

// ofCall recognizes errnos that mean a shortage only from some system calls:
// elsewhere EAGAIN means "not yet", and EADDRNOTAVAIL a wrong address.
func ofCall(call string, err error) *Error {
	errno, ok := err.(syscall.Errno) //nolint:errorlint // what a system call returned, not what wraps it
	if !ok {
		return nil
	}
	switch {
	case isNoPort(errno) && call == "connect":
		return noPort(errno)
	case errno == syscall.EAGAIN && (call == "connect" || call == "bind"):
		return noPort(errno)
	case errno == syscall.EAGAIN && call == "socket":
		return noSocket(errno)
	case errno == syscall.EAGAIN && call == "fork/exec":
		return noProcess(errno)
	default:
		return nil
	}
}

// MoreDescriptors is the fix when vega's own limit is too low.
const MoreDescriptors = "raise LimitNOFILE in vega's systemd unit, or ulimit -n where it is started"

func noDescriptor(errno syscall.Errno) *Error {
	what := "vega has no file descriptors left"
	if n, ok := Limit(); ok {
		what += fmt.Sprintf(" (limit %d)", n)
	}
	return New(errno, what, MoreDescriptors)
}

func noDescriptorAnywhere(errno syscall.Errno) *Error {
	return New(errno, "this machine has no file descriptors left for any program", "raise fs.file-max, or stop the program that uses most of them")
}

func noMemory(errno syscall.Errno) *Error {
	return New(errno, "the kernel has no memory left for vega's sockets, files and mappings", "give the machine or the container more memory")
}

func noPort(errno syscall.Errno) *Error {
	return New(errno, "this machine has no local ports left for connections to that address", "widen net.ipv4.ip_local_port_range, or run fewer checks of it")
}

func noSocket(errno syscall.Errno) *Error {
	return New(errno, "the kernel refuses to give vega another socket at the moment", "check dmesg for socket and memory limits")
}

func noProcess(errno syscall.Errno) *Error {
	return New(errno, "the kernel refuses to start another process for vega", "raise TasksMax or LimitNPROC in its systemd unit")
}

func noRoom(errno syscall.Errno) *Error {
	return New(errno, "the disk that vega writes to is full", "free some space, or raise the quota")
}
