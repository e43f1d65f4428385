package fault

import "syscall"

// Linux translates the ICMP messages about isolated and unknown hosts to errnos
// of their own.
func init() {
	errnos[syscall.ENONET] = noRoute
	errnos[syscall.EREMOTEIO] = ends(Target)
	errnos[syscall.EREMCHG] = ends(Target)
	errnos[syscall.ECOMM] = noNetwork
	errnos[syscall.ENOLINK] = noNetwork
	errnos[syscall.ETIME] = ends(TimedOut)
	unreachable[syscall.ENONET] = true
}
