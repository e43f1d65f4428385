//go:build !linux

package icmp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"time"

	"golang.org/x/net/icmp"
)

// Socket sends echo requests to one address. It is not safe for concurrent use. On this
// operating system it knows neither ICMP errors nor timestamps of the kernel.
type Socket struct {
	to   netip.Addr
	id   [2]byte
	conn *icmp.PacketConn
	buf  []byte
}

// Open returns a socket for an address. It sends nothing.
func Open(to netip.Addr) (*Socket, error) {
	s := &Socket{to: to.Unmap().WithZone("")}
	networks, any := []string{"udp4", "ip4:icmp"}, "0.0.0.0"
	if !s.to.Is4() {
		networks, any = []string{"udp6", "ip6:ipv6-icmp"}, "::"
	}
	if runtime.GOOS == "windows" { // has no ping sockets
		networks = networks[1:]
	}
	var err error
	for _, network := range networks {
		if s.conn, err = icmp.ListenPacket(network, any); err == nil {
			return s, nil
		}
	}
	if refused(err) {
		return nil, Forbidden(err)
	}
	return nil, err
}

// Close closes the socket.
func (s *Socket) Close() error { return s.conn.Close() }

func (s *Socket) interrupt() { _ = s.conn.SetReadDeadline(time.Unix(1, 0)) }

func (s *Socket) overflowed() bool { return false }

func (s *Socket) prepare(r Request) error {
	s.buf = make([]byte, headerSize+r.Size+1)
	switch {
	case r.TTL == 0:
		return nil
	case s.to.Is4():
		return s.conn.IPv4PacketConn().SetTTL(r.TTL)
	default:
		return s.conn.IPv6PacketConn().SetHopLimit(r.TTL)
	}
}

func (s *Socket) send(p []byte, _ func(event)) error {
	s.id = [2]byte(p[4:6])
	var to net.Addr = &net.IPAddr{IP: s.to.AsSlice()}
	if _, ok := s.conn.LocalAddr().(*net.UDPAddr); ok {
		to = &net.UDPAddr{IP: s.to.AsSlice()}
	}
	_, err := s.conn.WriteTo(p, to)
	return err
}

func (s *Socket) receive(ctx context.Context, until time.Time, take func(event)) error {
	if !until.After(time.Now()) {
		until = time.Now().Add(time.Millisecond) // long enough to read what is there
	}
	if err := s.conn.SetReadDeadline(until); err != nil {
		return err
	}
	if ctx.Err() != nil { // interrupt may have been earlier than the deadline above
		return ctx.Err()
	}
	n, from, err := s.conn.ReadFrom(s.buf)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	if err != nil {
		return err
	}
	e := event{kind: reply, message: s.buf[:n], from: address(from)}
	kind := byte(echoReply)
	if !s.to.Is4() {
		kind = echoReply6
	}
	if n >= headerSize && s.buf[0] == kind {
		take(e)
	}
	return nil
}

func address(a net.Addr) netip.Addr {
	var ip net.IP
	switch a := a.(type) {
	case *net.IPAddr:
		ip = a.IP
	case *net.UDPAddr:
		ip = a.IP
	}
	found, _ := netip.AddrFromSlice(ip)
	return found.Unmap()
}
