package api

import (
	"log/slog"
	"net/http"
	"sync/atomic"

	"github.com/gin-gonic/gin"
)

// API handles all routes.
type API struct {
	services
	log    *slog.Logger
	keys   atomic.Pointer[[]digest]
	engine *gin.Engine
	bodies map[string]int64 // the maximum length of a body, by method and route
}

// New returns the handler. Until SetKeys is called, it rejects every key.
func New(d Daemon, log *slog.Logger) *API {
	gin.SetMode(gin.ReleaseMode)
	a := &API{services: servicesOf(d), log: log, engine: gin.New(), bodies: map[string]int64{}}
	a.keys.Store(&[]digest{})
	a.engine.HandleMethodNotAllowed = true
	a.engine.RedirectTrailingSlash = false
	a.engine.UseRawPath = true // the key of a memory may contain an escaped slash
	a.engine.ForwardedByClientIP = false
	a.engine.Use(a.correlate, a.accessLog, a.recover, a.limit)
	a.engine.NoRoute(a.handle(a.authenticateUnder), a.handle(noRoute))
	a.engine.NoMethod(a.handle(a.noMethod))
	for _, r := range a.routes() {
		before := []gin.HandlerFunc{}
		if !r.public {
			before = append(before, a.handle(a.authenticate))
		}
		a.bodies[r.method+" "+r.path] = r.body
		a.engine.Handle(r.method, r.path, append(before, a.handle(r.handler))...)
		if r.method == http.MethodGet {
			a.engine.Handle(http.MethodHead, r.path, append(before, a.handle(r.handler))...)
		}
	}
	return a
}

// ServeHTTP answers a request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.engine.ServeHTTP(w, r) }
