package api

import (
	"net/http"

	"vega/daemon/api/limit"
)

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
