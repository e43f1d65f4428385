package api

import (
	"bytes"
	"io"
	"net/http"
	"time"

	"vega/daemon/api/limit"
)

// maxForm limits how much of a form is read before the request is admitted, in bytes. No row
// that anyone may send a form to has a higher limit.
const maxForm = 64 << 10

// gate admits requests to a handler, or answers that there are too many.
type gate struct {
	limiter *limit.Limiter
	api     *API
}

// ServeHTTP answers a request.
func (g gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r, f := g.limiter.Identify(r)
	if f == nil { // not accepted by the limiter
		g.api.ServeHTTP(w, r)
		return
	}
	key, _ := g.api.keyOf(r)
	f.Path, f.Authenticated = shownPath(r), key != nil || pusher{g.api}.known(r) || (pages{g.api}).known(r)
	if !f.Authenticated && (pages{g.api}).takesForm(r) {
		readForm(w, r)
	}
	if exceeded := g.limiter.Admit(f); exceeded != "" {
		answerUnauthenticated(w, r, refuse(exceeded))
		return
	}
	serve := func(w http.ResponseWriter, r *http.Request) {
		defer g.limiter.Release(f)
		g.api.ServeHTTP(w, r)
	}
	if !f.Authenticated {
		answerUnauthenticated(w, r, serve)
		return
	}
	body := limit.WatchBody(r)
	serve(w, r)
	body.Linger(w, r)
}

// readForm reads the form of a login before the request is admitted. Until its end has
// arrived, its connection counts as idle, as one does whose headers are arriving: without
// a key, nobody holds a place by sending slowly. An error is that of reading the body.
func readForm(w http.ResponseWriter, r *http.Request) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(unauthenticatedTimeout))
	form, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	if err == nil {
		err = io.EOF
	}
	r.Body = &readBody{bytes.NewReader(form), err, r.Body}
}

// readBody is a body that was read.
type readBody struct {
	left *bytes.Reader
	err  error // at its end
	io.Closer
}

// Read reads what was read before, and returns the error that ended it.
func (b *readBody) Read(p []byte) (int, error) {
	if b.left.Len() == 0 {
		return 0, b.err
	}
	return b.left.Read(p)
}
