package diagnostics

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"vega/daemon/realtest"
)

// pairs are TCP connections of this process to itself, 2n sockets, or as many
// as it may open.
func pairs(t testing.TB, n int) (near, far []net.Conn) {
	t.Helper()
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		t.Fatal(err)
	}
	if l.Cur < l.Max {
		l.Cur = l.Max
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
			t.Fatal(err)
		}
	}
	if room := int(min(l.Cur, 1<<20)); room < 2*n+500 {
		t.Logf("the limit of %d files allows %d pairs, not %d", room, (room-500)/2, n)
		n = (room - 500) / 2
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for range n {
		a, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		b, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		near, far = append(near, a), append(far, b)
	}
	t.Cleanup(func() {
		for n := range near {
			_ = near[n].(*net.TCPConn).SetLinger(0) // leaves no TIME_WAIT to the next test
			_ = near[n].Close()
			_ = far[n].Close()
		}
	})
	return near, far
}

// TestSocketsBeside compares with ss, for sockets in states that are held. The
// machine has others, that come and go.
func TestSocketsBeside(t *testing.T) {
	const established, closing = 60, 25
	near, far := pairs(t, established+closing)
	for n := range closing {
		if err := near[n].(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if _, err := far[n].Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp6", "[::1]:0")
	if err == nil { // there is IPv6
		defer listener.Close()
	}
	udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()

	agree(t, func(r reporter) {
		n := snapshot(t, settled(t)).Network
		ss := output(t, "ss", "-Htan")
		const slack = 20
		total := 0
		for state, name := range map[string]string{"ESTAB": "ESTABLISHED", "CLOSE-WAIT": "CLOSE_WAIT", "FIN-WAIT-2": "FIN_WAIT2", "LISTEN": "LISTEN"} {
			want := 0
			for line := range strings.Lines(ss) {
				if strings.HasPrefix(line, state+" ") {
					want++
				}
			}
			got := n.ByStatus[name]
			same(r, name, &got, float64(want), slack)
		}
		for _, count := range n.ByStatus {
			total += count
		}
		same(r, "total", n.Total, float64(total), 0)
		if n.ByStatus["ESTABLISHED"] < 2*established || n.ByStatus["CLOSE_WAIT"] < closing || n.ByStatus["FIN_WAIT2"] < closing || n.ByStatus[statusUDP] < 1 {
			r.Errorf("%+v", n)
		}
	})
}

// TestRareStatesOnce looks at the sockets once for readers that come together.
func TestRareStatesOnce(t *testing.T) {
	s := newSystem()
	if _, err := s.sockets(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.walk.at, s.walk.states = time.Now().Add(time.Hour), map[string]int{"LAST_ACK": 3}
	states, err := s.sockets(t.Context())
	if err != nil || states["LAST_ACK"] != 3 {
		t.Errorf("%v, %v", states, err)
	}
	states["LAST_ACK"] = 4
	if s.walk.states["LAST_ACK"] != 3 {
		t.Error("a reader has the others' map")
	}
}

const sockstat = `sockets: used 50000
TCP: inuse 30000 orphan 0 tw 700 alloc 30010 mem 194
UDP: inuse 9 mem 3
UDPLITE: inuse 1
RAW: inuse 1
FRAG: inuse 0 memory 0
`

const snmp = `Ip: Forwarding DefaultTTL
Ip: 1 64
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs
Tcp: 1 200 120000 -1 17040 11851 5136 432 29000 436428
`

// TestTooManySockets tells no more than the kernel's own counts say.
func TestTooManySockets(t *testing.T) {
	s := newSystemAt(t.TempDir())
	put := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(s.root+"/proc/net", 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(s.root+"/proc/net/"+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("sockstat", sockstat)
	if states, err := s.sockets(t.Context()); err == nil || states != nil {
		t.Errorf("without snmp: %v, %v", states, err)
	}
	put("snmp", snmp)
	put("sockstat6", "TCP6: inuse 5\nUDP6: inuse 1\nUDPLITE6: inuse 4\nRAW6: inuse 0\nFRAG6: inuse 0 memory 0\n")
	states, err := s.sockets(t.Context())
	if err == nil || !strings.Contains(err.Error(), "30705 TCP sockets") {
		t.Errorf("%v", err)
	}
	if states["ESTABLISHED"] != 29000 || states["TIME_WAIT"] != 700 || states[statusOther] != 1005 || states[statusUDP] != 10 || len(states) != 4 {
		t.Errorf("%v", states)
	}
	put("sockstat", "TCP: inuse many\n")
	if _, err := s.sockets(t.Context()); err == nil || !strings.Contains(err.Error(), "sockstat") {
		t.Errorf("%v", err)
	}
}

// TestNetlinkMessages reads what no kernel should send without a panic.
func TestNetlinkMessages(t *testing.T) {
	for _, b := range [][]byte{
		nil,
		{1},
		make([]byte, 16),
		{255, 255, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		{17, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
		{17, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
	} {
		_, _ = eachMessage(b, func([]byte) bool { t.Errorf("%v holds a socket", b); return true })
	}
}

// TestManySockets is true of ten thousand. How much faster it is than gopsutil,
// BenchmarkSnapshot tells.
func TestManySockets(t *testing.T) {
	near, _ := pairs(t, 5000)
	if len(near) < 1000 {
		realtest.Missing(t, "too few files may be open: raise the hard limit (ulimit -H -n) to 11000")
	}
	c := settled(t)
	agree(t, func(r reporter) {
		s := snapshot(t, c)
		if got := s.Network.ByStatus["ESTABLISHED"]; got < 2*len(near) || got > 2*len(near)+2000 {
			r.Errorf("%d ESTABLISHED, want %d and a few", got, 2*len(near))
		}
		same(r, "open", s.FileDescriptors.Open, float64(2*len(near)), 100)
	})
}

// starved may open nothing, so that the kernel can't be asked.
func starved() error {
	s := newSystem()
	c, err1 := s.countSockets()
	err2 := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 0, Max: 1024})
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	states, err := s.rareStates(c)
	fmt.Println(states, err)
	return nil
}

// TestNoNetlink makes do with the kernel's counts where a sandbox, or want of
// descriptors, keeps it from asking more.
func TestNoNetlink(t *testing.T) {
	got := start(t, "starved").line(t)
	if !strings.HasPrefix(got, "map[OTHER:") || !strings.Contains(got, "open a netlink socket: too many open files; OTHER is") {
		t.Error(got)
	}
}
