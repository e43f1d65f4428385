package api

import (
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"

	"github.com/gin-gonic/gin"

	"vega/daemon/web"
)

// API handles all routes.
type API struct {
	services
	log      *slog.Logger
	keys     atomic.Pointer[keyring]
	external atomic.Pointer[external]
	engine   *gin.Engine
	table    map[string]*route     // by method and path
	rows     map[string]*web.Route // the site's, by method and path
	site     *web.Site
}

// New returns the handler. Until SetKeys is called, it rejects every key.
func New(d Daemon, log *slog.Logger) *API {
	gin.SetMode(gin.ReleaseMode)
	a := &API{services: servicesOf(d), log: log, engine: gin.New(), table: map[string]*route{}, rows: map[string]*web.Route{}}
	a.site = web.New(d, pages{a}, log)
	a.SetKeys(nil)
	_ = a.SetExternal("") // only a URL can fail
	a.engine.HandleMethodNotAllowed = true
	a.engine.RedirectTrailingSlash = false
	a.engine.UseRawPath, a.engine.UnescapePathValues = true, false // the key of a memory may contain an escaped slash
	a.engine.ForwardedByClientIP = false
	a.engine.Use(unescape, a.correlate, traced(a), a.accessLog, a.recover, a.limit, a.handle(a.checkHost))
	a.engine.NoRoute(a.handle(a.authenticateUnder), a.handle(a.noRoute))
	a.engine.NoMethod(a.handle(a.noMethod))
	for _, r := range a.routes() {
		a.table[r.method+" "+r.path] = &r
		before := []gin.HandlerFunc{}
		if !r.public() {
			before = append(before, a.handle(a.authenticate), a.handle(a.authorize(r.scope)))
		}
		if r.waits {
			before = append(before, waits)
		} else {
			before = append(before, inTime)
		}
		a.engine.Handle(r.method, r.path, append(before, a.handle(r.handler))...)
		if r.method == http.MethodGet && !r.noHead {
			a.engine.Handle(http.MethodHead, r.path, append(before, a.handle(r.handler))...)
		}
	}
	pages{a}.register()
	return a
}

// unescape decodes the parameters of a path with escapes. gin would decode them like
// those of a query, in which + is a space.
func unescape(c *gin.Context) {
	if c.Request.URL.RawPath == "" {
		return // they are from URL.Path, which is decoded
	}
	for n := range c.Params {
		if plain, err := url.PathUnescape(c.Params[n].Value); err == nil {
			c.Params[n].Value = plain
		}
	}
}

// ServeHTTP answers a request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.engine.ServeHTTP(w, a.external.Load().inside(r))
}

// route returns the row of the table for a request, or nil if there isn't one.
func (a *API) route(c *gin.Context) *route {
	method := c.Request.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	return a.table[method+" "+c.FullPath()]
}
