// Package icmp sends echo requests to one address and measures the replies. It judges
// no address: that is done by package egress.
//
// Open returns a Socket for an address, and Socket.Ping sends the requests. On Linux
// the socket is an unprivileged ping socket, or a raw socket where the group of vega
// has no ping sockets but vega has CAP_NET_RAW. Elsewhere it is what golang.org/x/net
// offers.
//
// A reply counts only if it comes from the address and repeats the number of its
// request and the random bytes that the request carried, so a forged reply does not
// count. Round trip times are the difference of two timestamps of the kernel, so a busy
// machine does not lengthen them.
package icmp

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"time"

	"vega/plugins/fault"
)

// MaxSize is the largest payload of a request, in bytes.
const MaxSize = 65500

// Request describes echo requests.
type Request struct {
	Count    int
	Size     int           // bytes of payload
	TTL      int           // time to live, or hop limit; 0 for the system's default
	Interval time.Duration // between two requests
	Wait     time.Duration // for the reply to each request; a later reply does not count
}

// Reply is what came back for one request.
type Reply struct {
	Arrived    bool
	RTT        time.Duration
	TTL        int // of the reply; 0 if it is not known
	Duplicates int
	Error      int        // type<<8|code of the ICMP error that came instead, or -1
	From       netip.Addr // that sent the reply or the error
}

// ErrBroadcast reports that an address is the broadcast address of a network of this
// machine.
var ErrBroadcast = errors.New("it is a broadcast address of a network of this machine")

// ErrFlood reports that a host sends replies without end.
var ErrFlood = fmt.Errorf("it sent more than %d replies that nobody waits for; look for a loop in the network, or correct the host", maxStray)

// Forbidden is the trouble of a machine on which vega may open neither a ping socket
// nor a raw one.
func Forbidden(kind error) *fault.Own {
	return fault.New(kind, "this machine does not let vega send echo requests", HowToAllow)
}

// HowToAllow says what allows echo requests.
const HowToAllow = `allow ping sockets, with sysctl -w net.ipv4.ping_group_range="0 2147483647" (in a file of /etc/sysctl.d to keep it), or give vega CAP_NET_RAW, with AmbientCapabilities=CAP_NET_RAW, CapabilityBoundingSet=CAP_NET_RAW and PrivateUsers=no in its systemd unit`

// Allowed returns nil if this process may send echo requests, and otherwise why not.
// It sends nothing.
func Allowed() error {
	s, err := Open(netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	if err != nil {
		return err
	}
	return s.Close()
}

// refused reports whether an error means that a kind of socket is not for this process.
func refused(err error) bool {
	return errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EPROTONOSUPPORT)
}
