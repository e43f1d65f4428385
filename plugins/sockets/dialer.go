package sockets

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"vega/plugins/fault"
	"vega/plugins/shortage"
)

// lookupRoom is the number of descriptors that a lookup has open at the same
// time: one for each address family, and one for a file such as /etc/hosts.
const lookupRoom = 3

// Dialer connects and resolves. The zero Dialer uses the system's resolver.
type Dialer struct {
	// Server is the DNS server, host:port; "" means the system's. Lookups use
	// the system's hosts file with either.
	Server string
	// KeepAlive is the setting of a net.Dialer: 0 means Go's default, and a
	// negative value disables keep-alive.
	KeepAlive time.Duration

	controls controls
}

// Dial connects to one literal address.
func (d *Dialer) Dial(ctx context.Context, network, address string, a *Allowance) (net.Conn, error) {
	if err := a.take(); err != nil {
		return nil, err
	}
	return d.connect(ctx, network, address, a, false)
}

// connect is like Dial, for a caller that already has a place in the allowance.
// It releases the place if the connection fails.
func (d *Dialer) connect(ctx context.Context, network, address string, a *Allowance, brief bool) (net.Conn, error) {
	plain := net.Dialer{KeepAlive: d.KeepAlive, Control: unicast}
	conn, err := plain.DialContext(ctx, network, address)
	if err == nil {
		return counted(conn, a, brief), nil
	}
	a.give(brief)
	if network == "udp" && errors.Is(err, syscall.EACCES) && connectable(ctx, address) == nil { // not so with a prohibited route
		return nil, ErrBroadcast
	}
	return nil, unreached(ctx, address, err)
}

// unreached returns the error of a connection that failed. If the reason is on
// this machine's side of the way there, it is a fault.Own.
func unreached(ctx context.Context, address string, err error) error {
	if s := shortage.Of(err); s != nil && !(errors.Is(err, syscall.EADDRNOTAVAIL) && sourceless(ctx, address)) {
		return err
	}
	if timeout, ok := errors.AsType[net.Error](err); !fault.Unreachable(err) && !(ok && timeout.Timeout()) {
		return err
	}
	if own := Path(context.WithoutCancel(ctx), address); own != nil {
		return own
	}
	return err
}

// sourceless reports whether this machine has no address to connect from, as
// for IPv6 when it is disabled. The kernel reports that like exhausted ports,
// but a datagram socket needs no such port.
func sourceless(ctx context.Context, address string) bool {
	conn, err := new(net.Dialer).DialContext(ctx, "udp", address)
	if err != nil {
		return errors.Is(err, syscall.EADDRNOTAVAIL)
	}
	_ = conn.Close() // nothing was sent
	return false
}

// DialContext connects to host:port, in the form that database drivers use, or
// to the path of a socket.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if network == "unix" {
		return d.Dial(ctx, network, address, nil)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: the port must be a number", address)
	}
	ips, err := d.Lookup(ctx, host, nil)
	if err != nil {
		return nil, err
	}
	var addrs []netip.AddrPort
	for _, ip := range ips {
		if ip = ip.Unmap(); !strings.HasSuffix(network, "4") && !strings.HasSuffix(network, "6") || strings.HasSuffix(network, "4") == ip.Is4() {
			addrs = append(addrs, netip.AddrPortFrom(ip, uint16(n)))
		}
	}
	return d.Connect(ctx, network, addrs, nil)
}

// LookupHost is like Lookup, in the form that pgx uses.
func (d *Dialer) LookupHost(ctx context.Context, host string) ([]string, error) {
	ips, err := d.Lookup(ctx, host, nil)
	out := make([]string, len(ips))
	for i, ip := range ips {
		out[i] = ip.String()
	}
	return out, err
}

// Lookup resolves a host, which may be an address.
func (d *Dialer) Lookup(ctx context.Context, host string, a *Allowance) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	var ips []netip.Addr
	err := d.Ask(ctx, host, a, func(r *net.Resolver) (err error) {
		ips, err = r.LookupNetIP(ctx, "ip", host)
		return err
	})
	return ips, err
}

// Ask calls question, about name, with a new resolver, and returns its error as
// Watch.Judge words it. Package net falls back to other servers, or ignores
// the hosts file, if it can't open its files; hence the check for descriptors
// before, and, for a resolver other than Go's, after.
func (d *Dialer) Ask(ctx context.Context, name string, a *Allowance, question func(*net.Resolver) error) error {
	if err := shortage.Room(lookupRoom); err != nil {
		return err
	}
	w := d.Watch(ctx)
	defer w.End()
	err := question(&net.Resolver{PreferGo: d.Server != "", Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if d.Server != "" {
			address = d.Server
		}
		return w.Dial(ctx, network, address, a, true)
	}})
	if err == nil {
		return nil
	}
	err = w.Judge(ctx, name, err)
	if shortage.Of(err) == nil {
		if late := shortage.Room(1); late != nil {
			return late
		}
	}
	return err
}
