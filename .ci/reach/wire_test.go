package reach

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"vega/daemon/realtest"
)

// namespace is a network namespace. It ends with the last process in it, after the file
// is closed.
type namespace struct{ file *os.File }

// newNamespace makes a namespace.
func newNamespace(t *testing.T) *namespace {
	t.Helper()
	n := &namespace{}
	err := apart(func() (err error) {
		if err = unix.Unshare(unix.CLONE_NEWNET); err == nil {
			n.file, err = os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
		}
		return err
	})
	if err != nil {
		realtest.Missing(t, "the kernel makes no network namespace: "+err.Error())
	}
	t.Cleanup(func() { _ = n.file.Close() }) // only read
	return n
}

// apart calls f in a thread that ends with it.
func apart(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked
		done <- f()
	}()
	return <-done
}

// inside calls f in a thread that is in the namespace. A nil namespace is that of the
// test.
func (n *namespace) inside(f func() error) error {
	if n == nil {
		return f()
	}
	return apart(func() error {
		if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		return f()
	})
}

// start starts a process in the namespace.
func (n *namespace) start(cmd *exec.Cmd) error { return n.inside(cmd.Start) }

// sh runs a shell command in the namespace.
func (n *namespace) sh(t *testing.T, shell string) {
	t.Helper()
	var out strings.Builder
	cmd := exec.CommandContext(t.Context(), "sh", "-ec", shell)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := n.start(cmd)
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		t.Fatalf("%s: %v: %s", shell, err, out.String())
	}
}

// tun makes the device w0 in the namespace.
func (n *namespace) tun() (file *os.File, err error) {
	err = n.inside(func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		request, err := unix.NewIfreq("w0")
		if err == nil {
			request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
			err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
		}
		file = os.NewFile(uintptr(fd), "tun") // once it is a device, because it is polled from here on
		return err
	})
	return file, err
}

// wire carries packets between two namespaces, as netem does, which not every kernel
// has. vega runs in near, and the kernel of far answers. Each end is a tun device. What
// the wire does to a packet depends on the last byte of the address that it goes to.
type wire struct {
	does              map[byte]func(w *wire, packet []byte)
	near, far         *namespace
	nearFile, farFile *os.File
	seen              map[byte]int // packets to each address
}

// newWire makes both namespaces and connects them.
func newWire(t *testing.T, does map[byte]func(w *wire, packet []byte)) *wire {
	t.Helper()
	asRoot(t)
	realtest.Program(t, "ip", "iproute2")
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		realtest.Missing(t, "the kernel has no tun devices: "+err.Error())
	}
	w := &wire{does: does, near: newNamespace(t), far: newNamespace(t), seen: map[byte]int{}}
	for end, file := range map[*namespace]**os.File{w.near: &w.nearFile, w.far: &w.farFile} {
		end.sh(t, "ip link set lo up; sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.icmp_ratelimit=0")
		var err error
		if *file, err = end.tun(); err != nil {
			realtest.Missing(t, "the kernel makes no tun device: "+err.Error())
		}
		t.Cleanup(func() { _ = (*file).Close() }) // by then unused
	}
	w.near.sh(t, "ip addr add 10.240.0.1/24 dev w0; ip -6 addr add fd40::1/64 dev w0 nodad; ip link set w0 up; ip route add 10.240.1.0/24 dev w0; true")
	w.far.sh(t, "ip addr add 10.240.0.2/24 dev w0; ip -6 addr add fd40::2/64 dev w0 nodad; ip link set w0 up")
	go w.carry()
	go w.back()
	return w
}

// carry carries packets from vega to the far end.
func (w *wire) carry() {
	for {
		buffer := make([]byte, 65536)
		n, err := w.nearFile.Read(buffer)
		if err != nil {
			return
		}
		packet := buffer[:n]
		last := byte(0)
		if packet[0]>>4 == 4 {
			last = packet[19]
		}
		w.seen[last]++
		if does := w.does[last]; does != nil && packet[0]>>4 == 4 && packet[16] == 10 && packet[17] == 240 && packet[18] == 1 {
			does(w, packet)
		} else {
			w.deliver(packet)
		}
	}
}

// circle is an address that the far end routes back to the wire, which returns the
// packets to it.
var circle = [4]byte{10, 240, 1, 9}

// back carries packets from the far end to vega.
func (w *wire) back() {
	for {
		buffer := make([]byte, 65536)
		n, err := w.farFile.Read(buffer)
		if err != nil {
			return
		}
		if packet := buffer[:n]; packet[0]>>4 == 4 && [4]byte(packet[16:20]) == circle {
			w.deliver(packet)
		} else {
			w.answer(packet)
		}
	}
}

func (w *wire) deliver(packet []byte) { _, _ = w.farFile.Write(packet) }  // at the end, the device is gone
func (w *wire) answer(packet []byte)  { _, _ = w.nearFile.Write(packet) } // at the end, the device is gone

// later delivers a packet after a time.
func (w *wire) later(after time.Duration, packet []byte) {
	time.AfterFunc(after, func() { w.deliver(packet) })
}

// reply returns the echo reply to an echo request over IPv4, from another address and
// with another payload if wanted.
func reply(packet []byte, from [4]byte, payload func([]byte)) []byte {
	p := append([]byte(nil), packet...)
	head := int(p[0]&15) * 4
	copy(p[16:20], packet[12:16])
	copy(p[12:16], from[:])
	p[8] = 64
	icmp := p[head:]
	icmp[0] = 0
	if payload != nil {
		payload(icmp[4:])
	}
	for at, part := range map[int][]byte{10: p[:head], head + 2: icmp} {
		p[at], p[at+1] = 0, 0
		binary.BigEndian.PutUint16(p[at:], checksum(part))
	}
	return p
}

func checksum(b []byte) uint16 {
	sum := uint32(0)
	for i := 0; i < len(b); i += 2 {
		sum += uint32(b[i]) << 8
		if i+1 < len(b) {
			sum += uint32(b[i+1])
		}
	}
	for sum>>16 > 0 {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
