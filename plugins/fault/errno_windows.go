package fault

import "syscall"

// errnos is the table of the codes of Windows Sockets and of the system, and of
// the errnos that Go's standard library invents for them.
var errnos = map[syscall.Errno]row{
	10061: ends(Refused),  // WSAECONNREFUSED
	1225:  ends(Refused),  // ERROR_CONNECTION_REFUSED
	1234:  ends(Refused),  // ERROR_PORT_UNREACHABLE
	10054: ends(Reset),    // WSAECONNRESET
	10057: ends(Reset),    // WSAENOTCONN
	10058: ends(Reset),    // WSAESHUTDOWN
	10101: ends(Reset),    // WSAEDISCON
	64:    ends(Reset),    // ERROR_NETNAME_DELETED
	109:   ends(Reset),    // ERROR_BROKEN_PIPE
	232:   ends(Reset),    // ERROR_NO_DATA
	10064: ends(Target),   // WSAEHOSTDOWN
	10065: ends(Target),   // WSAEHOSTUNREACH
	1232:  ends(Target),   // ERROR_HOST_UNREACHABLE
	1233:  ends(Target),   // ERROR_PROTOCOL_UNREACHABLE
	10060: ends(TimedOut), // WSAETIMEDOUT
	10035: ends(TimedOut), // WSAEWOULDBLOCK
	121:   ends(TimedOut), // ERROR_SEM_TIMEOUT
	258:   ends(TimedOut), // WAIT_TIMEOUT
	995:   ends(TimedOut), // ERROR_OPERATION_ABORTED, by a deadline
	10040: ends(TooLarge), // WSAEMSGSIZE

	10051: noRoute,     // WSAENETUNREACH
	1231:  noRoute,     // ERROR_NETWORK_UNREACHABLE
	10050: noNetwork,   // WSAENETDOWN
	10052: noNetwork,   // WSAENETRESET
	10053: noNetwork,   // WSAECONNABORTED: aborted by this machine
	1236:  noNetwork,   // ERROR_CONNECTION_ABORTED
	10013: forbidden,   // WSAEACCES
	5:     forbidden,   // ERROR_ACCESS_DENIED
	10022: noRoute,     // WSAEINVAL
	10049: noSource,    // WSAEADDRNOTAVAIL
	10048: noSource,    // WSAEADDRINUSE
	10041: unsupported, // WSAEPROTOTYPE
	10043: unsupported, // WSAEPROTONOSUPPORT
	10044: unsupported, // WSAESOCKTNOSUPPORT
	10045: unsupported, // WSAEOPNOTSUPP
	10046: unsupported, // WSAEPFNOSUPPORT
	10047: unsupported, // WSAEAFNOSUPPORT
	2:     noFile,      // ERROR_FILE_NOT_FOUND
	3:     noFile,      // ERROR_PATH_NOT_FOUND
	32:    noFile,      // ERROR_SHARING_VIOLATION

	syscall.ECONNREFUSED: ends(Refused),
	syscall.ECONNRESET:   ends(Reset),
	syscall.EPIPE:        ends(Reset),
	syscall.EHOSTUNREACH: ends(Target),
	syscall.ENETUNREACH:  noRoute,
	syscall.ENETDOWN:     noNetwork,
	syscall.EACCES:       forbidden,
	syscall.EPERM:        forbidden,
}

// unreachable lists the codes whose cause depends on the route.
var unreachable = map[syscall.Errno]bool{10065: true, 10051: true, 10064: true, 10050: true, 10060: true, 10013: true, 10049: true, 1231: true, 1232: true, 121: true}
