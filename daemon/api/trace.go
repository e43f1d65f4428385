package api

import (
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"vega/daemon/api/limit"
	"vega/daemon/telemetry"
	"vega/plugins/span"
)

// untraced lists the routes that are asked so often that their spans would drown out the
// rest.
var untraced = map[string]bool{"/healthz": true, "/readyz": true, "/metrics": true}

// traced is trace in gin's form.
func traced(a *API) gin.HandlerFunc { return func(c *gin.Context) { trace(a, c) } }

// trace begins the span of a request, which continues the caller's trace, and passes it to
// what the request causes. A request that no route serves, or without a valid key, gets
// no span, so that strangers can't fill the queue.
func trace(a *API, c *gin.Context) {
	r := a.route(c)
	if r == nil || untraced[r.path] || !a.tracer.Tracing() {
		c.Next()
		return
	}
	if k, _ := a.keyOf(c.Request); k == nil {
		c.Next()
		return
	}
	ctx := c.Request.Context()
	of := telemetry.TraceIn(ctx)
	s := a.tracer.Root(of.Parent, of.State, span.Request, r.method+" "+r.path)
	defer s.End()
	describe(s, c, r)
	head, state := s.Headers()
	c.Request = c.Request.WithContext(telemetry.WithTrace(span.With(ctx, s), telemetry.Trace{Parent: head, State: state}))
	c.Next()
	status := c.Writer.Status()
	s.Number(span.StatusCode, int64(status))
	s.Text(span.KeyName, c.GetString(keyName))
	if status >= http.StatusInternalServerError {
		s.Fail(strconv.Itoa(status))
	}
}

func describe(s span.Span, c *gin.Context, r *route) {
	s.Text(span.Method, c.Request.Method)
	s.Text(span.Route, r.path)
	s.Text(span.Scheme, "http")
	if c.Request.TLS != nil {
		s.Text(span.Scheme, "https")
	}
	s.Text(span.ProtocolVersion, strings.TrimSuffix(strings.TrimPrefix(c.Request.Proto, "HTTP/"), ".0"))
	s.Text(span.Correlation, telemetry.ID(c.Request.Context()))
	if host, _, err := net.SplitHostPort(c.Request.RemoteAddr); err == nil {
		s.Text(span.PeerAddress, host)
		s.Text(span.Client, host)
	}
	if client, ok := limit.ClientIn(c.Request.Context()); ok {
		s.Text(span.Client, client.String())
	}
}
