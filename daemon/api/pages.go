package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"vega/daemon/telemetry"
	"vega/daemon/web"
	"vega/daemon/web/session"
)

// pages hands requests of browsers to the dashboard.
type pages struct{ *API }

// register adds the rows of the dashboard's table.
func (a pages) register() {
	for _, r := range a.site.Routes() {
		within := inTime
		switch {
		case r.Waits:
			within = waits
		case r.Streams:
			within = func(c *gin.Context) { c.Next() }
		}
		a.bodies[r.Method+" "+r.Path] = r.MaxBody
		a.engine.Handle(r.Method, r.Path, within, a.page(r))
		if r.Method == http.MethodGet && !r.Streams {
			a.engine.Handle(http.MethodHead, r.Path, within, a.page(r))
		}
	}
}

// page returns the handler of a row.
func (a pages) page(r web.Route) gin.HandlerFunc {
	return func(c *gin.Context) {
		err := a.site.Serve(&r, c.Writer, c.Request, c.Param)
		if err == nil {
			return
		}
		if e, ok := errors.AsType[*web.Error](err); ok {
			err = &problem{e.Status, e.Detail}
		}
		p := problemOf(a.API, c, err)
		if !c.Writer.Written() {
			a.site.Fail(c.Writer, c.Request, p.status, p.detail, telemetry.ID(c.Request.Context()))
		}
	}
}

// Find returns the accepted key with a value.
func (a pages) Find(value string) (session.Key, bool) { return keyFor(a.find(value)) }

// Current returns what the accepted key with a digest may do now.
func (a pages) Current(d session.Digest) (session.Key, bool) {
	ring := a.keys.Load()
	return keyFor(valid(ring.keys[ring.place(d)]))
}

func keyFor(k *digest) (session.Key, bool) {
	if k == nil {
		return session.Key{}, false
	}
	return session.Key{Name: k.name, Digest: k.sum, Scopes: k.scopes}, true
}

// valid returns a key, or nil if it has expired.
func valid(k *digest) *digest {
	if k == nil || !k.expires.IsZero() && !time.Now().Before(k.expires) {
		return nil
	}
	return k
}

// SetPages applies what a configuration says about the pages.
func SetPages(a *API, s web.Settings) { a.site.Set(s) }

// bodyOf returns the size of the largest body that a route of the API or a form reads.
func (a pages) bodyOf(c *gin.Context) int64 {
	if r := a.route(c); r != nil {
		return r.maxBody
	}
	return a.bodies[c.Request.Method+" "+c.FullPath()]
}
