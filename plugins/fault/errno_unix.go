//go:build !windows

package fault

import "syscall"

// errnos is the table of the errnos that a socket or file call can return. It
// lists the shortages of package shortage, too, for calls of which a shortage
// is unusual.
//
// EHOSTUNREACH is the target's: the router or the neighbor in front of it
// reports that it does not answer, or its own firewall refuses. Package sockets
// first rules out that this machine has no route or that its gateway is gone.
// ENETUNREACH is vega's: this machine has no route, or a router has none to the
// whole network, which says nothing about the target.
var errnos = map[syscall.Errno]row{
	syscall.ECONNREFUSED: ends(Refused),
	syscall.ECONNRESET:   ends(Reset),
	syscall.ECONNABORTED: ends(Reset),
	syscall.EPIPE:        ends(Reset),
	syscall.ENOTCONN:     ends(Reset),
	syscall.ESHUTDOWN:    ends(Reset),
	syscall.EHOSTUNREACH: ends(Target),
	syscall.EHOSTDOWN:    ends(Target),
	syscall.ENOPROTOOPT:  ends(Target), // it does not speak the transport protocol
	syscall.EPROTO:       ends(Target),
	syscall.EBADMSG:      ends(Target),
	syscall.EILSEQ:       ends(Target),
	syscall.ETIMEDOUT:    ends(TimedOut),
	syscall.EAGAIN:       ends(TimedOut),
	syscall.ECANCELED:    ends(TimedOut),
	syscall.EMSGSIZE:     ends(TooLarge),
	syscall.E2BIG:        ends(TooLarge),

	syscall.ENETUNREACH: noRoute,
	syscall.ENETDOWN:    noNetwork,
	syscall.ENETRESET:   noNetwork,
	syscall.ENODEV:      noNetwork,
	syscall.ENXIO:       noNetwork,
	syscall.EACCES:      forbidden,
	syscall.EPERM:       forbidden,
	syscall.EINVAL:      noRoute, // a blackhole route

	syscall.EADDRNOTAVAIL:   noSource,
	syscall.EADDRINUSE:      noSource,
	syscall.EDESTADDRREQ:    noSource,
	syscall.EAFNOSUPPORT:    unsupported,
	syscall.EPFNOSUPPORT:    unsupported,
	syscall.EPROTONOSUPPORT: unsupported,
	syscall.ESOCKTNOSUPPORT: unsupported,
	syscall.EPROTOTYPE:      unsupported,
	syscall.EOPNOTSUPP:      unsupported,
	syscall.ENOSYS:          unsupported,

	syscall.ENOENT:       noFile,
	syscall.ENOTDIR:      noFile,
	syscall.EISDIR:       noFile,
	syscall.ELOOP:        noFile,
	syscall.ENAMETOOLONG: noFile,
	syscall.EIO:          noFile,
	syscall.EROFS:        noFile,

	syscall.EBADF:       unknownErrno,
	syscall.ENOTSOCK:    unknownErrno,
	syscall.EISCONN:     unknownErrno,
	syscall.EALREADY:    unknownErrno,
	syscall.EINPROGRESS: unknownErrno,
	syscall.EINTR:       unknownErrno,
	syscall.EFAULT:      unknownErrno,
}

// unreachable lists the errnos whose cause depends on the route.
var unreachable = map[syscall.Errno]bool{
	syscall.EHOSTUNREACH: true, syscall.ENETUNREACH: true, syscall.EHOSTDOWN: true, syscall.ENETDOWN: true, syscall.ETIMEDOUT: true,
	syscall.EACCES: true, syscall.EPERM: true, syscall.EINVAL: true, syscall.EADDRNOTAVAIL: true,
}
