package api

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"

	"vega/daemon/catalog"
	"vega/daemon/engine"
	"vega/daemon/realtest"
	"vega/daemon/telemetry"
	"vega/policies/check"
)

// held is a Daemon whose Health blocks until the test releases it.
type held struct {
	fake
	asked   chan struct{}
	release chan struct{}
}

func newHeld() *held { return &held{asked: make(chan struct{}, 100), release: make(chan struct{})} }

func (h *held) Health(ctx context.Context, _ engine.Query) (engine.Health, error) {
	h.asked <- struct{}{}
	select {
	case <-h.release:
	case <-ctx.Done():
	}
	return engine.Health{Status: check.Healthy, Integrations: []engine.Report{}}, ctx.Err()
}

// testServer is a server with its log.
type testServer struct {
	*Server
	t   *testing.T
	log *logged
}

// open serves a Daemon. change can change the server before it starts.
func open(t *testing.T, d Daemon, o ServerOptions, change func(*Server)) *testServer {
	t.Helper()
	h := &testServer{t: t, log: &logged{}}
	l := telemetry.NewLog(h.log, true)
	l.SetLevel(slog.LevelDebug)
	a := New(d, l.Logger)
	a.SetKeys([]Key{{Name: "ci", Value: key}})
	o.Host, o.Log = "127.0.0.1", l.Logger
	var err error
	if h.Server, err = Listen(t.Context(), a, o); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(h.Server)
	}
	done := make(chan error, 1)
	go func() { done <- h.Serve() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if h.Drain(ctx) != nil {
			h.Cut()
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return h
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

// waitIdle waits until n connections are idle: a connection becomes idle shortly
// after its answer arrives.
func (h *testServer) waitIdle(n int) {
	h.t.Helper()
	for end := time.Now().Add(time.Minute); h.limiter.Counts().Idle != n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("waited in vain for %d idle connections: %+v", n, h.limiter.Counts())
		}
	}
}

const withKey = "X-API-Key: " + key + "\r\n"

// hear reads an answer. Status 0 means that the connection was closed instead.
func (c *caller) hear() (status int, header http.Header, body string) {
	c.t.Helper()
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		if ne, ok := err.(net.Error); ok && ne.Timeout() { //nolint:errorlint // the error is not wrapped
			c.t.Fatal("no answer")
		}
		return 0, nil, ""
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Errorf("the answer is incomplete: %v", err)
	}
	return res.StatusCode, res.Header, string(b)
}

func (c *caller) status() int {
	c.t.Helper()
	status, _, _ := c.hear()
	return status
}

// alive reports whether the connection still answers requests.
func (c *caller) alive() bool {
	c.t.Helper()
	return c.ask("/healthz", "").status() == 200
}

// TestIdleConnectionsGiveWay checks that the longest idle connection is closed
// first, whether it sends headers slowly or is between requests, and that an
// operator can still connect.
func TestIdleConnectionsGiveWay(t *testing.T) {
	h := open(t, &fake{}, ServerOptions{Limits: Limits{Connections: 8, PerClient: 100, Spare: 2}}, nil)
	var all []*caller
	for n := range 24 {
		c := h.dial()
		switch n % 3 {
		case 1:
			c.say("GET /healthz HTTP/1.1\r\nHost: ve")
		case 2:
			if !c.alive() {
				t.Fatal(n)
			}
			h.waitIdle(min(n+1, 8))
		}
		all = append(all, c)
	}
	if got := h.dial().ask("/admin/plugins", withKey).status(); got != 200 {
		t.Errorf("operator: %d", got)
	}
	for n, c := range all {
		if n%3 == 1 {
			c.say("ga\r\n\r\n")
		} else {
			c.ask("/healthz", "")
		}
		if status := c.status(); (status == 200) != (n >= 24-7) || status != 0 && status != 200 {
			t.Errorf("%d: %d", n, status)
		}
	}
}

// TestOneClientTakesNoneOfTheOthers checks that a client over its limit loses its own
// connections, not those of others.
func TestOneClientTakesNoneOfTheOthers(t *testing.T) {
	h := open(t, &fake{}, ServerOptions{Limits: Limits{Connections: 20, PerClient: 3, Spare: 2}}, nil)
	first, second := h.dial(), h.dial("127.0.0.3")
	var many []*caller
	for range 50 {
		many = append(many, h.dial("127.0.0.2"))
	}
	if !many[49].alive() { // by now all have been accepted
		t.Error("the last connection was not accepted")
	}
	left := 0
	for _, c := range many {
		if c.alive() {
			left++
		}
	}
	if !first.alive() || !second.alive() || left != 3 || !many[49].alive() {
		t.Errorf("%d of 50 are open, want 3; the others: %v, %v", left, first.alive(), second.alive())
	}
}

// TestFortyClients fills the server from forty addresses and checks that an
// operator can still connect.
func TestFortyClients(t *testing.T) {
	h := open(t, &fake{}, ServerOptions{Limits: Limits{Connections: 16, PerClient: 4, Spare: 2}}, nil)
	for n := range 40 {
		for range 8 {
			h.dial(fmt.Sprintf("127.0.1.%d", n+1)).say("POST /v1/memories/x HTTP/1.1\r\nHost: v\r\nX-Drip: ")
		}
	}
	for range 10 {
		if got := h.dial().ask("/admin/plugins", withKey).status(); got != 200 {
			t.Errorf("operator: %d", got)
		}
	}
}

// TestRequestsInFlightStay checks that with a request in flight on every connection,
// the next client is answered 503, and 200 once one has ended.
func TestRequestsInFlightStay(t *testing.T) {
	d := newHeld()
	h := open(t, d, ServerOptions{Limits: Limits{Connections: 4, PerClient: 100, Spare: 2}}, nil)
	var busy []*caller
	for range 4 {
		busy = append(busy, h.dial().ask("/admin/integrations/health", withKey))
		<-d.asked
	}
	for n := range 10 {
		status, header, body := h.dial().ask("/admin/plugins", withKey).hear()
		var p document
		if err := json.Unmarshal([]byte(body), &p); status != 503 || err != nil || p.Status != 503 || header.Get("Retry-After") != "1" ||
			header.Get("Content-Type") != "application/problem+json" || p.CorrelationID == "" || header.Get("X-Correlation-ID") != p.CorrelationID {
			t.Errorf("%d: %d %v %s", n, status, header, body)
		}
	}
	first, second, third := h.dial(), h.dial(), h.dial() // two are spare
	if got := third.ask("/admin/plugins", withKey).status(); got != 503 {
		t.Errorf("third spare connection: %d", got)
	}
	if got := first.status(); got != 0 {
		t.Errorf("first spare connection: %d", got)
	}
	close(d.release)
	for n, c := range busy {
		if got := c.status(); got != 200 {
			t.Errorf("in flight %d: %d", n, got)
		}
	}
	h.waitIdle(4)
	if got := h.dial().ask("/admin/plugins", withKey).status(); got != 200 {
		t.Errorf("after the requests ended: %d", got)
	}
	if got := second.ask("/admin/plugins", withKey).status(); got != 200 && got != 503 && got != 0 {
		t.Errorf("second spare connection: %d", got)
	}
}

// TestWithoutAKeyNobodyHoldsAPlace checks that clients without a key keep no place
// with a body that never completes or answers that they never read.
func TestWithoutAKeyNobodyHoldsAPlace(t *testing.T) {
	h := open(t, &fake{}, ServerOptions{Limits: Limits{Connections: 10, PerClient: 10, Spare: 2}}, nil)
	for range 30 {
		h.dial().say("POST /v1/conversations HTTP/1.1\r\nHost: v\r\nContent-Length: 1000\r\n\r\n{")
		h.dial().say("GET /healthz HTTP/1.1\r\nHost: v\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
		h.dial().say(strings.Repeat("GET /readyz HTTP/1.1\r\nHost: v\r\n\r\n", 50))
	}
	for range 5 {
		if got := h.dial().ask("/admin/plugins", withKey).status(); got != 200 {
			t.Errorf("operator: %d", got)
		}
	}
}

// TestAnswersWithoutKeyDoNotWaitForBody checks that a request without a key is
// answered before its body arrives.
func TestAnswersWithoutKeyDoNotWaitForBody(t *testing.T) {
	h := open(t, &fake{}, ServerOptions{Limits: Limits{Connections: 10, PerClient: 10, Spare: 2}}, nil)
	for request, want := range map[string]int{
		"GET /healthz HTTP/1.1\r\nHost: v\r\nContent-Length: 1000\r\n\r\nx":         200,
		"POST /v1/conversations HTTP/1.1\r\nHost: v\r\nContent-Length: 9\r\n\r\n{":  401,
		"GET /nothing HTTP/1.1\r\nHost: v\r\nTransfer-Encoding: chunked\r\n\r\n1\r": 404,
		"HEAD /healthz HTTP/1.1\r\nHost: v\r\n\r\n":                                 200,
	} {
		c := h.dial().say(request)
		line, err := c.r.ReadString('\n')
		if err != nil || !strings.Contains(line, fmt.Sprintf(" %d ", want)) {
			t.Errorf("%q: %q %v", request, line, err)
		}
	}
}

// TestDeadlinesAreNotStretched checks the deadlines against headers and bodies that
// arrive byte by byte, a handshake that never ends, and an answer that is never
// read.
func TestDeadlinesAreNotStretched(t *testing.T) {
	t.Parallel()
	soon := func(s *Server) {
		s.http.ReadHeaderTimeout, s.http.ReadTimeout, s.http.WriteTimeout = 300*time.Millisecond, 600*time.Millisecond, 900*time.Millisecond
	}
	limits := Limits{Connections: 10, PerClient: 10, Spare: 2}
	drip := func(c *caller, text string) {
		t.Helper()
		c.say(text)
		for range 1000 { // a minute
			if _, err := io.WriteString(c, "x"); err != nil {
				return
			}
			time.Sleep(60 * time.Millisecond)
		}
		t.Errorf("%.20q… is still connected", text)
	}
	cleartext := open(t, &fake{}, ServerOptions{Limits: limits}, soon)
	drip(cleartext.dial(), "GET /healthz HTTP/1.1\r\nX-A: ")
	drip(cleartext.dial(), "PUT /v1/memories/a HTTP/1.1\r\nHost: v\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n"+withKey+"\r\n")
	dir := t.TempDir()
	certFile, keyFile := pair(t, dir, 1)
	secured := open(t, &fake{}, ServerOptions{Limits: limits, CertFile: certFile, KeyFile: keyFile}, soon)
	drip(secured.dial(), "\x16\x03\x01\x7f\xff")

	endless := open(t, &large{}, ServerOptions{Limits: limits}, soon)
	c := endless.dial()
	if err := c.Conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	c.say(strings.Repeat("GET /admin/plugins HTTP/1.1\r\nHost: v\r\n"+withKey+"\r\n", 20))
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if endless.limiter.Counts().Served == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("a client that reads nothing is still connected")
		}
	}
}

// large is a Daemon with a large answer.
type large struct{ fake }

func (*large) Plugins() []catalog.Report {
	return []catalog.Report{{Description: strings.Repeat("x", 8<<20)}}
}

// TestHTTP2InFlightStays checks that an HTTP/2 connection with a stream in flight is
// not idle, and that it is when its streams have ended.
func TestHTTP2InFlightStays(t *testing.T) {
	d := newHeld()
	certFile, keyFile := pair(t, t.TempDir(), 1)
	h := open(t, d, ServerOptions{Limits: Limits{Connections: 3, PerClient: 100, Spare: 1}, CertFile: certFile, KeyFile: keyFile}, nil)
	client := func() *http.Client {
		tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true} //nolint:gosec // the peer is the test's own
		t.Cleanup(tr.CloseIdleConnections)
		return &http.Client{Transport: tr}
	}
	get := func(c *http.Client, path string) (int, int) {
		r := request(t, "GET", h.URL()+path, nil)
		r.Header.Set("X-API-Key", key)
		res, err := c.Do(r)
		if err != nil {
			return 0, 0
		}
		defer res.Body.Close()
		_, _ = io.Copy(io.Discard, res.Body)
		return res.StatusCode, res.ProtoMajor
	}
	one := client()
	answered := make(chan int, 1)
	go func() { status, _ := get(one, "/admin/integrations/health"); answered <- status }()
	<-d.asked
	if status, version := get(one, "/admin/plugins"); status != 200 || version != 2 {
		t.Errorf("second stream: %d over HTTP/%d", status, version)
	}
	for range 10 {
		h.dial() // idle, and taking all places
	}
	if status, _ := get(client(), "/admin/plugins"); status != 200 {
		t.Errorf("operator: %d", status)
	}
	close(d.release)
	if got := <-answered; got != 200 {
		t.Errorf("in flight: %d", got)
	}
	other := client()
	if status, _ := get(other, "/admin/plugins"); status != 200 {
		t.Errorf("another client: %d", status)
	}
}

// TestHTTP2IdleConnectionStays checks that an HTTP/2 connection between requests
// stays open while another client opens more and more of them.
func TestHTTP2IdleConnectionStays(t *testing.T) {
	certFile, keyFile := pair(t, t.TempDir(), 1)
	h := open(t, &fake{}, ServerOptions{Limits: Limits{Connections: 4, PerClient: 4, Spare: 1}, CertFile: certFile, KeyFile: keyFile}, nil)
	trust := &tls.Config{InsecureSkipVerify: true} //nolint:gosec // the peer is the test's own
	tr := &http.Transport{TLSClientConfig: trust, ForceAttemptHTTP2: true}
	t.Cleanup(tr.CloseIdleConnections)
	reused := false
	get := func() int {
		r := request(t, "GET", h.URL()+"/admin/plugins", nil)
		r.Header.Set("X-API-Key", key)
		trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { reused = i.Reused }}
		res, err := tr.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
		if err != nil {
			return 0
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	if got := get(); got != 200 {
		t.Fatal(got)
	}
	h.waitIdle(1)
	for range 20 {
		config := trust.Clone()
		config.NextProtos = []string{"h2"}
		c := tls.Client(h.dial("127.0.0.2"), config)
		if err := c.HandshakeContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"))
	}
	if got := get(); got != 200 || !reused {
		t.Errorf("after the flood: %d, same connection: %v", got, reused)
	}
}

// TestHTTP2CanceledIsIdle checks that a connection is idle after its client canceled
// the request.
func TestHTTP2CanceledIsIdle(t *testing.T) {
	d := newHeld()
	certFile, keyFile := pair(t, t.TempDir(), 1)
	h := open(t, d, ServerOptions{Limits: Limits{Connections: 3, PerClient: 100, Spare: 1}, CertFile: certFile, KeyFile: keyFile}, nil)
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}} //nolint:gosec // the peer is the test's own
	t.Cleanup(c.CloseIdleConnections)
	ctx, cancel := context.WithCancel(t.Context())
	r := request(t, "GET", h.URL()+"/admin/integrations/health", nil).WithContext(ctx)
	r.Header.Set("X-API-Key", key)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if res, err := c.Do(r); err == nil {
			_ = res.Body.Close()
			t.Error("the canceled request was answered")
		}
	}()
	<-d.asked
	cancel()
	<-gone
	h.waitIdle(1)
}

// TestLowerLimitsCloseOnNextConnection checks that lower limits close connections
// only when a new one arrives.
func TestLowerLimitsCloseOnNextConnection(t *testing.T) {
	h := open(t, &fake{}, ServerOptions{Limits: Limits{Connections: 10, PerClient: 10, Spare: 2}}, nil)
	var all []*caller
	for range 8 {
		all = append(all, h.dial())
	}
	if !all[7].alive() {
		t.Fatal("the last connection was not accepted")
	}
	h.SetLimits(Limits{Connections: 3, PerClient: 10, Spare: 2})
	if !h.dial().alive() {
		t.Error("the next connection was not accepted")
	}
	left := 0
	for _, c := range all {
		if c.alive() {
			left++
		}
	}
	if left != 2 {
		t.Errorf("%d are open, want 2", left)
	}
}

// TestAcceptWithoutDescriptors checks that an idle connection is closed when there is
// no descriptor to accept another one.
func TestAcceptWithoutDescriptors(t *testing.T) {
	if !realtest.Apart(t, nil) {
		return
	}
	h := open(t, &fake{}, ServerOptions{Limits: Limits{Connections: 100, PerClient: 100, Spare: 2}}, nil)
	for range 5 {
		if !h.dial().alive() {
			t.Fatal("connection not accepted")
		}
	}
	feed := realtest.Starve(t, 1) // for the client side
	if !h.dial().alive() {
		t.Error("no idle connection was closed")
	}
	feed()
	if !strings.Contains(h.log.String(), `"not_accepted":1`) {
		t.Error(h.log)
	}
}
