package main

import (
	"context"
	"io"
	"net"
	"net/http"
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

func freePort(ctx context.Context) (int, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
