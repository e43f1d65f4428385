package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// receiver is a target that a script breaks and repairs, and a webhook that keeps what it
// is sent.
type receiver struct {
	mu     sync.Mutex
	down   bool
	refuse bool
	bodies []string
}

// receiverKey is the key of a script's receiver in its environment.
type receiverKey struct{}

// ServeHTTP answers probes with GET and notifiers with POST.
func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case q.Method == http.MethodPost && r.refuse:
		w.WriteHeader(http.StatusForbidden)
	case q.Method == http.MethodPost:
		r.bodies = append(r.bodies, string(body))
	case r.down:
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// received waits until the webhook was sent N messages that match a pattern in all, and
// prints the last one:
//
//	received N PATTERN
//
// With N = 0, it checks that none has been sent so far.
func received(ts *testscript.TestScript, _ bool, args []string) {
	r := ts.Value(receiverKey{}).(*receiver)
	pattern, want := regexp.MustCompile(args[1]), int(args[0][0]-'0')
	last, n := "", 0
	count := func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		n = 0
		for _, b := range r.bodies {
			if pattern.MatchString(b) {
				n, last = n+1, b
			}
		}
	}
	if count(); want > 0 {
		poll(ts, func(context.Context) bool { count(); return n >= want })
	}
	if n != want {
		ts.Fatalf("%d messages match %q, want %d: %s", n, args[1], want, strings.Join(r.bodies, "\n"))
	}
	_, _ = io.WriteString(ts.Stdout(), last+"\n")
}

// target breaks or repairs what a script watches and where it sends messages:
//
//	target up|down|accept|refuse
func target(ts *testscript.TestScript, _ bool, args []string) {
	r := ts.Value(receiverKey{}).(*receiver)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch args[0] {
	case "up", "down":
		r.down = args[0] == "down"
	case "accept", "refuse":
		r.refuse = args[0] == "refuse"
	default:
		ts.Fatalf("usage: target up|down|accept|refuse")
	}
}

// eventually repeats a command until its output matches a pattern, and prints it:
//
//	eventually PATTERN COMMAND…
func eventually(ts *testscript.TestScript, _ bool, args []string) {
	pattern := regexp.MustCompile(args[0])
	poll(ts, func(context.Context) bool {
		_ = ts.Exec(args[1], args[2:]...)
		return pattern.MatchString(ts.ReadFile("stdout"))
	})
}

// startReceiver serves a receiver for one script, and sets $TARGET to its URL.
func startReceiver(e *testscript.Env) {
	r := &receiver{}
	server := httptest.NewServer(r)
	e.Defer(server.Close)
	e.Values[receiverKey{}] = r
	e.Setenv("TARGET", server.URL)
}
