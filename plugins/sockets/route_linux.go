package sockets

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
	"unsafe"

	"vega/plugins/fault"
)

// hop is the first hop of the kernel's route to an address.
type hop struct {
	link    int        // index of the interface
	gateway netip.Addr // not valid if the address is a neighbor
}

// route asks the kernel for its route to ip, and for the state of the link and
// of the gateway.
func route(ip netip.Addr) *fault.Own {
	to, errno := routeTo(ip)
	if errno != 0 {
		return noRoute(ip.String(), errno)
	}
	link, err := net.InterfaceByIndex(to.link)
	if err != nil { // also if the kernel did not answer
		return nil //nolint:nilerr // then nothing is known of the link
	}
	switch {
	case link.Flags&net.FlagUp == 0, link.Flags&net.FlagRunning == 0:
		return fault.New(syscall.ENETDOWN, fmt.Sprintf("the network interface %s, through which this machine reaches %s, has no link", link.Name, ip),
			"check its cable, switch port or configuration (ip link show "+link.Name+")")
	case to.gateway.IsValid() && isSilent(to):
		return fault.New(syscall.EHOSTUNREACH, fmt.Sprintf("the gateway %s, through which this machine reaches %s, does not answer on its network", to.gateway, ip),
			"check that gateway and the default route (ip neigh show dev "+link.Name+")")
	default:
		return nil
	}
}

// routeTo returns the first hop, or the errno with which the kernel refuses a
// route. Both are zero if the kernel can't be asked.
func routeTo(ip netip.Addr) (hop, syscall.Errno) {
	var header [syscall.SizeofRtMsg]byte
	header[0], header[1] = family(ip), byte(ip.BitLen())
	attributes, errno := netlink(syscall.RTM_GETROUTE, header[:], syscall.RTA_DST, ip.AsSlice())
	var to hop
	for _, a := range attributes {
		switch a.Attr.Type {
		case syscall.RTA_OIF:
			if len(a.Value) >= 4 {
				to.link = int(binary.NativeEndian.Uint32(a.Value))
			}
		case syscall.RTA_GATEWAY:
			to.gateway, _ = netip.AddrFromSlice(a.Value)
		}
	}
	return to, errno
}

const (
	// sizeofNdMsg is the size of the kernel's struct ndmsg: family, padding,
	// interface at 4, state at 8.
	sizeofNdMsg = 12
	ndaDst      = 1
	// The states of a neighbor that was asked for and did not answer.
	nudIncomplete = 0x01
	nudFailed     = 0x20
)

// isSilent reports whether the kernel asked for the gateway's link address and
// got no answer.
func isSilent(to hop) bool {
	var header [sizeofNdMsg]byte
	header[0] = family(to.gateway)
	binary.NativeEndian.PutUint32(header[4:], uint32(to.link))
	message, errno := ask(syscall.RTM_GETNEIGH, header[:], ndaDst, to.gateway.AsSlice())
	if errno != 0 || message == nil || len(message.Data) < sizeofNdMsg || message.Header.Type != syscall.RTM_NEWNEIGH {
		return false
	}
	return binary.NativeEndian.Uint16(message.Data[8:])&(nudIncomplete|nudFailed) != 0
}

func family(ip netip.Addr) byte {
	if ip.Is4() {
		return syscall.AF_INET
	}
	return syscall.AF_INET6
}

// netlink sends a request and returns the attributes of the response.
func netlink(kind uint16, header []byte, attribute uint16, value []byte) ([]syscall.NetlinkRouteAttr, syscall.Errno) {
	m, errno := ask(kind, header, attribute, value)
	if m == nil || errno != 0 {
		return nil, errno
	}
	all, err := syscall.ParseNetlinkRouteAttr(m)
	if err != nil {
		return nil, 0
	}
	return all, 0
}

// patience limits the wait for the kernel, which answers at once.
const patience = 100 * time.Millisecond

// ask sends one request with one attribute to the kernel's routing tables. It
// returns nil without an errno if they can't be asked, as in a sandbox without
// netlink sockets.
func ask(kind uint16, header []byte, attribute uint16, value []byte) (*syscall.NetlinkMessage, syscall.Errno) {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
	if err != nil {
		return nil, 0
	}
	defer syscall.Close(fd)
	limit := syscall.NsecToTimeval(patience.Nanoseconds())
	if syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &limit) != nil {
		return nil, 0
	}
	if syscall.Sendto(fd, request(kind, header, attribute, value), 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}) != nil {
		return nil, 0
	}
	buf := make([]byte, 8<<10)
	n, _, err := syscall.Recvfrom(fd, buf, 0)
	if err != nil {
		return nil, 0
	}
	messages, err := syscall.ParseNetlinkMessage(buf[:n])
	if err != nil || len(messages) == 0 {
		return nil, 0
	}
	m := &messages[0]
	if m.Header.Type == syscall.NLMSG_ERROR && len(m.Data) >= 4 {
		return nil, syscall.Errno(-int32(binary.NativeEndian.Uint32(m.Data)))
	}
	return m, 0
}

func request(kind uint16, header []byte, attribute uint16, value []byte) []byte {
	size := syscall.SizeofNlMsghdr + len(header) + syscall.SizeofRtAttr + len(value)
	head := syscall.NlMsghdr{Len: uint32(size), Type: kind, Flags: syscall.NLM_F_REQUEST, Seq: 1}
	b := append([]byte(nil), unsafe.Slice((*byte)(unsafe.Pointer(&head)), syscall.SizeofNlMsghdr)...)
	b = append(b, header...)
	b = binary.NativeEndian.AppendUint16(b, uint16(syscall.SizeofRtAttr+len(value)))
	b = binary.NativeEndian.AppendUint16(b, attribute)
	return append(b, value...)
}
