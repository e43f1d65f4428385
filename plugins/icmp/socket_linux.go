package icmp

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Socket sends echo requests to one address. It is not safe for concurrent use.
type Socket struct {
	to   netip.Addr
	raw  bool
	id   uint16 // of the requests of a raw socket, once one was sent
	file *os.File
	conn syscall.RawConn

	// Of the message that was received last.
	buf, oob []byte
	sender   [unix.SizeofSockaddrInet6]byte
	foreign  uint32 // packets that the kernel dropped before the call of Ping
}

// Open returns a socket for an address. It sends nothing. The error is ErrBroadcast for
// such an address, and a *fault.Own if vega may not send echo requests.
func Open(to netip.Addr) (*Socket, error) {
	s := &Socket{to: to.Unmap().WithZone(""), oob: make([]byte, 512)}
	fd, err := s.open()
	if err != nil {
		return nil, err
	}
	if err = s.setUp(fd); err == nil {
		err = s.connect(fd)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	s.file = os.NewFile(uintptr(fd), "icmp "+to.String()) // not blocking, so waits do not take a thread
	if s.conn, err = s.file.SyscallConn(); err != nil {
		return nil, errors.Join(err, s.file.Close())
	}
	return s, nil
}

// open opens a ping socket, or else a raw one.
func (s *Socket) open() (int, error) {
	family, protocol := unix.AF_INET, unix.IPPROTO_ICMP
	if !s.to.Is4() {
		family, protocol = unix.AF_INET6, unix.IPPROTO_ICMPV6
	}
	const flags = unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|flags, protocol)
	if err == nil || !refused(err) {
		return fd, os.NewSyscallError("socket", err)
	}
	s.raw = true
	if fd, err = unix.Socket(family, unix.SOCK_RAW|flags, protocol); err != nil && refused(err) {
		return -1, Forbidden(err)
	}
	return fd, os.NewSyscallError("socket", err)
}

// setUp enables the kernel's timestamps, and the queue of ICMP errors. Timestamps may
// be missing from a kernel; then those of this process count.
func (s *Socket) setUp(fd int) error {
	const stamps = unix.SOF_TIMESTAMPING_SOFTWARE | unix.SOF_TIMESTAMPING_RX_SOFTWARE | unix.SOF_TIMESTAMPING_TX_SCHED | unix.SOF_TIMESTAMPING_OPT_TSONLY
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPING, stamps)
	set := func(level, option, value int) error {
		return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, level, option, value))
	}
	if s.to.Is4() {
		if s.raw {
			_ = set(unix.SOL_RAW, icmpFilter, ^(1 << echoReply)) // the rest is ignored anyway
		}
		// Routers on the way may fragment a large request.
		return errors.Join(set(unix.SOL_IP, unix.IP_RECVERR, 1), set(unix.SOL_IP, unix.IP_RECVTTL, 1), set(unix.SOL_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DONT))
	}
	if s.raw {
		var block unix.ICMPv6Filter
		for i := range block.Data {
			block.Data[i] = ^uint32(0)
		}
		block.Data[echoReply6>>5] &^= 1 << (echoReply6 & 31)
		_ = unix.SetsockoptICMPv6Filter(fd, unix.SOL_ICMPV6, unix.ICMPV6_FILTER, &block)
	}
	return errors.Join(set(unix.SOL_IPV6, unix.IPV6_RECVERR, 1), set(unix.SOL_IPV6, unix.IPV6_RECVHOPLIMIT, 1))
}

// icmpFilter is the kernel's ICMP_FILTER: the types that a raw socket does not receive.
const icmpFilter = 1

// connect binds the socket to the address, so that the kernel reports ICMP errors about
// it. The kernel refuses broadcast addresses in the same way as a prohibited route,
// unless they are allowed; connecting sends nothing.
func (s *Socket) connect(fd int) error {
	err := unix.Connect(fd, s.sockaddr())
	if errors.Is(err, unix.EACCES) && unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BROADCAST, 1) == nil && unix.Connect(fd, s.sockaddr()) == nil {
		return ErrBroadcast
	}
	return os.NewSyscallError("connect", err)
}

func (s *Socket) sockaddr() unix.Sockaddr {
	if s.to.Is4() {
		return &unix.SockaddrInet4{Addr: s.to.As4()}
	}
	return &unix.SockaddrInet6{Addr: s.to.As16()}
}

// Close closes the socket.
func (s *Socket) Close() error { return s.file.Close() }

// interrupt ends a wait in receive.
func (s *Socket) interrupt() { _ = s.file.SetReadDeadline(time.Unix(1, 0)) }

// prepare sets up what depends on the requests.
func (s *Socket) prepare(r Request) error {
	const ipHeader = 60
	s.buf = make([]byte, ipHeader+headerSize+r.Size+1)
	level, option := unix.SOL_IP, unix.IP_TTL
	if !s.to.Is4() {
		level, option = unix.SOL_IPV6, unix.IPV6_UNICAST_HOPS
	}
	var err error
	e := s.conn.Control(func(fd uintptr) {
		if room := min(r.Count, unread) * (r.Size + packetOverhead); room > usualBuffer {
			_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, room) // as far as net.core.rmem_max allows
		}
		if r.TTL > 0 {
			err = unix.SetsockoptInt(int(fd), level, option, r.TTL)
		}
	})
	if e != nil {
		return e
	}
	if s.raw { // until it was connected, it received the replies to others
		if e := s.conn.Control(func(fd uintptr) { s.look(int(fd), func(event) {}) }); e != nil {
			return e
		}
		s.foreign = s.dropped()
	}
	return os.NewSyscallError("setsockopt", err)
}

const (
	unread         = 8       // replies that may arrive before this process reads one
	packetOverhead = 2 << 10 // of the kernel, for each packet
	usualBuffer    = 64 << 10
)

// overflowed reports whether the kernel dropped packets of this call because the socket's
// receive buffer was full.
func (s *Socket) overflowed() bool { return s.dropped() != s.foreign }

// dropped returns how many packets the kernel has dropped, or 0 if it does not tell.
func (s *Socket) dropped() uint32 {
	const drops = 8 // the index of SK_MEMINFO_DROPS
	var info [drops + 1]uint32
	size := uint32(unsafe.Sizeof(info))
	failed := false
	err := s.conn.Control(func(fd uintptr) {
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO, uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
		failed = errno != 0
	})
	if err != nil || failed {
		return 0
	}
	return info[drops]
}

// pendingErrors is how often a request is sent again because the socket reported an
// error of an earlier one instead.
const pendingErrors = 8

// send sends one request. An error of an earlier request that the kernel reports in its
// place goes to take.
func (s *Socket) send(p []byte, take func(event)) error {
	if s.raw {
		s.id = binary.BigEndian.Uint16(p[4:])
	}
	var err error
	e := s.conn.Control(func(fd uintptr) {
		for n := range pendingErrors {
			err = ignoringEINTR(func() error { return unix.Send(int(fd), p, unix.MSG_NOSIGNAL) })
			if err == nil || s.look(int(fd), take) == 0 && n > 0 {
				return
			}
		}
	})
	if e != nil {
		return e
	}
	return os.NewSyscallError("send", err)
}

// receive passes what has arrived to take, waiting for the first event until a time. It
// does not wait until a time that has passed.
func (s *Socket) receive(ctx context.Context, until time.Time, take func(event)) error {
	if !until.After(time.Now()) {
		return s.conn.Control(func(fd uintptr) { s.look(int(fd), take) })
	}
	if err := s.file.SetReadDeadline(until); err != nil {
		return err
	}
	if ctx.Err() != nil { // interrupt may have been earlier than the deadline above
		return ctx.Err()
	}
	err := s.conn.Read(func(fd uintptr) bool { return s.next(int(fd), take) })
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}

// look receives everything that is there, and returns how many messages of the error
// queue that were. Those are first: the time of a request comes before its reply.
func (s *Socket) look(fd int, take func(event)) int {
	n := s.errors(fd, take)
	for range maxLook {
		if !s.next(fd, take) {
			break
		}
	}
	return n
}

// maxLook is the most messages that look and errors receive, because a host may send them
// faster than they are received.
const maxLook = 4096

// next receives one message, and reports whether there was one. An ICMP error makes the
// kernel return an error once, so the error queue need not be read each time.
func (s *Socket) next(fd int, take func(event)) bool {
	m, oob, from, errno := s.recv(fd, 0)
	switch errno {
	case 0:
		s.received(m, oob, from, take)
		return true
	case unix.EAGAIN:
		return false
	default:
		return s.errors(fd, take) > 0
	}
}

// errors receives what is in the error queue, and returns how many messages that were.
func (s *Socket) errors(fd int, take func(event)) (n int) {
	for n < maxLook && s.errorQueue(fd, take) {
		n++
	}
	return n
}

// recv receives a message and what the kernel says of it. unix.Recvmsg would make a
// second system call for the sender, and allocate.
func (s *Socket) recv(fd, flags int) (m, oob []byte, from netip.Addr, errno unix.Errno) {
	io := unix.Iovec{Base: &s.buf[0]}
	io.SetLen(len(s.buf))
	h := unix.Msghdr{Name: &s.sender[0], Namelen: uint32(len(s.sender)), Iov: &io, Control: &s.oob[0]}
	h.SetIovlen(1)
	h.SetControllen(len(s.oob))
	size, _, errno := unix.Syscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&h)), uintptr(flags|unix.MSG_DONTWAIT))
	if errno == unix.EINTR {
		return s.recv(fd, flags)
	}
	if errno != 0 {
		return nil, nil, netip.Addr{}, errno
	}
	return s.buf[:size], s.oob[:h.Controllen], address(s.sender[:h.Namelen]), 0
}

// received passes a reply on. Only a raw IPv4 socket receives the IP header, and
// messages whose checksum the kernel has not verified.
func (s *Socket) received(m, oob []byte, from netip.Addr, take func(event)) {
	e := event{kind: reply, message: m, from: from}
	if s.raw && s.to.Is4() {
		if len(m) < 20 || len(m) < int(m[0]&15)<<2 {
			return
		}
		if e.message = m[int(m[0]&15)<<2:]; checksum(e.message) != 0 {
			return
		}
	}
	kind := byte(echoReply)
	if !s.to.Is4() {
		kind = echoReply6
	}
	if len(e.message) < headerSize || e.message[0] != kind || !s.own(e.message) {
		return
	}
	facts(oob, func(level, kind int32, b []byte) {
		switch {
		case level == unix.SOL_SOCKET && kind == unix.SO_TIMESTAMPING:
			e.at = timestamp(b)
		case (level == unix.SOL_IP && kind == unix.IP_TTL || level == unix.SOL_IPV6 && kind == unix.IPV6_HOPLIMIT) && len(b) >= 4:
			e.ttl = int(binary.NativeEndian.Uint32(b))
		}
	})
	take(e)
}

// own reports whether a message is of this socket. The kernel sees to that, except for
// a raw socket.
func (s *Socket) own(m []byte) bool { return !s.raw || binary.BigEndian.Uint16(m[4:]) == s.id }

// sizeofExtended is the size of the kernel's struct sock_extended_err, which the address
// of the sender of the error follows.
const sizeofExtended = 16

// errorQueue receives one message from the socket's error queue: an ICMP error, or the
// time at which a request was sent.
func (s *Socket) errorQueue(fd int, take func(event)) bool {
	m, oob, _, errno := s.recv(fd, unix.MSG_ERRQUEUE)
	if errno != 0 {
		return false
	}
	e := event{kind: -1, message: m}
	var at time.Time
	facts(oob, func(level, kind int32, b []byte) {
		switch {
		case level == unix.SOL_SOCKET && kind == unix.SO_TIMESTAMPING:
			at = timestamp(b)
		case level == unix.SOL_IP && kind == unix.IP_RECVERR, level == unix.SOL_IPV6 && kind == unix.IPV6_RECVERR:
			if len(b) < sizeofExtended {
				return
			}
			switch b[4] { // ee_origin
			case unix.SO_EE_ORIGIN_ICMP, unix.SO_EE_ORIGIN_ICMP6:
				e.kind, e.code, e.from = failure, int(b[5])<<8|int(b[6]), address(b[sizeofExtended:])
			case unix.SO_EE_ORIGIN_TIMESTAMPING:
				e.kind = sending
			}
		}
	})
	e.at = at
	if e.kind == sending || e.kind == failure && len(e.message) >= headerSize && s.own(e.message) {
		take(e)
	}
	return true
}

// address returns the address in a struct sockaddr_in or sockaddr_in6.
func address(b []byte) netip.Addr {
	switch {
	case len(b) >= unix.SizeofSockaddrInet6 && binary.NativeEndian.Uint16(b) == unix.AF_INET6:
		return netip.AddrFrom16([16]byte(b[8:24])).Unmap()
	case len(b) >= 8 && binary.NativeEndian.Uint16(b) == unix.AF_INET:
		return netip.AddrFrom4([4]byte(b[4:8]))
	default:
		return netip.Addr{}
	}
}

// timestamp returns the first of the times in a struct scm_timestamping, which is that
// of the kernel.
func timestamp(b []byte) time.Time {
	var ts unix.Timespec
	if len(b) < int(unsafe.Sizeof(ts)) {
		return time.Time{}
	}
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&ts)), unsafe.Sizeof(ts)), b)
	if ts.Nano() == 0 {
		return time.Time{}
	}
	return time.Unix(0, ts.Nano())
}

// facts passes each control message to yield.
func facts(oob []byte, yield func(level, kind int32, b []byte)) {
	for len(oob) >= unix.SizeofCmsghdr {
		h, b, rest, err := unix.ParseOneSocketControlMessage(oob)
		if err != nil {
			return
		}
		yield(h.Level, h.Type, b)
		oob = rest
	}
}

func ignoringEINTR(f func() error) error {
	for {
		if err := f(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
