package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"vega/daemon"
	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/daemon/telemetry"
	"vega/daemon/web"
	"vega/plugins/shortage"
	"vega/policies/alert"
	"vega/policies/incident"
	"vega/store"
)

// problem is an error with an HTTP status. Its detail says what is wrong and
// what the caller can do.
type problem struct {
	status int
	detail string
}

// Error returns the detail.
func (p *problem) Error() string { return p.detail }

// retryAfterTrouble is when a client may try again that got 503 or 507. vega tries
// every few seconds to end such a trouble.
const retryAfterTrouble = 5 * time.Second

// document is the body of an error response (RFC 9457).
type document struct {
	Type          string `json:"type"`
	Title         string `json:"title"`
	Status        int    `json:"status"`
	Detail        string `json:"detail"`
	Instance      string `json:"instance"`
	CorrelationID string `json:"correlation_id"`
}

// invalidDocument is the body if the configuration is not valid, and
// restartDocument if a change needs a restart.
type (
	invalidDocument struct {
		document
		daemon.Diagnosis
	}
	restartDocument struct {
		document
		Restart []string `json:"restart"` // the options that changed
	}
)

// problemOf returns what a caller is told of an error. It logs an error that is not meant
// for the caller, who gets the correlation ID to find it.
func problemOf(a *API, c *gin.Context, err error) *problem {
	p := classify(err)
	ctx := c.Request.Context()
	if p == nil && errors.Is(a.state.Ready(), daemon.ErrClosed) {
		p = &problem{http.StatusServiceUnavailable, daemon.ErrClosing.Error()}
	}
	if p == nil && errors.Is(context.Cause(ctx), errSlow) {
		a.log.WarnContext(ctx, "request took too long", "path", shownPath(c.Request), "err", err)
		p = &problem{http.StatusServiceUnavailable, errSlow.Error() + "; try again, or look at what the log says under this correlation ID"}
	}
	if p == nil && errors.Is(a.state.Ready(), daemon.ErrNoStore) { // the log has an error that says so
		a.log.WarnContext(ctx, "request failed", "path", shownPath(c.Request), "err", err)
		p = &problem{http.StatusServiceUnavailable, "vega can't use its store for now; see its log for the reason"}
	}
	if p == nil {
		a.log.ErrorContext(ctx, "request failed", "path", shownPath(c.Request), "err", err)
		p = &problem{http.StatusInternalServerError, "internal error; search the log for this correlation ID"}
	}
	return p
}

// writeError is the one place where an error becomes a response.
func (a *API) writeError(c *gin.Context, err error) {
	p := problemOf(a, c, err)
	if c.Writer.Written() { // the response has started; it can't be replaced
		return
	}
	if p.status == http.StatusServiceUnavailable || p.status == http.StatusInsufficientStorage {
		c.Header("Retry-After", strconv.Itoa(int(retryAfterTrouble.Seconds())))
	}
	if (pages{a}).fail(c, p) {
		return
	}
	body, failed := json.Marshal(extended(err, document{
		Type: "about:blank", Title: http.StatusText(p.status), Status: p.status, Detail: p.detail,
		Instance: a.link(escapedPath(c.Request)), CorrelationID: telemetry.ID(c.Request.Context()),
	}))
	if failed != nil { // plain fields always encode
		panic(failed)
	}
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Length", strconv.Itoa(len(body)))
	c.Data(p.status, "application/problem+json", body)
}

// extended adds the fields that only some errors have.
func extended(err error, d document) any {
	if e, ok := errors.AsType[*config.InvalidError](err); ok {
		return invalidDocument{d, e.Diagnostics.Report()}
	}
	if e, ok := errors.AsType[*daemon.RestartError](err); ok {
		return restartDocument{d, e.Keys}
	}
	return d
}

// classify returns the problem to report for an error, or nil for an internal
// error.
func classify(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if e, ok := errors.AsType[*web.Error](err); ok {
		return &problem{e.Status, e.Detail}
	}
	if e, ok := errors.AsType[*engine.UnknownError](err); ok {
		return &problem{http.StatusNotFound, e.Error()}
	}
	if e, ok := errors.AsType[*daemon.UnknownMetricError](err); ok {
		return &problem{http.StatusNotFound, e.Error()}
	}
	if e, ok := errors.AsType[*store.InvalidError](err); ok {
		return &problem{http.StatusBadRequest, e.Error()}
	}
	if p := rejection(err); p != nil {
		return p
	}
	if errors.Is(err, alert.ErrInvalid) {
		return &problem{http.StatusBadRequest, err.Error()}
	}
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, incident.ErrNotFound) {
		return &problem{http.StatusNotFound, err.Error()}
	}
	if errors.Is(err, incident.ErrEnded) {
		return &problem{http.StatusConflict, err.Error()}
	}
	if short := shortage.Of(err); short != nil { // before the store's own words for it
		return &problem{http.StatusServiceUnavailable, short.Error()}
	}
	if e, ok := errors.AsType[*store.UnavailableError](err); ok {
		status := http.StatusServiceUnavailable
		if e.Full {
			status = http.StatusInsufficientStorage
		}
		return &problem{status, "vega can't use its store for now: " + e.Reason}
	}
	if errors.Is(err, context.Canceled) {
		return &problem{statusGone, "the caller closed the connection"}
	}
	return nil
}

// rejection returns the problem to report if a configuration was not applied.
func rejection(err error) *problem {
	if e, ok := errors.AsType[*config.InvalidError](err); ok {
		return &problem{http.StatusUnprocessableEntity, e.Error()}
	}
	if e, ok := errors.AsType[*daemon.RestartError](err); ok {
		return &problem{http.StatusConflict, e.Error()}
	}
	if e, ok := errors.AsType[*daemon.RejectedError](err); ok {
		return &problem{http.StatusUnprocessableEntity, e.Error()}
	}
	if errors.Is(err, daemon.ErrClosing) {
		return &problem{http.StatusServiceUnavailable, err.Error()}
	}
	return nil
}

// statusGone marks in the access log a request whose caller closed the connection
// before the answer. RFC 9110 has no such status; nobody receives it.
const statusGone = 499

// noRoute answers a request for an unknown path. If only slashes or the case of
// letters are wrong, it names the right path.
func (a *API) noRoute(c *gin.Context) error {
	given := escapedPath(c.Request)
	for _, r := range a.routes() { // the first that fits has the fewest parameters
		if right, ok := r.near(path.Clean("/" + given)); ok {
			return &problem{http.StatusNotFound, fmt.Sprintf("no route %s; did you mean %s?", a.link(given), a.link(right))}
		}
	}
	if prefix := proxyPath(given, a.routes()); prefix != "" && a.link("") == "" {
		return &problem{http.StatusNotFound, fmt.Sprintf("no route %s; if a proxy serves vega under %s, write in the server block: external_url = \"https://NAME%s\", with the name that clients use", given, prefix, prefix)}
	}
	return &problem{http.StatusNotFound, fmt.Sprintf("no route %s; GET %s describes all routes", a.link(given), a.link("/openapi.json"))}
}

// proxyPath returns what precedes the path of a route, such as the /vega of
// /vega/healthz, or "".
func proxyPath(given string, all []route) string {
	for n := 1; n < len(given); n++ {
		if given[n] != '/' {
			continue
		}
		for _, r := range all {
			if _, ok := r.near(given[n:]); ok {
				return given[:n]
			}
		}
	}
	return ""
}

// noMethod answers a request with a wrong method. gin has set the Allow header,
// which a caller without a key must not see.
func (a *API) noMethod(c *gin.Context) error {
	if err := a.authenticateUnder(c); err != nil {
		c.Writer.Header().Del("Allow")
		return err
	}
	return &problem{http.StatusMethodNotAllowed, fmt.Sprintf("%s does not support %s; use %s", a.link(escapedPath(c.Request)), c.Request.Method, c.Writer.Header().Get("Allow"))}
}
