package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// target is an HTTP server that fails while it is down.
type target struct {
	listener net.Listener
	server   *http.Server
	down     atomic.Bool
}

func startTarget(ctx context.Context) (*target, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &target{listener: l}
	t.server = &http.Server{Handler: t, ReadHeaderTimeout: time.Minute}
	go func() { _ = t.server.Serve(l) }() // ends with close
	return t, nil
}

// ServeHTTP answers 200, or 503 while the target is down.
func (t *target) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	if t.down.Load() {
		http.Error(w, "out of order", http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ok") // the client may have gone
}

func (t *target) url() string { return "http://" + t.listener.Addr().String() + "/" }

func (t *target) close() { _ = t.server.Close() }
