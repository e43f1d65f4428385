package api

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"

	"vega/daemon/api/limit"
	"vega/daemon/telemetry"
)

const (
	maxBody   = 1 << 20
	maxHeader = 32 << 10 // for the headers and the request line; above 64 KiB, net/http itself answers
)

// correlate sets the correlation ID of the request and its answer: the caller's if
// it is safe to log, otherwise the ID of the request's trace, otherwise a new one.
func (a *API) correlate(c *gin.Context) {
	id, trace := c.GetHeader("X-Correlation-ID"), telemetry.TraceOf(c.Request.Header)
	if !telemetry.ValidID(id) {
		id = cmp.Or(trace.ID(), telemetry.NewID())
	}
	c.Header("X-Correlation-ID", id)
	c.Request = c.Request.WithContext(telemetry.WithTrace(telemetry.WithID(c.Request.Context(), id), trace))
}

// accessLog logs and measures each request. /healthz, /readyz, /metrics and /probe are
// logged at level debug, since an orchestrator's probes and scrapes would drown out the
// rest; a scrape that fails is logged like any other request.
func (a *API) accessLog(c *gin.Context) {
	began := time.Now()
	c.Next()
	a.exporter.ObserveRequest(c.Request.Context(), c.FullPath(), c.Writer.Status(), time.Since(began))
	level := slog.LevelInfo
	switch status := c.Writer.Status(); {
	case status >= 500 && status != http.StatusServiceUnavailable && status != http.StatusInsufficientStorage:
		level = slog.LevelError
	case status < 400 && (c.FullPath() == "/metrics" || c.FullPath() == "/probe"), c.FullPath() == "/healthz", c.FullPath() == "/readyz":
		level = slog.LevelDebug
	}
	line := []any{
		"method", c.Request.Method, "path", shownPath(c.Request), "status", c.Writer.Status(),
		"took_ms", float64(time.Since(began).Microseconds()) / 1000, "bytes", max(c.Writer.Size(), 0),
	}
	if client, ok := limit.ClientIn(c.Request.Context()); ok {
		line = append(line, "remote", client.String(), "proxy", c.Request.RemoteAddr)
	} else {
		line = append(line, "remote", c.Request.RemoteAddr)
	}
	a.log.Log(c.Request.Context(), level, "request", append(line, "key", c.GetString(keyName))...)
}

// recover turns a panic into an error response without detail, and logs it.
func (a *API) recover(c *gin.Context) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler { //nolint:errorlint // net/http documents comparing this value
			panic(p)
		}
		a.writeError(c, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		c.Abort()
	}()
	c.Next()
}

// limit rejects headers and bodies that are too large. It also reads a body that
// the route does not need, so that the connection can be reused, but only with a
// valid key, because a client could send the body arbitrarily slowly.
func (a *API) limit(c *gin.Context) {
	a.handle(func(c *gin.Context) error {
		if headerSize(c.Request) > maxHeader {
			c.Header("Connection", "close")
			return &problem{http.StatusRequestHeaderFieldsTooLarge, fmt.Sprintf("the headers exceed the limit of %d bytes", maxHeader)}
		}
		if limit := (pages{a}).bodyOf(c); limit > 0 {
			if c.Request.ContentLength > limit {
				c.Header("Connection", "close")
				return &problem{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body exceeds the limit of %d bytes", limit)}
			}
			c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, limit)
			return nil
		}
		if c.Request.ContentLength == 0 {
			return nil
		}
		k, _ := a.keyOf(c.Request)
		return drain(c, k != nil)
	})(c)
}

// drain discards the body.
func drain(c *gin.Context, known bool) error {
	tooLarge := &problem{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body exceeds the limit of %d bytes", maxBody)}
	if c.Request.ContentLength > maxBody {
		c.Header("Connection", "close")
		return tooLarge
	}
	if !known {
		return nil
	}
	_, err := io.Copy(io.Discard, http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	_, over := errors.AsType[*http.MaxBytesError](err)
	switch {
	case over:
		return tooLarge
	case late(err):
		return errLate
	case err != nil:
		return &problem{http.StatusBadRequest, "the body is incomplete"}
	default:
		return nil
	}
}

func headerSize(r *http.Request) int {
	n := len(r.Method) + len(r.RequestURI)
	for name, values := range r.Header {
		for _, v := range values {
			n += len(name) + len(v)
		}
	}
	return n
}
