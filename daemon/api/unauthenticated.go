package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"vega/daemon/api/limit"
	"vega/daemon/telemetry"
)

const (
	// unauthenticatedTimeout limits how long a client without a key may take to
	// receive an answer.
	unauthenticatedTimeout = 5 * time.Second
	// retryAfter is how long a rejected client should wait before it tries
	// again.
	retryAfter = time.Second
)

// answerUnauthenticated answers a request without a valid key within fixed time
// limits. The client can't extend them by reading or sending slowly, because no
// route without a key needs a body. When h returns, the request is no longer in
// flight, so a client that reads slowly gives way to others.
func answerUnauthenticated(w http.ResponseWriter, r *http.Request, h http.HandlerFunc) {
	control := http.NewResponseController(w)
	buffered := &bufferedAnswer{ResponseWriter: w}
	unread := r.ContentLength != 0
	if unread {
		w.Header().Set("Connection", "close")
	}
	body := limit.WatchBody(r)
	h(buffered, r)
	_ = control.SetWriteDeadline(time.Now().Add(unauthenticatedTimeout)) // whatever time the answer took
	buffered.send(r.Method)
	_ = control.Flush() // the deadline closes the connection of a client that does not read
	if unread {
		_ = control.SetReadDeadline(time.Now().Add(limit.LingerTimeout)) // also for HTTP/2
		body.Linger(w, r)
	}
}

// bufferedAnswer buffers an answer until it is complete.
type bufferedAnswer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader stores the status.
func (a *bufferedAnswer) WriteHeader(status int) { a.status = cmp.Or(a.status, status) }

// Write buffers the body.
func (a *bufferedAnswer) Write(b []byte) (int, error) { return a.body.Write(b) }

func (a *bufferedAnswer) send(method string) {
	a.Header().Set("Content-Length", strconv.Itoa(a.body.Len()))
	a.ResponseWriter.WriteHeader(cmp.Or(a.status, http.StatusOK))
	if method != http.MethodHead {
		_, _ = a.ResponseWriter.Write(a.body.Bytes()) // the deadline handles a client that does not read
	}
}

// refuse returns a handler that answers 503 and names the exceeded limit.
func refuse(exceeded string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { writeRefusal(exceeded, w, r) }
}

func writeRefusal(exceeded string, w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get("X-Correlation-ID")
	if !telemetry.ValidID(id) {
		id = telemetry.NewID()
	}
	body, err := json.Marshal(document{
		Type: "about:blank", Title: http.StatusText(http.StatusServiceUnavailable), Status: http.StatusServiceUnavailable,
		Detail:   fmt.Sprintf("%s; try again in %v", exceeded, retryAfter),
		Instance: escapedPath(r), CorrelationID: id,
	})
	if err != nil { // plain fields always encode
		panic(err)
	}
	w.Header().Set("X-Correlation-ID", id)
	w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
	w.Header().Set("Connection", "close")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write(body)
}
