package limit

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// withKey is the header of a request with a key.
const withKey = "X-API-Key: k\r\n"

// logged is a log that can be read while it is written.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(l, nil)) }

// testServer answers /held and /stream when the test releases them, and any other path at once.
type testServer struct {
	t       *testing.T
	limiter *Limiter
	asked   chan struct{} // a request for /held was admitted
	release chan struct{}
}

// open serves on an address of this machine within limits.
func open(t *testing.T, l Limits) *testServer {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &testServer{t: t, limiter: New(listener, l, new(logged).logger()), asked: make(chan struct{}, 100), release: make(chan struct{})}
	s := &http.Server{Handler: h, ConnContext: WithConnection, ConnState: h.limiter.ConnState, ReadHeaderTimeout: 5 * time.Second}
	done := make(chan error, 1)
	go func() { done <- s.Serve(h.limiter) }()
	t.Cleanup(func() {
		_ = s.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return h
}

// ServeHTTP answers a request as daemon/api does.
func (h *testServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r, f := h.limiter.Identify(r)
	f.Path, f.Authenticated = r.URL.Path, r.Header.Get("X-Api-Key") != ""
	if r.ContentLength != 0 {
		w.Header().Set("Connection", "close")
	}
	if exceeded := h.limiter.Admit(f); exceeded != "" {
		w.Header().Set("Connection", "close")
		http.Error(w, exceeded, http.StatusServiceUnavailable)
		return
	}
	defer h.limiter.Release(f)
	if r.URL.Path == "/stream" || r.URL.Path == "/yields" {
		Yield(r.Context())
	}
	if r.URL.Path == "/held" || r.URL.Path == "/stream" {
		h.asked <- struct{}{}
		select {
		case <-h.release:
		case <-r.Context().Done():
		}
	}
}

// caller is a client connection whose bytes the test controls.
type caller struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

// dial connects from an address of this machine, 127.0.0.1 unless given.
func (h *testServer) dial(from ...string) *caller {
	h.t.Helper()
	var d net.Dialer
	if len(from) > 0 {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from[0])}
	}
	c, err := d.DialContext(h.t.Context(), "tcp", h.limiter.Addr().String())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(time.Minute)) // so that a hanging test ends
	return &caller{c, h.t, bufio.NewReader(c)}
}

func (c *caller) say(text string) *caller {
	c.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Logf("write: %v", err)
	}
	return c
}

// ask sends a GET request. more holds further headers.
func (c *caller) ask(path, more string) *caller {
	c.t.Helper()
	return c.say("GET " + path + " HTTP/1.1\r\nHost: vega\r\n" + more + "\r\n")
}

// hear reads an answer. Status 0 means that the connection was closed instead.
func (c *caller) hear() (status int, body string) {
	c.t.Helper()
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Errorf("the answer is incomplete: %v", err)
	}
	return res.StatusCode, string(b)
}

func (c *caller) status() int {
	c.t.Helper()
	status, _ := c.hear()
	return status
}

// alive reports whether the connection still answers requests.
func (c *caller) alive() bool {
	c.t.Helper()
	return c.ask("/", "").status() == http.StatusOK
}

// waitIdle waits until n connections are idle: a connection becomes idle shortly
// after its answer arrives.
func (h *testServer) waitIdle(n int) {
	h.t.Helper()
	h.until(func() bool { return h.limiter.Counts().Idle == n })
}

// until waits until a condition holds.
func (h *testServer) until(condition func() bool) {
	h.t.Helper()
	for end := time.Now().Add(time.Minute); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("waited in vain: %+v", h.limiter.Counts())
		}
	}
}
