package main

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"
)

// target is what vega checks: an HTTP server that answers at once.
type target struct {
	listener net.Listener
	server   *http.Server
}

func startTarget(ctx context.Context) (*target, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &target{listener: l, server: &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "ok") // the client may have gone
	})}}
	go func() { _ = t.server.Serve(l) }() // ends with close
	return t, nil
}

func (t *target) url() string { return "http://" + t.listener.Addr().String() }

func (t *target) close() { _ = t.server.Close() }

// freePort returns an unused port outside of the range for connections, from which others
// may take it before vega listens.
func freePort(ctx context.Context) (int, error) {
	const first, last = 20_000, 32_000
	for range 100 {
		port := first + rand.IntN(last-first) //nolint:gosec // not a secret
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("no free port found")
}
