package realtest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"strconv"
	"testing"
)

// FreePort returns an unused port of 127.0.0.1 that no other test gets before this
// one ends. The port is outside the range for outgoing connections, which a test may
// open by the thousands.
func FreePort(t testing.TB) string {
	t.Helper()
	const first, last = 20_000, 32_000
	for range 1000 {
		port := strconv.Itoa(first + rand.IntN(last-first)) //nolint:gosec // not a secret
		if taken(t, port) {
			continue
		}
		tcp, err1 := net.Listen("tcp", "127.0.0.1:"+port)
		udp, err2 := net.ListenPacket("udp", "127.0.0.1:"+port)
		if err1 == nil {
			_ = tcp.Close()
		}
		if err2 == nil {
			_ = udp.Close()
		}
		if err1 == nil && err2 == nil {
			return port
		}
	}
	t.Fatal("no free port found")
	return ""
}

// taken reports whether another test has claimed the port, and otherwise claims it
// with an abstract socket, which only Linux has.
func taken(t testing.TB, port string) bool {
	if runtime.GOOS != "linux" {
		return false
	}
	claim, err := net.Listen("unix", fmt.Sprintf("@vega-test-port-%s", port))
	if err != nil {
		return true
	}
	t.Cleanup(func() { _ = claim.Close() })
	return false
}
