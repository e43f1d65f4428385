package system

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"syscall"
	"time"
)

// From <linux/sock_diag.h> and <linux/inet_diag.h>. The old request,
// TCPDIAG_GETSOCK, covers IPv4 and IPv6 in one walk over the kernel's table,
// whose size determines most of the cost; the new request needs a walk for each.
const (
	netlinkSockDiag = 4
	getTCPSockets   = 18
	diagRequestSize = 60
	diagStates      = 52 // the offset of the states to list
	diagMessageSize = 72
)

const (
	allStates      = 1<<len(tcpStates) - 2
	uncommonStates = allStates &^ (1<<1 | 1<<6) // without ESTABLISHED and TIME_WAIT
)

// stateOf returns the state in a struct inet_diag_msg.
func stateOf(m []byte) string {
	if int(m[1]) < len(tcpStates) {
		return tcpStates[m[1]]
	}
	return strconv.Itoa(int(m[1]))
}

// inodeOf returns the inode in a struct inet_diag_msg.
func inodeOf(m []byte) uint32 { return binary.NativeEndian.Uint32(m[68:]) }

// dumpTCP calls each with the message of every TCP socket of the network namespace
// that is in one of the given states, a bit set. It stops if each returns false.
func dumpTCP(states uint32, each func(message []byte) bool) error {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, netlinkSockDiag)
	if err != nil {
		return fmt.Errorf("open a netlink socket: %w", err)
	}
	defer syscall.Close(fd)
	limit := syscall.NsecToTimeval(time.Second.Nanoseconds()) // the kernel normally responds immediately
	if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &limit); err != nil {
		return err
	}
	if err := syscall.Sendto(fd, diagRequest(states), 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return fmt.Errorf("send a netlink request: %w", err)
	}
	buffer := make([]byte, 64<<10)
	for {
		n, _, err := syscall.Recvfrom(fd, buffer, 0)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read from netlink: %w", err)
		}
		if done, err := eachMessage(buffer[:n], each); done || err != nil {
			return err
		}
	}
}

func diagRequest(states uint32) []byte {
	b := make([]byte, syscall.NLMSG_HDRLEN+diagRequestSize)
	binary.NativeEndian.PutUint32(b, uint32(len(b)))
	binary.NativeEndian.PutUint16(b[4:], getTCPSockets)
	binary.NativeEndian.PutUint16(b[6:], syscall.NLM_F_REQUEST|syscall.NLM_F_DUMP)
	binary.NativeEndian.PutUint32(b[syscall.NLMSG_HDRLEN+diagStates:], states)
	return b
}

// eachMessage calls each with the messages of one read. done reports whether no more
// reads are needed.
func eachMessage(b []byte, each func([]byte) bool) (done bool, err error) {
	for len(b) >= syscall.NLMSG_HDRLEN {
		size := int(binary.NativeEndian.Uint32(b))
		if size < syscall.NLMSG_HDRLEN || size > len(b) {
			return true, errors.New("truncated netlink message")
		}
		body := b[syscall.NLMSG_HDRLEN:size]
		switch binary.NativeEndian.Uint16(b[4:]) {
		case syscall.NLMSG_DONE:
			return true, nil
		case syscall.NLMSG_ERROR:
			return true, netlinkError(body)
		default:
			if len(body) >= diagMessageSize && !each(body) {
				return true, nil
			}
		}
		b = b[min(len(b), (size+3)&^3):]
	}
	return false, nil
}

func netlinkError(body []byte) error {
	if len(body) < 4 {
		return errors.New("netlink error without a number")
	}
	return fmt.Errorf("netlink: %w", syscall.Errno(-int32(binary.NativeEndian.Uint32(body))))
}
