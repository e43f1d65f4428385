package diagnostics

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"vega/daemon/diagnostics/system"
	"vega/daemon/realtest"
)

// pairs opens n TCP connections of this process to itself, which use 2n sockets, or
// as many as the file limit allows.
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
			_ = near[n].(*net.TCPConn).SetLinger(0) // leave no TIME_WAIT for the next test
			_ = near[n].Close()
			_ = far[n].Close()
		}
	})
	return near, far
}

// TestSocketsAgreeWithTools compares counts with ss while it keeps sockets in
// several states. Sockets of other programs come and go.
func TestSocketsAgreeWithTools(t *testing.T) {
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
	if err == nil { // IPv6 is available
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
		if n.ByStatus["ESTABLISHED"] < 2*established || n.ByStatus["CLOSE_WAIT"] < closing || n.ByStatus["FIN_WAIT2"] < closing || n.ByStatus[system.StatusUDP] < 1 {
			r.Errorf("%+v", n)
		}
	})
}

// TestManySocketsAreCounted checks only the counts. BenchmarkSnapshot compares the
// speed with that of gopsutil.
func TestManySocketsAreCounted(t *testing.T) {
	near, _ := pairs(t, 5000)
	if len(near) < 1000 {
		realtest.Missing(t, "too few open files are allowed: raise the hard limit (ulimit -H -n) to 11000")
	}
	c := settled(t)
	agree(t, func(r reporter) {
		s := snapshot(t, c)
		if got := s.Network.ByStatus["ESTABLISHED"]; got < 2*len(near) || got > 2*len(near)+2000 {
			r.Errorf("%d ESTABLISHED, want slightly more than %d", got, 2*len(near))
		}
		same(r, "open", s.FileDescriptors.Open, float64(2*len(near)), 100)
	})
}
