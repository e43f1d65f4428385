//go:build !windows

package fault_test

import (
	"syscall"
	"testing"

	"vega/plugins/fault"
)

// targets lists the errnos that only the target, or the network next to it, can
// have caused.
var targets = map[syscall.Errno]bool{
	syscall.ECONNREFUSED: true, syscall.ECONNRESET: true, syscall.ECONNABORTED: true, syscall.EPIPE: true, syscall.ENOTCONN: true,
	syscall.ESHUTDOWN: true, syscall.EHOSTUNREACH: true, syscall.EHOSTDOWN: true, syscall.ENOPROTOOPT: true, syscall.EPROTO: true,
	syscall.EBADMSG: true, syscall.EILSEQ: true,
}

// TestErrnos has one row for each errno that a socket, file or resolver call is
// documented to return.
func TestErrnos(t *testing.T) {
	for errno, want := range map[syscall.Errno]fault.End{
		syscall.ECONNREFUSED: fault.Refused, syscall.ECONNRESET: fault.Reset, syscall.ECONNABORTED: fault.Reset, syscall.EPIPE: fault.Reset,
		syscall.ENOTCONN: fault.Reset, syscall.ESHUTDOWN: fault.Reset, syscall.EHOSTUNREACH: fault.Target, syscall.EHOSTDOWN: fault.Target,
		syscall.ENOPROTOOPT: fault.Target, syscall.EPROTO: fault.Target, syscall.EBADMSG: fault.Target, syscall.EILSEQ: fault.Target,
		syscall.ETIMEDOUT: fault.TimedOut, syscall.EAGAIN: fault.TimedOut, syscall.ECANCELED: fault.TimedOut,
		syscall.EMSGSIZE: fault.TooLarge, syscall.E2BIG: fault.TooLarge,
		syscall.ENETUNREACH: fault.Unavailable, syscall.ENETDOWN: fault.Unavailable, syscall.ENETRESET: fault.Unavailable, syscall.ENODEV: fault.Unavailable,
		syscall.ENXIO: fault.Unavailable, syscall.EACCES: fault.Unavailable, syscall.EPERM: fault.Unavailable, syscall.EINVAL: fault.Unavailable,
		syscall.EADDRNOTAVAIL: fault.Unavailable, syscall.EADDRINUSE: fault.Unavailable, syscall.EDESTADDRREQ: fault.Unavailable,
		syscall.EAFNOSUPPORT: fault.Unavailable, syscall.EPFNOSUPPORT: fault.Unavailable, syscall.EPROTONOSUPPORT: fault.Unavailable,
		syscall.ESOCKTNOSUPPORT: fault.Unavailable, syscall.EPROTOTYPE: fault.Unavailable, syscall.EOPNOTSUPP: fault.Unavailable,
		syscall.ENOSYS: fault.Unavailable, syscall.ENOENT: fault.Unavailable, syscall.ENOTDIR: fault.Unavailable, syscall.EISDIR: fault.Unavailable,
		syscall.ELOOP: fault.Unavailable, syscall.ENAMETOOLONG: fault.Unavailable, syscall.EIO: fault.Unavailable, syscall.EROFS: fault.Unavailable,
		syscall.EBADF: fault.Unavailable, syscall.ENOTSOCK: fault.Unavailable, syscall.EISCONN: fault.Unavailable, syscall.EALREADY: fault.Unavailable,
		syscall.EINPROGRESS: fault.Unavailable, syscall.EINTR: fault.Unavailable, syscall.EFAULT: fault.Unavailable,
		syscall.EMFILE: fault.Unavailable, syscall.ENFILE: fault.Unavailable, syscall.ENOBUFS: fault.Unavailable, syscall.ENOMEM: fault.Unavailable,
		syscall.ENOSPC: fault.Unavailable, syscall.EDQUOT: fault.Unavailable,
		syscall.Errno(4000): fault.Unavailable, // one that no system knows
	} {
		if end, _ := fault.Judge(call("read", errno), fault.Target); end != want {
			t.Errorf("%v: %+v, want %+v", errno, end, want)
		}
	}
}
