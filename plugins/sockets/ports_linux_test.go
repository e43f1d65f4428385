package sockets

import (
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"unsafe"

	"vega/daemon/realtest"
	"vega/plugins/shortage"
)

// TestExhaustedPorts runs in a network namespace with two local ports and
// without IPv6: the kernel reports both alike, and they must be distinguished.
func TestExhaustedPorts(t *testing.T) {
	if !realtest.ApartAs(t, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}, nil) {
		return
	}
	up(t, "lo")
	set(t, "/proc/sys/net/ipv4/ip_local_port_range", "40000 40001")
	set(t, "/proc/sys/net/ipv6/conf/all/disable_ipv6", "1")
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:50000")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var d Dialer
	for n := range 2 {
		c, err := d.Dial(t.Context(), "tcp", "127.0.0.1:50000", nil)
		if err != nil {
			t.Fatalf("%d: %v", n, err)
		}
		defer c.Close()
	}
	if _, err := d.Dial(t.Context(), "tcp", "127.0.0.1:50000", nil); shortage.Of(err) == nil {
		t.Errorf("with no port left: %v", err)
	}
	if _, err := d.Dial(t.Context(), "tcp", "[::1]:50000", nil); err == nil || shortage.Of(err) != nil {
		t.Errorf("without IPv6: %v", err)
	}
	refused := []netip.AddrPort{netip.MustParseAddrPort("127.0.0.2:50001"), netip.MustParseAddrPort("[::1]:50001")}
	if _, err := d.Connect(t.Context(), "tcp", refused, nil); err == nil || shortage.Of(err) != nil {
		t.Errorf("one refuses, the other has no network: %v", err)
	}
}

func set(t *testing.T, file, value string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(value), 0o644); err != nil {
		realtest.Missing(t, err.Error())
	}
}

// up enables an interface.
func up(t *testing.T, name string) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	var request struct {
		name  [syscall.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}
	copy(request.name[:], name)
	request.flags = syscall.IFF_UP
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&request))); errno != 0 {
		realtest.Missing(t, errno.Error())
	}
}
