package realtest

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Memcached starts a memcached with further arguments, and returns where it
// listens.
func Memcached(t testing.TB, args ...string) (addr string) {
	t.Helper()
	bin := program(t, "memcached", "/usr/bin/memcached")
	cred := credential(t, "nobody")
	addr = "127.0.0.1:" + freePort(t)
	_, port, _ := net.SplitHostPort(addr)
	serve(t, cred, directory(t, cred), addr, connected, bin, append([]string{"-l", "127.0.0.1", "-p", port, "-U", "0"}, args...)...)
	return addr
}

// Chrony starts a chronyd that serves this machine's own time, as from a
// reference clock of that stratum, and returns where it answers. It sets no
// clock. With stratum 0 it knows no time.
func Chrony(t testing.TB, stratum int) (addr string) {
	t.Helper()
	bin := program(t, "chrony", "/usr/sbin/chronyd")
	cred := credential(t, "_chrony")
	dir := directory(t, cred)
	port := freePort(t)
	conf := fmt.Sprintf("bindaddress 127.0.0.1\nport %s\ncmdport 0\nbindcmdaddress /\npidfile %s/pid\nallow 127.0.0.1\n", port, dir)
	if stratum > 0 {
		conf += fmt.Sprintf("local stratum %d\n", stratum)
	}
	path := filepath.Join(dir, "chrony.conf")
	write(t, path, conf)
	addr = "127.0.0.1:" + port
	serve(t, cred, dir, "udp:"+addr, answersTime, bin, "-f", path, "-x", "-d", "-U")
	return addr
}

// answersTime asks as an NTP client does.
func answersTime(c net.Conn) error {
	if err := c.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := c.Write(append([]byte{0x23}, make([]byte, 47)...)); err != nil {
		return err
	}
	_, err := c.Read(make([]byte, 48))
	return err
}

// network splits an address that says over what it is reached.
func network(addr string) (network, address string) {
	if a, ok := strings.CutPrefix(addr, "udp:"); ok {
		return "udp", a
	}
	return "tcp", addr
}
