package metrics

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/policies/check"
)

// serveMetrics returns a server that listens on a free port.
func serveMetrics(t *testing.T) *Server {
	t.Helper()
	e, _ := newExporter(t, 20, everyStatus()...)
	s := NewServer(e, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { s.Drain(context.Background()) })
	move(t, s, "127.0.0.1:0")
	return s
}

func move(t *testing.T, s *Server, address string) {
	t.Helper()
	m, err := s.Prepare(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	m.Commit()
}

// get sends a request on a connection of its own and returns the status, or 0 if there is
// no answer, and the body.
func get(t *testing.T, method, address, path string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func TestServerAnswersOnlyMetrics(t *testing.T) {
	s := serveMetrics(t)
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/metrics", 200}, {"HEAD", "/metrics", 200}, {"GET", "/metrics?x=1", 200}, {"POST", "/metrics", 405}, {"GET", "/", 404}, {"GET", "/admin/integrations", 404}, {"GET", "/metrics/", 404},
	} {
		if got, body := get(t, tt.method, s.Address(), tt.path); got != tt.status {
			t.Errorf("%s %s: %d: %s", tt.method, tt.path, got, body)
		}
	}
	_, body := get(t, "GET", s.Address(), "/metrics")
	if !strings.Contains(body, `probe_success{integration="healthy"} 1`) || !strings.Contains(body, `vega_http_request_seconds_count{code="404",route="other"} 3`) {
		t.Errorf("%s", body)
	}
}

// TestServerMoves moves to another port, to another host on the same port, and away.
func TestServerMoves(t *testing.T) {
	s := serveMetrics(t)
	port := realtest.FreePort(t) // an ephemeral one may become a connection's after the first move
	for _, to := range []string{"127.0.0.1:" + port, "127.0.0.1:0", "127.0.0.1:" + port, "0.0.0.0:" + port, "127.0.0.1:" + port, ""} {
		before := s.Address()
		move(t, s, to)
		now := s.Address()
		if to == "" {
			got, _ := get(t, "GET", before, "/metrics")
			for tries := 0; got != 0 && tries < 100; tries++ { // the old listener closes meanwhile
				time.Sleep(50 * time.Millisecond)
				got, _ = get(t, "GET", before, "/metrics")
			}
			if got != 0 || now != "" {
				t.Errorf("%s still answers: %d", before, got)
			}
			break
		}
		if got, why := get(t, "GET", strings.Replace(now, "0.0.0.0", "127.0.0.1", 1), "/metrics"); got != 200 {
			t.Errorf("%s: %d: %s", now, got, why)
		}
		if samePort(before, now) {
			continue
		}
		if got, _ := get(t, "GET", before, "/metrics"); got != 0 {
			t.Errorf("%s still answers: %d", before, got)
		}
	}
}

// TestServerStaysWhereAMoveFails tries an address that is taken, and undoes a move.
func TestServerStaysWhereAMoveFails(t *testing.T) {
	s := serveMetrics(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, err = s.Prepare(t.Context(), taken.Addr().String())
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "metrics.listen: ") || !strings.Contains(err.Error(), "; another program, or the API of vega itself, listens there: set metrics.listen to another port") {
		t.Errorf("%v", err)
	}
	before := s.Address()
	_, port, _ := net.SplitHostPort(before)
	s.now.address = before // as if the configuration had named the port
	for _, to := range []string{"0.0.0.0:" + port, "127.0.0.1:0", "", before} {
		m, err := s.Prepare(t.Context(), to)
		if err != nil {
			t.Fatal(err)
		}
		m.Undo()
		if got, why := get(t, "GET", before, "/metrics"); got != 200 || s.Address() != before {
			t.Errorf("%q undone: %d: %s; the server is at %s", to, got, why, s.Address())
		}
	}
}

// TestServerDrains ends the server during a request whose client reads slowly, which is
// answered, and then during one whose client does not read.
func TestServerDrains(t *testing.T) {
	s := serveMetrics(t)
	address := s.Address()
	var drained sync.WaitGroup
	release := make(chan struct{})
	s.exporter.sources.Reloaded = func() bool { // within the scrape
		drained.Go(func() { s.Drain(context.Background()) })
		<-release
		return true
	}
	c := dial(t, address)
	fmt.Fprintf(c, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
	for s.Address() != "" { // until Drain has begun
	}
	close(release)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%v %v", res, err)
	}
	defer res.Body.Close()
	if n, err := io.Copy(io.Discard, res.Body); err != nil || n == 0 {
		t.Errorf("%d bytes: %v", n, err)
	}
	drained.Wait()
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("it still listens")
	}
}

// TestDrainDoesNotWaitForTheAddressBefore ends the server while a request at the address
// that it has left is not answered, with no time to wait for it.
func TestDrainDoesNotWaitForTheAddressBefore(t *testing.T) {
	s := serveMetrics(t)
	began, release := make(chan struct{}), make(chan struct{})
	s.exporter.sources.Reloaded = func() bool { // within the scrape
		close(began)
		<-release
		return true
	}
	c := dial(t, s.Address())
	fmt.Fprintf(c, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
	<-began
	move(t, s, "")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	before := time.Now()
	s.Drain(ended)
	if took := time.Since(before); took >= answerTime {
		t.Errorf("it took %v", took)
	}
	close(release)
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestConnectionsOverTheLimitAreClosed fills the server with idle connections.
func TestConnectionsOverTheLimitAreClosed(t *testing.T) {
	s := serveMetrics(t)
	var idle []net.Conn
	for range maxConnections {
		idle = append(idle, dial(t, s.Address()))
	}
	if _, err := dial(t, s.Address()).Read(make([]byte, 1)); err == nil {
		t.Error("one more connection is served")
	}
	for _, c := range idle {
		_ = c.Close()
	}
	for {
		if got, _ := get(t, "GET", s.Address(), "/metrics"); got == 200 {
			break // the server has seen that they are closed
		}
	}
}

// TestScrapesDuringReloads is for the race detector: scrapes, runs, queries and requests
// while the configuration changes.
func TestScrapesDuringReloads(t *testing.T) {
	e, _ := newExporter(t, 5)
	var mu sync.Mutex
	var states []State
	e.sources.Each = func(f func(State)) {
		mu.Lock()
		all := states
		mu.Unlock()
		for n := range all {
			f(all[n])
		}
	}
	g := e.Gatherer()
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			for range 20 {
				scrape(t, e, "Accept-Encoding", "gzip")
			}
		})
	}
	wait.Go(func() {
		for range 20 {
			checkFamilies(t, gathered(t, g))
		}
	})
	wait.Go(func() {
		for n := range 200 {
			_ = e.Record(t.Context(), check.Run{Integration: fmt.Sprint("i", n%20), Status: check.Healthy, Metrics: []check.Metric{{Name: fmt.Sprint("m", n%9)}}})
			observeAll(t.Context(), e)
		}
	})
	for n := range 100 {
		next := make([]State, 0, 20)
		names := make([]string, 0, 20)
		for i := range 10 + n%10 {
			names = append(names, fmt.Sprint("i", i+10))
			next = append(next, State{Integration: names[i], Status: statuses[n%len(statuses)], Metrics: []check.Metric{{Name: fmt.Sprint("m", n%9)}}})
		}
		mu.Lock()
		states = next
		mu.Unlock()
		e.Configure(Settings{Integrations: names, Databases: []string{"app"}, MaxSeries: 5, Changed: names[:1]})
	}
	wait.Wait()
	text, _ := scrape(t, e)
	if got := strings.Count(text, "\nvega_integration_interval_seconds{"); got != len(states) {
		t.Errorf("%d integrations are exported, not %d", got, len(states))
	}
}
