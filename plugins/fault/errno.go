package fault

import (
	"errors"
	"net"
	"syscall"
)

// A row is one way in which a call can end.
type row struct {
	end       End
	what, fix string // of an end of vega's own
}

// own returns a row of vega's own trouble.
func own(what, fix string) row { return row{Unavailable, what, fix} }

func ends(e End) row { return row{end: e} }

// The troubles of this machine that several errnos report.
var (
	noRoute      = own("this machine has no route to the address", "check its network interfaces and routes (ip route get ADDRESS)")
	noNetwork    = own("this machine's network is down", "check its network interfaces (ip link)")
	forbidden    = own("this machine does not allow vega to make this connection", "check its firewall, a prohibit route, and IPAddressDeny in vega's systemd unit")
	unsupported  = own("this machine does not support this kind of connection", "check that IPv4 and IPv6 are enabled in its kernel, and RestrictAddressFamilies in vega's systemd unit")
	noSource     = own("this machine has no address to connect from", "check the addresses of its network interfaces (ip address)")
	unknownErrno = own("this machine refused a system call of vega", "look into the kernel's log (dmesg) and the restrictions in vega's systemd unit")
	noFile       = own("vega cannot read a file that it needs", "check that it exists and that vega's user may read it")
)

// judgeErrno looks an errno up. The file of a local socket that is missing
// means that its server does not run.
func judgeErrno(errno syscall.Errno, err error) (End, *Own) {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Net == "unix" && op.Op == "dial" && errno == syscall.ENOENT {
		return Refused, nil
	}
	r, listed := errnos[errno]
	if !listed && errno.Timeout() {
		r, listed = ends(TimedOut), true
	}
	if !listed {
		r = unknownErrno
	}
	if r.end != Unavailable {
		return r.end, nil
	}
	return r.end, New(errno, r.what+" ("+errno.Error()+")", r.fix)
}

// Unreachable reports whether err says that an address can't be reached, which
// has its cause at either end.
func Unreachable(err error) bool {
	errno, ok := errors.AsType[syscall.Errno](err)
	return ok && unreachable[errno]
}
