package api

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
)

// external is the URL at which clients reach vega through a proxy.
type external struct {
	base     string // without a slash at the end; "" if it is not configured
	prefix   string // the path of base, such as /vega; "" if there isn't one
	host     string // without the port; "" if base is ""
	document func() ([]byte, error)
}

// SetExternal sets the URL at which clients reach vega through a proxy, such as
// https://ops.example.com/vega. An empty one means that there is none.
//
// The API then answers under the path of the URL as well as without it, so the proxy
// may strip the path or pass it on. It also rejects requests for hosts that it can't
// have, so that a web page can't send requests to vega by a name of its own.
func (a *API) SetExternal(base string) error {
	u, err := url.Parse(base)
	if err != nil {
		return fmt.Errorf("server.external_url: %w", err)
	}
	e := &external{base: strings.TrimSuffix(base, "/"), prefix: strings.TrimSuffix(u.Path, "/"), host: strings.ToLower(u.Hostname())}
	e.document = sync.OnceValues(func() ([]byte, error) { return a.describe(e) })
	a.external.Store(e)
	return nil
}

// inside returns the request without the path of the external URL.
func (e *external) inside(r *http.Request) *http.Request {
	path, ok := strings.CutPrefix(r.URL.Path, e.prefix)
	raw, same := strings.CutPrefix(r.URL.RawPath, e.prefix)
	if e.prefix == "" || !ok || path != "" && path[0] != '/' || r.URL.RawPath != "" && !same {
		return r
	}
	stripped, inner := *r, *r.URL
	inner.Path, inner.RawPath = path, raw
	if path == "" {
		inner.Path = "/"
	}
	stripped.URL = &inner
	return &stripped
}

// link returns a path of the API as a client sees it.
func (a *API) link(path string) string { return a.external.Load().prefix + path }

// checkHost rejects requests for a host that vega can't have. Names without a dot
// and addresses can't be registered by somebody else, and what needs no key is the
// same for everyone. Pages are stricter than the API, since a browser takes along what
// it is logged in with: without an external URL, they have no name with a dot.
func (a *API) checkHost(c *gin.Context) error {
	e, page, row := a.external.Load(), (pages{a}).row(c), a.route(c)
	if row != nil && row.public() || page != nil && page.Published || page == nil && e.host == "" {
		return nil
	}
	host := hostOf(c.Request.Host)
	if host == e.host || !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost") {
		return nil
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	if e.host == "" {
		return &problem{http.StatusMisdirectedRequest, fmt.Sprintf("the header Host is %q, and vega's pages don't answer to a name that the configuration does not have, since any web site could use one; if it is vega's, write in the server block: external_url = \"https://%s\" (or http://), or open vega by its address", c.Request.Host, c.Request.Host)}
	}
	return &problem{http.StatusMisdirectedRequest, fmt.Sprintf("the header Host is %q, but server.external_url has the host %q; make the proxy pass that on (nginx: proxy_set_header Host $host), or use the address of vega", c.Request.Host, e.host)}
}

// hostOf returns the name or address in a Host header, without a port and brackets.
func hostOf(header string) string {
	host := header
	if name, _, err := net.SplitHostPort(header); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
