package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// target is what vega checks: an HTTP server and a TCP server that answer at once
// and count what arrives.
type target struct {
	web, raw net.Listener
	server   *http.Server
	hits     atomic.Int64
}

// startTarget listens on free ports of host, in the network namespace ns.
func startTarget(ctx context.Context, ns namespace, host string) (*target, error) {
	t := &target{}
	err := ns.do(func() (err error) {
		var config net.ListenConfig
		if t.web, err = config.Listen(ctx, "tcp", net.JoinHostPort(host, "0")); err != nil {
			return err
		}
		if t.raw, err = config.Listen(ctx, "tcp", net.JoinHostPort(host, "0")); err != nil {
			_ = t.web.Close()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	t.server = &http.Server{Handler: t, ReadHeaderTimeout: time.Minute}
	go func() { _ = t.server.Serve(t.web) }() // ends with close
	go t.accept()
	return t, nil
}

// ServeHTTP counts the request and answers it.
func (t *target) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	t.hits.Add(1)
	_, _ = io.WriteString(w, "ok") // the client may have gone
}

func (t *target) accept() {
	for {
		c, err := t.raw.Accept()
		if err != nil {
			return
		}
		t.hits.Add(1)
		go func() {
			_ = c.SetDeadline(time.Now().Add(time.Minute))
			_, _ = io.Copy(io.Discard, c)
			_ = c.Close()
		}()
	}
}

// port returns the port of a listener.
func port(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

func (t *target) close() {
	_ = t.server.Close()
	_ = t.raw.Close()
}
