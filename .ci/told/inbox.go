package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// inbox is a receiver of one watcher's messages. It keeps what it gets as it is.
type inbox struct {
	listener net.Listener
	server   *http.Server
	read     func(body []byte) []word

	mu  sync.Mutex
	got []letter
}

// letter is a message that arrived.
type letter struct {
	at    time.Time
	words []word
}

// word is what a message says about one target.
type word struct {
	subject string
	over    bool
	again   bool // a reminder
}

// startInbox starts a receiver. read returns what a message says; messages about nothing
// are not kept.
func startInbox(ctx context.Context, read func([]byte) []word) (*inbox, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &inbox{listener: l, read: read}
	b.server = &http.Server{Handler: b, ReadHeaderTimeout: time.Minute}
	go func() { _ = b.server.Serve(l) }() // ends with close
	return b, nil
}

// ServeHTTP keeps a message and accepts it as PagerDuty does, which suits the others.
func (b *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at := time.Now()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if words := b.read(body); len(words) > 0 {
		b.mu.Lock()
		b.got = append(b.got, letter{at, words})
		b.mu.Unlock()
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"success","message":"Event processed"}`) // the client may have gone
}

func (b *inbox) url() string { return "http://" + b.listener.Addr().String() + "/" }

func (b *inbox) close() { _ = b.server.Close() }

// between returns what arrived in a time.
func (b *inbox) between(from, to time.Time) []letter {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.got), func(l letter) bool { return l.at.Before(from) || !l.at.Before(to) })
}

// totals counts messages and what they say.
type totals struct {
	messages, openings, resolves, reminders int
}

func totalsOf(all []letter) totals {
	t := totals{messages: len(all)}
	for _, l := range all {
		for _, w := range l.words {
			switch {
			case w.over:
				t.resolves++
			case w.again:
				t.reminders++
			default:
				t.openings++
			}
		}
	}
	return t
}

// first returns when a message first said something about a subject ("" is any), or zero.
func first(all []letter, subject string, over bool) time.Time {
	for _, l := range all {
		for _, w := range l.words {
			if w.over == over && (subject == "" || w.subject == subject) {
				return l.at
			}
		}
	}
	return time.Time{}
}
