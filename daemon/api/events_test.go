package api

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"vega/daemon/engine"
	"vega/daemon/live"
	"vega/daemon/web"
	"vega/policies/check"
)

// board is a fake with runs.
type board struct {
	*fake
	live *live.Board
}

func (b board) Live() *live.Board { return b.live }
func (b board) Overview(engine.Selection) (engine.Overview, error) {
	return engine.Overview{}, nil
}

// TestViewersTakeLittleMemory opens 200 streams, of which nobody reads one after its first
// event, and counts what vega keeps for each besides the buffers of the kernel.
func TestViewersTakeLittleMemory(t *testing.T) {
	const viewers, atMost = 200, 48 << 10
	b := board{&fake{}, live.New()}
	a := New(b, discard)
	a.SetKeys([]Key{{Name: "ci", Value: key}})
	a.site.Set(web.Settings{Dashboard: true})
	s, err := Listen(t.Context(), a, ServerOptions{Host: "127.0.0.1", Log: discard, Limits: Limits{Connections: 300, PerClient: 300, Spare: 4}})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve() }()
	visitor := newBrowser(t, a, strings.TrimPrefix(s.URL(), "http://"))
	visitor.login(key, "/")
	var cookie string
	for name, value := range visitor.cookies {
		cookie = name + "=" + value
	}
	before := inUse()
	var open []net.Conn
	for range viewers {
		open = append(open, openStream(t, strings.TrimPrefix(s.URL(), "http://"), cookie))
	}
	for n := range 1000 {
		_ = b.live.Record(t.Context(), check.Run{Integration: fmt.Sprint(n), Status: check.Healthy})
	}
	each := (inUse() - before) / viewers
	t.Logf("%d bytes for each viewer", each)
	if each > atMost {
		t.Errorf("each viewer takes %d bytes, the limit is %d", each, atMost)
	}
	if err := s.Drain(context.Background()); err != nil { // waits for no stream
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, c := range open {
		_ = c.Close()
	}
}

// openStream asks for events, and reads the first.
func openStream(t *testing.T, address, cookie string) net.Conn {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "GET /events HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n\r\n", address, cookie)
	lines := bufio.NewReaderSize(c, 512)
	if status, err := lines.ReadString('\n'); err != nil || !strings.Contains(status, fmt.Sprint(http.StatusOK)) {
		t.Fatalf("%q, %v", status, err)
	}
	for line := ""; !strings.HasPrefix(line, "data: "); {
		if line, err = lines.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// inUse returns the memory of the heap and of the stacks.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
