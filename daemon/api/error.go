package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"vega/daemon"
	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/daemon/telemetry"
	"vega/plugins/shortage"
	"vega/store"
)

// problem is an error that knows its status. Its detail is for the caller: it
// says what was wrong and what to do.
type problem struct {
	status int
	detail string
}

// Error is the detail.
func (p *problem) Error() string { return p.detail }

// document is what an error looks like on the wire (RFC 9457).
type document struct {
	Type          string `json:"type"`
	Title         string `json:"title"`
	Status        int    `json:"status"`
	Detail        string `json:"detail"`
	Instance      string `json:"instance"`
	CorrelationID string `json:"correlation_id"`
}

// writeError is the one place where an error becomes a response. What is not
// meant for the caller goes to the log, and the caller gets the ID to find it.
func (a *API) writeError(c *gin.Context, err error) {
	p := classify(err)
	ctx := c.Request.Context()
	if p == nil && errors.Is(a.daemon.Ready(), daemon.ErrClosed) {
		p = &problem{http.StatusServiceUnavailable, daemon.ErrClosing.Error()}
	}
	if p == nil {
		a.log.ErrorContext(ctx, "a request failed", "path", c.Request.URL.Path, "err", err)
		p = &problem{http.StatusInternalServerError, "vega failed; its log has the reason under this correlation ID"}
	}
	body, failed := json.Marshal(extended(err, document{
		Type: "about:blank", Title: http.StatusText(p.status), Status: p.status, Detail: p.detail,
		Instance: c.Request.URL.Path, CorrelationID: telemetry.ID(ctx),
	}))
	if failed != nil { // plain fields always encode
		panic(failed)
	}
	if c.Writer.Written() { // an answer is under way; it can't be taken back
		return
	}
	c.Header("Cache-Control", "no-store")
	c.Data(p.status, "application/problem+json", body)
}

// extended adds what an error has to say beyond what every problem says.
func extended(err error, d document) any {
	if e := (*config.InvalidError)(nil); errors.As(err, &e) {
		return struct {
			document
			daemon.Diagnosis
		}{d, e.Diagnostics.Report()}
	}
	if e := (*daemon.RestartError)(nil); errors.As(err, &e) {
		return struct {
			document
			Restart []string `json:"restart"`
		}{d, e.Keys}
	}
	return d
}

// classify finds the status of an error; nil for one the caller has no part in.
func classify(err error) *problem {
	if p := (*problem)(nil); errors.As(err, &p) {
		return p
	}
	if e := (*engine.UnknownError)(nil); errors.As(err, &e) {
		return &problem{http.StatusNotFound, e.Error()}
	}
	if e := (*store.InvalidError)(nil); errors.As(err, &e) {
		return &problem{http.StatusBadRequest, e.Error()}
	}
	if p := rejection(err); p != nil {
		return p
	}
	if errors.Is(err, store.ErrNotFound) {
		return &problem{http.StatusNotFound, err.Error()}
	}
	if short := shortage.Of(err); short != nil {
		return &problem{http.StatusServiceUnavailable, short.Error()}
	}
	if errors.Is(err, context.Canceled) {
		return &problem{statusGone, "the caller went away"}
	}
	return nil
}

// rejection is why a configuration did not come into force.
func rejection(err error) *problem {
	if e := (*config.InvalidError)(nil); errors.As(err, &e) {
		return &problem{http.StatusUnprocessableEntity, e.Error()}
	}
	if e := (*daemon.RestartError)(nil); errors.As(err, &e) {
		return &problem{http.StatusConflict, e.Error()}
	}
	if e := (*daemon.RejectedError)(nil); errors.As(err, &e) {
		return &problem{http.StatusUnprocessableEntity, e.Error()}
	}
	if errors.Is(err, daemon.ErrClosing) {
		return &problem{http.StatusServiceUnavailable, err.Error()}
	}
	return nil
}

// statusGone marks, in the access log, a request whose caller left before the
// answer. No status of RFC 9110 says that; nobody is there to read it.
const statusGone = 499

func noRoute(c *gin.Context) error {
	return &problem{http.StatusNotFound, fmt.Sprintf("there is nothing at %s", c.Request.URL.Path)}
}

// noMethod has the Allow header from gin, which is not for those without a key.
func (a *API) noMethod(c *gin.Context) error {
	if err := a.authenticateUnder(c); err != nil {
		c.Writer.Header().Del("Allow")
		return err
	}
	return &problem{http.StatusMethodNotAllowed, fmt.Sprintf("%s is not for %s; it takes %s", c.Request.URL.Path, c.Request.Method, c.Writer.Header().Get("Allow"))}
}
