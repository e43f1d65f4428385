package icmp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"vega/daemon/realtest"
	"vega/plugins/icmp"
)

// The addresses of the ground: near asks, router is between, far is asked.
const (
	near, nearRouter, farRouter, far     = "10.99.0.2", "10.99.0.1", "10.99.1.1", "10.99.1.2"
	near6, nearRouter6, farRouter6, far6 = "fd99:0::2", "fd99:0::1", "fd99:1::1", "fd99:1::2"
	neighbor, unrouted                   = "10.99.1.3", "10.99.9.9"
)

// ground is three network namespaces in a row.
type ground struct {
	t               *testing.T
	near, mid, away string
	back            fate           // of the packets from away to mid
	note            func(p []byte) // called with each packet that the wire takes to away, and brings from there
}

func newGround(t *testing.T) *ground {
	t.Helper()
	if os.Getuid() != 0 {
		realtest.Missing(t, "only root can make network namespaces")
	}
	for _, program := range []string{"ip", "nft", "sysctl"} {
		realtest.Program(t, program, "iproute2, nftables, procps")
	}
	g := &ground{t: t}
	for name, to := range map[string]*string{"near": &g.near, "mid": &g.mid, "far": &g.away} {
		*to = fmt.Sprintf("vega-icmp-%d-%s", os.Getpid(), name)
		if out, err := exec.CommandContext(t.Context(), "ip", "netns", "add", *to).CombinedOutput(); err != nil {
			realtest.Missing(t, "can't make a network namespace: "+string(out))
		}
		t.Cleanup(func() { _ = exec.CommandContext(context.Background(), "ip", "netns", "del", *to).Run() })
	}
	g.wire(g.near, near, near6, "a0", g.mid, nearRouter, nearRouter6)
	g.slow(g.mid, farRouter, farRouter6, g.away, far, far6)
	g.run("ip -n " + g.away + " addr add " + neighbor + "/24 dev b0")
	for ns, via := range map[string][2]string{g.near: {nearRouter, nearRouter6}, g.away: {farRouter, farRouter6}} {
		g.run("ip -n " + ns + " route add default via " + via[0])
		g.run("ip -n " + ns + " -6 route add default via " + via[1])
	}
	g.in(g.mid, "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0")
	g.in(g.near, "sysctl -qw net.ipv4.icmp_ratelimit=0")
	g.in(g.mid, "ip route add unreachable "+unrouted+"/32") // has no route there
	g.in(g.away, "nft -f -", `table inet t {
		counter asked {}
		counter answered {}
		chain in { type filter hook input priority 0; icmp type echo-request counter name asked; icmpv6 type echo-request counter name asked; }
		chain out { type filter hook output priority 0; icmp type echo-reply counter name answered; icmpv6 type echo-reply counter name answered; }
	}`)
	g.in(g.near, "nft -f -", `table inet t {
		counter came {}
		chain lose { type filter hook input priority -1; }
		chain in { type filter hook input priority 0; icmp type echo-reply counter name came; icmpv6 type echo-reply counter name came; }
	}`)
	return g
}

func (g *ground) wire(a, a4, a6, device, b, b4, b6 string) {
	g.run("ip link add " + device + " netns " + a + " type veth peer name " + device + " netns " + b)
	for ns, addresses := range map[string][2]string{a: {a4, a6}, b: {b4, b6}} {
		g.run("ip -n " + ns + " link set lo up")
		g.run("ip -n " + ns + " addr add " + addresses[0] + "/24 dev " + device)
		g.run("ip -n " + ns + " addr add " + addresses[1] + "/64 dev " + device + " nodad")
		g.run("ip -n " + ns + " link set " + device + " up")
	}
}

// fate says when the copies of a packet are passed on: none if it is lost.
type fate func(n int) []time.Duration

// slow connects two namespaces by a wire whose packets in one direction have the fate
// that g.back says. The kernel may not have netem.
func (g *ground) slow(a, a4, a6, b, b4, b6 string) {
	ends := map[string]*os.File{}
	for ns, addresses := range map[string][2]string{a: {a4, a6}, b: {b4, b6}} {
		g.within(ns, func() { ends[ns] = tun(g.t, "b0") })
		g.run("ip -n " + ns + " link set lo up")
		g.run("ip -n " + ns + " addr add " + addresses[0] + "/24 dev b0")
		g.run("ip -n " + ns + " addr add " + addresses[1] + "/64 dev b0 nodad")
		g.run("ip -n " + ns + " link set b0 up")
	}
	g.back, g.note = func(int) []time.Duration { return []time.Duration{0} }, func([]byte) {}
	go g.carry(ends[a], ends[b])
	go g.carry(ends[b], ends[a])
	g.t.Cleanup(func() { _, _ = ends[a].Close(), ends[b].Close() })
}

// carry passes packets on until an end is closed.
func (g *ground) carry(from, to *os.File) {
	buf := make([]byte, 64<<10)
	for n := 0; ; {
		size, err := from.Read(buf)
		if err != nil {
			return
		}
		p := append([]byte(nil), buf[:size]...)
		copies, reply := []time.Duration{0}, isReply(p)
		if reply {
			copies = g.back(n)
			n++
		} else {
			g.note(p)
		}
		for _, after := range copies {
			pass := func() {
				if reply {
					g.note(p)
				}
				_, _ = to.Write(p)
			}
			if after == 0 {
				pass()
			} else {
				time.AfterFunc(after, pass)
			}
		}
	}
}

// isReply reports whether a packet is an echo reply, or its first fragment.
func isReply(p []byte) bool {
	switch {
	case p[0]>>4 == 4:
		return p[9] == unix.IPPROTO_ICMP && p[6]&0x1f == 0 && p[7] == 0 && p[20] == 0
	case p[6] == unix.IPPROTO_FRAGMENT:
		return p[40] == unix.IPPROTO_ICMPV6 && p[42] == 0 && p[43]&^7 == 0 && p[48] == 129
	default:
		return p[6] == unix.IPPROTO_ICMPV6 && p[40] == 129
	}
}

// tun makes a network device whose packets are read from and written to the file.
func tun(t *testing.T, name string) *os.File {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		realtest.Missing(t, "no TUN devices: "+err.Error())
	}
	r, err := unix.NewIfreq(name)
	if err != nil {
		t.Fatal(err)
	}
	r.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, r); err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), name)
}

func (g *ground) run(command string, stdin ...string) string {
	g.t.Helper()
	words := strings.Fields(command)
	cmd := exec.CommandContext(g.t.Context(), words[0], words[1:]...)
	cmd.Stdin = strings.NewReader(strings.Join(stdin, ""))
	out, err := cmd.CombinedOutput()
	if err != nil {
		g.t.Fatalf("%s: %v: %s", command, err, out)
	}
	return string(out)
}

func (g *ground) in(ns, command string, stdin ...string) string {
	g.t.Helper()
	return g.run("ip netns exec "+ns+" "+command, stdin...)
}

// counted returns the packets that a counter of nftables has counted.
func (g *ground) counted(ns, name string) int {
	g.t.Helper()
	var list struct {
		Nftables []struct{ Counter *struct{ Packets int } }
	}
	if err := json.Unmarshal([]byte(g.in(ns, "nft -j list counter inet t "+name)), &list); err != nil {
		g.t.Fatal(err)
	}
	for _, e := range list.Nftables {
		if e.Counter != nil {
			return e.Counter.Packets
		}
	}
	g.t.Fatal("no counter " + name)
	return 0
}

// pingGroups allows ping sockets in near, or only raw ones.
func (g *ground) pingGroups(allowed bool) {
	g.t.Helper()
	groups := "1 0"
	if allowed {
		groups = "0 2147483647"
	}
	cmd := exec.CommandContext(g.t.Context(), "ip", "netns", "exec", g.near, "sysctl", "-qw", "net.ipv4.ping_group_range="+groups)
	if out, err := cmd.CombinedOutput(); err != nil {
		g.t.Fatalf("%v: %s", err, out)
	}
}

// within calls f on a thread in the namespace. What f opens stays in it.
func (g *ground) within(ns string, f func()) {
	g.t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		done <- func() error {
			file, err := os.Open("/run/netns/" + ns)
			if err != nil {
				return err
			}
			defer file.Close()
			if err := unix.Setns(int(file.Fd()), unix.CLONE_NEWNET); err != nil {
				return err
			}
			f()
			return nil
		}()
	}()
	if err := <-done; err != nil {
		g.t.Fatal(err)
	}
}

// open opens a socket in near.
func (g *ground) open(to string) *icmp.Socket {
	g.t.Helper()
	var s *icmp.Socket
	var err error
	g.within(g.near, func() { s, err = icmp.Open(netip.MustParseAddr(to)) })
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = s.Close() })
	return s
}

func (g *ground) ping(to string, r icmp.Request) []icmp.Reply {
	g.t.Helper()
	s := g.open(to)
	defer s.Close()
	ctx, cancel := context.WithTimeout(g.t.Context(), time.Minute)
	defer cancel()
	out, err := s.Ping(ctx, r)
	if err != nil {
		g.t.Fatal(err)
	}
	if len(out) != r.Count {
		g.t.Fatalf("%d replies", len(out))
	}
	return out
}

func arrived(all []icmp.Reply) (n int) {
	for _, r := range all {
		if r.Arrived {
			n++
		}
	}
	return n
}
