package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// target is an HTTP server that fails while it is down.
type target struct {
	listener net.Listener
	server   *http.Server
	down     atomic.Bool
	failing  sync.Map // paths that fail although the target is not down
	chance   float64  // of failing, each time; set it before the first request

	mu   sync.Mutex
	seen map[string][]time.Time // requests, by path
}

func startTarget(ctx context.Context) (*target, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &target{listener: l, seen: map[string][]time.Time{}}
	t.server = &http.Server{Handler: t, ReadHeaderTimeout: time.Minute}
	go func() { _ = t.server.Serve(l) }() // ends with close
	return t, nil
}

// ServeHTTP answers 200, or 503 while the target is down or the path fails.
func (t *target) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	t.seen[r.URL.Path] = append(t.seen[r.URL.Path], time.Now())
	t.mu.Unlock()
	if _, fails := t.failing.Load(r.URL.Path); fails || t.down.Load() || t.fails() {
		http.Error(w, "out of order", http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ok") // the client may have gone
}

// fail lets one path fail, or respond again.
func (t *target) fail(path string, fails bool) {
	if fails {
		t.failing.Store(path, true)
	} else {
		t.failing.Delete(path)
	}
}

// recover lets everything respond again.
func (t *target) recover() {
	t.failing.Clear()
	t.down.Store(false)
}

// longestPause returns the longest time between two requests for one path.
func (t *target) longestPause(from, to time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	longest := time.Duration(0)
	for _, all := range t.seen {
		for n := 1; n < len(all); n++ {
			if all[n-1].After(from) && all[n].Before(to) {
				longest = max(longest, all[n].Sub(all[n-1]))
			}
		}
	}
	return longest
}

func (t *target) url() string { return "http://" + t.listener.Addr().String() + "/" }

func (t *target) close() { _ = t.server.Close() }
