package api

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"vega/daemon"
	"vega/daemon/api/scope"
	"vega/daemon/engine"
	"vega/policies/check"
	"vega/store"
)

// handler answers a request, or returns an error, which becomes the answer.
type handler func(*gin.Context) error

// handle turns a handler into gin's form. It is the only path from a handler's
// error to a response.
func (a *API) handle(h handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := h(c); err != nil {
			a.writeError(c, err)
			c.Abort()
		}
	}
}

func (a *API) healthz(c *gin.Context) error {
	c.JSON(http.StatusOK, aliveAnswer{"ok"})
	return nil
}

func (a *API) readyz(c *gin.Context) error {
	if err := a.state.Ready(); err != nil {
		return &problem{status: http.StatusServiceUnavailable, detail: err.Error()}
	}
	c.JSON(http.StatusOK, readyAnswer{a.configOutcome(), "ready"})
	return nil
}

// configOutcome reports whether the configuration on disk was applied, without
// detail. A daemon that keeps running the previous one is still ready.
func (a *API) configOutcome() daemon.Outcome {
	if a.state.Rejected() {
		return daemon.Rejected
	}
	return daemon.Applied
}

func (a *API) overview(c *gin.Context) error {
	p := a.params(c)
	q := engine.Selection{Names: p.all("name"), Statuses: statuses(p.all("status")), Stream: true}
	if err := p.done(); err != nil {
		return err
	}
	o, err := a.checks.Overview(q)
	if unknown, ok := errors.AsType[*engine.UnknownError](err); ok {
		return badParam("name", unknown.Error())
	}
	if err != nil {
		return err
	}
	return stream(c, o.WriteJSON)
}

func statuses(names []string) (all []check.Status) {
	for _, n := range names {
		all = append(all, check.Status(n))
	}
	return all
}

func (a *API) health(c *gin.Context) error {
	p := a.params(c)
	q := engine.Query{MaxAge: p.duration("max_age"), Timeout: p.duration("timeout"), Names: p.all("name"), Stream: true}
	if err := p.done(); err != nil {
		return err
	}
	h, err := a.checks.Health(c.Request.Context(), q)
	if unknown, ok := errors.AsType[*engine.UnknownError](err); ok {
		return badParam("name", unknown.Error())
	}
	if gone := c.Request.Context().Err(); err == nil && gone != nil {
		return gone // h is incomplete, and nobody receives it
	}
	if err != nil {
		return err
	}
	return stream(c, h.WriteJSON)
}

func (a *API) integration(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	i, err := a.checks.Integration(c.Param("name"))
	out := integrationAnswer{State: i.State}
	if k, _ := a.keyOf(c.Request); k != nil && scope.Allows(k.scopes, Admin) {
		out.DefinedAt, out.Grants = i.DefinedAt, i.Grants
	}
	return answer(c, out, err)
}

func (a *API) runs(c *gin.Context) error {
	p := a.params(c)
	cursor := p.cursor("cursor") // before the times, which it may shift
	q := store.RunQuery{
		Integration: c.Param("name"), Since: p.moment("since"), Until: p.moment("until"), Statuses: statuses(p.all("status")),
		Limit: p.number("limit"), Cursor: cursor,
	}
	if err := p.done(); err != nil {
		return err
	}
	if err := inOrder(q.Since, q.Until); err != nil {
		return err
	}
	page, err := a.history.Runs(c.Request.Context(), q)
	page.Next = p.next(page.Next)
	return answer(c, page, err)
}

// inOrder returns an error for a period that ends before it begins. A zero time is no
// bound.
func inOrder(since, until time.Time) error {
	if !since.IsZero() && !until.IsZero() && !since.Before(until) {
		return badParam("since", "it is not before until, so nothing can match")
	}
	return nil
}

func (a *API) plugins(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	return answer(c, pluginsAnswer{a.modules.Plugins()}, nil)
}

func (a *API) validate(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	v, err := a.configuration.Validate(c.Request.Context())
	return answer(c, v, err)
}

func (a *API) plan(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	p, err := a.configuration.Plan(c.Request.Context())
	return answer(c, p, err)
}

func (a *API) reload(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	r, err := a.configuration.Reload(c.Request.Context(), daemon.ByHTTP)
	return answer(c, r, err)
}

func (a *API) databaseStats(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	return answer(c, a.databases.DatabaseStats(c.Request.Context()), nil)
}

func (a *API) resetDatabaseStats(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	a.databases.ResetDatabaseStats()
	c.Status(http.StatusNoContent)
	return nil
}

func (a *API) system(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	s, err := a.machine.System(c.Request.Context())
	return answer(c, s, err)
}

func (a *API) systemSummary(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	s, err := a.machine.SystemSummary(c.Request.Context())
	return answer(c, s, err)
}

// answer writes v as JSON, unless there is an error.
func answer(c *gin.Context, v any, err error) error {
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, v)
	return nil
}

// stream answers with the JSON that write writes, without holding all of it. If write
// fails after it has begun, stream breaks the connection, so that the caller does not take
// the answer for complete.
func stream(c *gin.Context, write func(io.Writer) error) error {
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Type", "application/json; charset=utf-8")
	c.Status(http.StatusOK)
	w := &reader{Writer: c.Writer}
	err := write(w)
	switch {
	case w.gone:
		return nil // nobody receives an error
	case err != nil && c.Writer.Written():
		_ = c.Error(err)
		panic(http.ErrAbortHandler)
	}
	return err
}

// reader is who receives an answer.
type reader struct {
	io.Writer
	gone bool // a write failed
}

// Write passes b on.
func (w *reader) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	w.gone = w.gone || err != nil
	return n, err
}
