package sockets

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"

	"vega/plugins/fault"
)

// Path returns why this machine itself, its link or its gateway keeps packets
// from reaching addr (host:port), or nil if nothing speaks for that. It sends
// nothing, and does not wait. A silent neighbor on the same network is not its
// gateway, so it is the target's fault.
func Path(ctx context.Context, addr string) *fault.Own {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil //nolint:nilerr // then nothing is known of the way there
	}
	ip := to.Addr().Unmap()
	if own := route(ip); own != nil && ip.Zone() == "" {
		return own
	}
	return connectable(ctx, netip.AddrPortFrom(ip, max(to.Port(), 1)).String())
}

// connectable asks the kernel for a route, on every operating system: a
// datagram socket that connects needs one, and sends nothing.
func connectable(ctx context.Context, addr string) *fault.Own {
	conn, err := new(net.Dialer).DialContext(ctx, "udp", addr)
	if err == nil {
		_ = conn.Close() // nothing was sent
		return nil
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok && ctx.Err() == nil {
		return noRoute(addr, errno)
	}
	return nil
}

// noRoute words the refusal of a route. A shortage is worded by its errno.
func noRoute(addr string, errno syscall.Errno) *fault.Own {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	if !fault.Unreachable(errno) {
		_, own := fault.Judge(errno, fault.Unavailable)
		return own
	}
	return fault.New(errno, "this machine has no usable route to "+host+" ("+errno.Error()+")",
		"check its network interfaces and routes, such as with ip route get "+host)
}
