package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"vega/policies/incident"
)

// told is a notice that a receiver got.
type told struct {
	at      time.Time
	message string // webhook-id
	notice  incident.Notice
}

// receiver takes webhooks.
type receiver struct {
	listener net.Listener
	server   *http.Server

	mu     sync.Mutex
	got    []told
	answer func() int // the status of the answer; nil: 200
}

func startReceiver(ctx context.Context) (*receiver, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &receiver{listener: l}
	r.server = &http.Server{Handler: r, ReadHeaderTimeout: time.Minute}
	go func() { _ = r.server.Serve(l) }() // ends with close
	return r, nil
}

func (r *receiver) close() { _ = r.server.Close() }

func (r *receiver) url() string { return "http://" + r.listener.Addr().String() + "/" }

// ServeHTTP records the notices of a message.
func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	var m struct {
		Data struct{ Notices []incident.Notice }
	}
	if err == nil {
		err = json.Unmarshal(body, &m)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range m.Data.Notices {
		r.got = append(r.got, told{time.Now(), q.Header.Get("webhook-id"), n})
	}
	if r.answer != nil {
		w.WriteHeader(r.answer())
	}
}

// about returns the notices of a kind about a subject since a moment.
func (r *receiver) about(subject string, kind incident.NoticeKind, since time.Time) []told {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.got), func(t told) bool {
		return t.at.Before(since) || t.notice.Kind != kind || !strings.Contains(t.notice.Incident.Subject.String(), subject)
	})
}

// all returns everything that arrived.
func (r *receiver) all() []told {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}
