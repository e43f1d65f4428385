//go:build !wasip1

package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"vega/plugins/core/fixtures"
	"vega/sdk/abi"
	"vega/sdk/sdktest"
)

// live is a server whose path says how it behaves.
func live(w http.ResponseWriter, q *http.Request) {
	switch q.URL.Path {
	case "/page":
		_, _ = w.Write([]byte("hello"))
		return
	case "/login":
		http.Error(w, "who are you", http.StatusUnauthorized)
		return
	case "/moved":
		http.Redirect(w, q, "/elsewhere", http.StatusMovedPermanently)
		return
	case "/down":
		http.Error(w, "bad gateway", http.StatusBadGateway)
		return
	}
	c, err := websocket.Accept(w, q, &websocket.AcceptOptions{Subprotocols: []string{"chat"}})
	if err != nil {
		return
	}
	defer func() { _ = c.CloseNow() }() // the test looks at what was said before
	ctx := q.Context()
	switch q.URL.Path {
	case "/ticks":
		for c.Write(ctx, websocket.MessageText, []byte("tick")) == nil {
		}
	case "/large":
		for message := []byte(strings.Repeat("x", 1<<20)); c.Write(ctx, websocket.MessageText, message) == nil; {
		}
	case "/silent":
		_, _, _ = c.Read(ctx)
	case "/full":
		_ = c.Close(websocket.StatusTryAgainLater, "too many clients")
	default:
		_ = c.Write(ctx, websocket.MessageText, []byte(`{"type":"hello"}`))
		for {
			kind, message, err := c.Read(ctx)
			if err != nil || c.Write(ctx, kind, append([]byte("you said "), message...)) != nil {
				return
			}
		}
	}
}

func TestWebSocket(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(live))
	t.Cleanup(plain.Close)
	authority := fixtures.NewAuthority(t)
	secured := httptest.NewUnstartedServer(http.HandlerFunc(live))
	secured.TLS = authority.Config(t, 48*time.Hour, "127.0.0.1")
	secured.StartTLS()
	t.Cleanup(secured.Close)
	ws, wss := "ws"+strings.TrimPrefix(plain.URL, "http"), "wss"+strings.TrimPrefix(secured.URL, "https")
	trusting := func() sdktest.Config { return sdktest.Config{Roots: authority.Pool} }
	runRows(t, "websocket", []row{
		{name: "opens", options: options{"url": ws}, says: "opened a WebSocket in", metrics: []string{"response_time", "upgrade", "connect"}},
		{name: "greets", options: options{"url": ws, "expect": `"type":"hello"`}, says: "sent what was expected", details: []string{"message"}},
		{name: "answers", options: options{"url": ws, "send": "ping", "expect_regex": "^you said p.ng$"}, says: "sent what was expected"},
		{name: "subprotocol", options: options{"url": ws, "protocol": "stomp, chat"}, says: "opened", details: []string{"protocol"}},
		{name: "no subprotocol", options: options{"url": ws, "protocol": "stomp"}, status: abi.Unhealthy, says: `chose none of the offered subprotocols "stomp"; allow one on the server`},
		{name: "over TLS", options: options{"url": wss, "min_cert_days": 1}, config: trusting(), says: "opened", details: []string{"certificate_expires"}, metrics: []string{"certificate_days"}},
		{name: "expires soon", options: options{"url": wss, "min_cert_days": 30}, config: trusting(), status: abi.Degraded, says: "fewer than 30"},
		{name: "no certificate", options: options{"url": ws, "min_cert_days": 30}, status: abi.Degraded, says: "write wss://"},
		{name: "slow", options: options{"url": ws, "max_latency": time.Nanosecond}, status: abi.Degraded, says: "longer than max_latency"},
		{name: "untrusted", options: options{"url": wss}, status: abi.Unhealthy, says: "TLS with"},
		{name: "says something else", options: options{"url": ws + "/silent", "expect": "hi"}, config: soon(), status: abi.Unhealthy, says: `let the time pass without sending expect = "hi"; it sent nothing`},
		{name: "ticks", options: options{"url": ws + "/ticks", "expect": "tock"}, status: abi.Unhealthy, says: `sent 100 messages, 400 bytes in all, and none was expect = "tock"; the last was "tick"`},
		{name: "large messages", options: options{"url": ws + "/large", "expect": "tock"}, status: abi.Unhealthy, says: "sent 16 messages, 16777216 bytes in all"},
		{name: "closes", options: options{"url": ws + "/full", "expect": "hi"}, status: abi.Unhealthy, says: `closed the WebSocket with code 1013 and the reason "too many clients" without sending expect = "hi"`},
		{name: "page", options: options{"url": ws + "/page"}, status: abi.Unhealthy, says: "answered 200 instead of opening a WebSocket; correct the path", details: []string{"status"}},
		{name: "login", options: options{"url": ws + "/login"}, status: abi.Unhealthy, says: "answered 401 instead of opening a WebSocket; correct the credentials"},
		{name: "moved", options: options{"url": ws + "/moved"}, status: abi.Unhealthy, says: "a WebSocket follows no redirect", details: []string{"location"}},
		{name: "down", options: options{"url": ws + "/down"}, status: abi.Unhealthy, says: "answered 502"},
		{name: "origin", options: options{"url": ws, "headers": map[string]string{"Origin": "https://other.example"}}, status: abi.Unhealthy, says: "set the header Origin"},
		{name: "refused", options: options{"url": "ws://" + fixtures.Refused(t)}, status: abi.Unhealthy, says: "refuses the connection"},
		{name: "denied", options: options{"url": ws}, config: deny(), status: abi.Unknown, says: "grant {"},
	})
}
