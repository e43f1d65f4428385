package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"vega/daemon/api/limit"
	"vega/daemon/api/scope"
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
			within = a.untilClosed
		}
		a.rows[r.Method+" "+r.Path] = &r
		a.engine.Handle(r.Method, r.Path, within, a.handle(a.page(&r)))
		if r.Method == http.MethodGet && !r.Streams {
			a.engine.Handle(http.MethodHead, r.Path, within, a.handle(a.page(&r)))
		}
	}
}

// untilClosed ends a stream when the site closes. A stream takes no place of a request, and
// its connection counts as idle, so it gives way to requests.
func (a pages) untilClosed(c *gin.Context) {
	ctx, cancel := context.WithCancel(c.Request.Context())
	defer cancel()
	defer context.AfterFunc(a.site.Life(), cancel)()
	c.Request = c.Request.WithContext(ctx)
	limit.Yield(ctx)
	c.Next()
}

// page returns the handler of a row.
func (a pages) page(r *web.Route) handler {
	return func(c *gin.Context) error {
		if !a.site.Has(r) {
			return a.noRoute(c)
		}
		viewer := a.site.Viewer(c.Request)
		c.Set(keyName, viewer.Name)
		return a.site.Serve(r, c.Writer, c.Request, c.Param)
	}
}

// row returns the row of the dashboard's table for a request, or nil if the site does not
// have it.
func (a pages) row(c *gin.Context) *web.Route {
	method := c.Request.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if r := a.rows[method+" "+c.FullPath()]; r != nil && a.site.Has(r) {
		return r
	}
	return nil
}

// known reports whether somebody who is logged in sends a request for a page. Cookies
// don't count for the API.
func (a pages) known(r *http.Request) bool {
	return !underKey(a.external.Load().inside(r).URL.Path) && a.site.Viewer(r).May(scope.Read)
}

// takesForm reports whether a request is for a row that reads a form of somebody who is
// not logged in.
func (a pages) takesForm(r *http.Request) bool {
	row := a.rows[r.Method+" "+a.external.Load().inside(r).URL.Path]
	return row != nil && row.Scope == scope.Public && row.MaxBody > 0 && a.site.Has(row)
}

// fail answers with a page instead of a problem, if a browser asks for a page, or for
// a path that neither the site nor the API has. It reports whether it did.
func (a pages) fail(c *gin.Context, p *problem) bool {
	r := c.Request
	if a.row(c) == nil && (a.route(c) != nil || underKey(r.URL.Path) || !web.WantsHTML(r) || !a.site.On()) {
		return false
	}
	a.site.Fail(c.Writer, r, p.status, p.detail, telemetry.ID(r.Context()))
	return true
}

// From returns where a request comes from.
func (a pages) From(r *http.Request) web.From {
	client, trusted := limit.Peer(r.Context())
	return web.From{Client: client, Trusted: trusted}
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
	if r := a.row(c); r != nil {
		return r.MaxBody
	}
	return 0
}
