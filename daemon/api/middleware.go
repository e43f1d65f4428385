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

	"vega/daemon/telemetry"
)

const (
	maxBody   = 1 << 20
	maxHeader = 32 << 10 // of headers and request line; past 64 KiB net/http answers by itself
)

// correlate gives the request its ID: the caller's if it can stand in a log,
// else that of the trace it is part of, else a new one. The answer carries it
// too.
func (a *API) correlate(c *gin.Context) {
	id, trace := c.GetHeader("X-Correlation-ID"), telemetry.TraceOf(c.Request.Header)
	if !telemetry.ValidID(id) {
		id = cmp.Or(trace.ID(), telemetry.NewID())
	}
	c.Header("X-Correlation-ID", id)
	c.Request = c.Request.WithContext(telemetry.WithTrace(telemetry.WithID(c.Request.Context(), id), trace))
}

// accessLog writes a line for each request: debug for the probes of an
// orchestrator, which would drown the rest.
func (a *API) accessLog(c *gin.Context) {
	began := time.Now()
	c.Next()
	level := slog.LevelInfo
	switch status := c.Writer.Status(); {
	case status >= 500 && status != http.StatusServiceUnavailable:
		level = slog.LevelError
	case c.FullPath() == "/healthz" || c.FullPath() == "/readyz":
		level = slog.LevelDebug
	}
	line := []any{
		"method", c.Request.Method, "path", c.Request.URL.Path, "status", c.Writer.Status(),
		"took_ms", float64(time.Since(began).Microseconds()) / 1000, "bytes", max(c.Writer.Size(), 0),
	}
	if client, ok := clientIn(c.Request.Context()); ok {
		line = append(line, "remote", client.String(), "proxy", c.Request.RemoteAddr)
	} else {
		line = append(line, "remote", c.Request.RemoteAddr)
	}
	a.log.Log(c.Request.Context(), level, "request", append(line, "key", c.GetString(keyName))...)
}

// recover turns a panic into an answer without detail; the log has it all.
func (a *API) recover(c *gin.Context) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler { //nolint:errorlint // net/http asks for this very value
			panic(p)
		}
		a.writeError(c, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		c.Abort()
	}()
	c.Next()
}

// limit refuses headers and bodies that are too large. A body that the route
// does not need is read all the same, so that the connection can be used again;
// but not where there is no key, since it may come as slowly as it likes.
func (a *API) limit(c *gin.Context) {
	a.handle(func(c *gin.Context) error {
		if headerSize(c.Request) > maxHeader {
			c.Header("Connection", "close")
			return &problem{http.StatusRequestHeaderFieldsTooLarge, fmt.Sprintf("the headers are over the limit of %d bytes", maxHeader)}
		}
		if most := a.bodies[c.Request.Method+" "+c.FullPath()]; most > 0 {
			if c.Request.ContentLength > most {
				c.Header("Connection", "close")
				return &problem{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is over the limit of %d bytes", most)}
			}
			c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, most)
			return nil
		}
		if c.Request.ContentLength == 0 {
			return nil
		}
		_, known := a.nameOf(c.Request)
		return drain(c, known)
	})(c)
}

func drain(c *gin.Context, known bool) error {
	tooLarge := &problem{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is over the limit of %d bytes", maxBody)}
	var over *http.MaxBytesError
	if c.Request.ContentLength > maxBody {
		c.Header("Connection", "close")
		return tooLarge
	}
	if !known {
		return nil
	}
	_, err := io.Copy(io.Discard, http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	switch {
	case errors.As(err, &over):
		return tooLarge
	case err != nil:
		return &problem{http.StatusBadRequest, "the body did not arrive whole"}
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
