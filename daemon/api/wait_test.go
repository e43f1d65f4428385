package api

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vega/daemon/engine"
)

// pipes is a listener whose connections are pipes, so that their deadlines follow
// the clock of a synctest bubble.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accepted:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	p.accepted <- theirs
	return ours, nil
}

// TestSlowWorkIsAnswered has a handler that ends only with its context. The client
// gets an answer before the server would close the connection.
func TestSlowWorkIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(&fake{hangs: true}, discard)
		a.SetKeys([]Key{{Name: "ci", Value: key}})
		began := time.Now()
		w := send(t, a, "GET", "/admin/diagnostics/system", keyHeader, key)
		if took := time.Since(began); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "did not finish this within 30s") || took >= answerTime {
			t.Errorf("%d %s after %v", w.Code, w.Body, took)
		}
	})
}

// TestLateBodyIsAnswered sends less than it announces.
func TestLateBodyIsAnswered(t *testing.T) {
	for _, route := range []string{"POST /v1/conversations", "GET /admin/plugins"} {
		synctest.Test(t, func(t *testing.T) {
			a := New(&fake{}, discard)
			a.SetKeys([]Key{{Name: "ci", Value: key}})
			c := newContract(t, send(t, a, "GET", "/openapi.json").Body.String())
			l := &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})}
			server := (&ServerOptions{Log: discard, Limits: Limits{PerClient: 4}}).server()
			server.Handler, server.ConnContext = a, nil
			served := make(chan error, 1)
			go func() { served <- server.Serve(l) }()
			conn, _ := l.dial(t.Context(), "", "")
			sent := route + " HTTP/1.1\r\nHost: vega\r\nX-API-Key: " + key + "\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
			if _, err := io.WriteString(conn, sent); err != nil {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			if err = errors.Join(err, res.Body.Close()); err != nil || res.StatusCode != http.StatusRequestTimeout || !strings.Contains(string(body), "did not arrive within 15s") {
				t.Errorf("%s: %d %s, %v", route, res.StatusCode, body, err)
			}
			if method, path, _ := strings.Cut(route, " "); method == "POST" {
				c.check(method, path, reply{res.StatusCode, res.Header, string(body)})
			}
			if err := errors.Join(conn.Close(), server.Close(), l.Close()); err != nil {
				t.Error(err)
			}
			if err := <-served; !errors.Is(err, http.ErrServerClosed) {
				t.Error(err)
			}
		})
	}
}

// TestWaitingRouteOutlastsTheDeadlines runs checks that take longer than the server
// waits for a request and for the answer of any other route.
func TestWaitingRouteOutlastsTheDeadlines(t *testing.T) {
	for _, takes := range []time.Duration{bodyTime + time.Second, answerTime + time.Second, engine.LongestWait} {
		t.Run(takes.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := New(&fake{takes: takes}, discard)
				a.SetKeys([]Key{{Name: "ci", Value: key}})
				l := &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})}
				server := (&ServerOptions{Log: discard, Limits: Limits{PerClient: 4}}).server()
				server.Handler, server.ConnContext = a, nil
				served := make(chan error, 1)
				go func() { served <- server.Serve(l) }()
				transport := &http.Transport{DialContext: l.dial}
				r := request(t, "GET", "http://vega/admin/integrations/health?timeout=5m", nil)
				r.Header.Set("X-API-Key", key)
				res, err := (&http.Client{Transport: transport}).Do(r)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(res.Body)
				if err = errors.Join(err, res.Body.Close()); err != nil || res.StatusCode != http.StatusOK {
					t.Errorf("%d %s, %v", res.StatusCode, body, err)
				}
				transport.CloseIdleConnections()
				if err := errors.Join(server.Close(), l.Close()); err != nil {
					t.Error(err)
				}
				if err := <-served; !errors.Is(err, http.ErrServerClosed) {
					t.Error(err)
				}
			})
		})
	}
}
