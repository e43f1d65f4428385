package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"vega/daemon/telemetry"
)

const (
	// strangerTime is how long an answer to a request without a key may take to
	// be taken, and lingerTime how long the rest of its body is waited for.
	strangerTime = 5 * time.Second
	lingerTime   = 500 * time.Millisecond
	// retryAfter is what those are told who come when there are too many.
	retryAfter = time.Second
)

// answerStranger answers who has shown no key, within a time that is theirs
// neither to stretch by reading slowly nor by sending a body slowly: nothing that
// they may ask for needs one. When the answer is made, the request is no longer
// in flight: who takes long to read it gives way to others.
func answerStranger(w http.ResponseWriter, r *http.Request, h http.HandlerFunc) {
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(strangerTime))
	whole := &wholeAnswer{ResponseWriter: w}
	unread := r.ContentLength != 0
	if unread {
		w.Header().Set("Connection", "close")
	}
	h(whole, r)
	whole.send(r.Method)
	_ = control.Flush() // who does not take it is gone by the deadline
	if unread {
		_ = control.SetReadDeadline(time.Now().Add(lingerTime))
	}
}

// wholeAnswer keeps an answer until it is whole.
type wholeAnswer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader keeps the status.
func (a *wholeAnswer) WriteHeader(status int) { a.status = cmp.Or(a.status, status) }

// Write keeps the body.
func (a *wholeAnswer) Write(b []byte) (int, error) { return a.body.Write(b) }

func (a *wholeAnswer) send(method string) {
	a.Header().Set("Content-Length", strconv.Itoa(a.body.Len()))
	a.ResponseWriter.WriteHeader(cmp.Or(a.status, http.StatusOK))
	if method != http.MethodHead {
		_, _ = a.ResponseWriter.Write(a.body.Bytes()) // who does not take it is gone by the deadline
	}
}

// refuse answers a request for which there is no room, and says what there is too
// much of.
func refuse(full string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { refuseFor(full, w, r) }
}

func refuseFor(full string, w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get("X-Correlation-ID")
	if !telemetry.ValidID(id) {
		id = telemetry.NewID()
	}
	body, err := json.Marshal(document{
		Type: "about:blank", Title: http.StatusText(http.StatusServiceUnavailable), Status: http.StatusServiceUnavailable,
		Detail:   fmt.Sprintf("%s; try again in %v", full, retryAfter),
		Instance: r.URL.Path, CorrelationID: id,
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
