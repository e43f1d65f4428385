package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"vega/daemon"
	"vega/daemon/engine"
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
	c.JSON(http.StatusOK, gin.H{"status": "ok"})
	return nil
}

func (a *API) readyz(c *gin.Context) error {
	if err := a.state.Ready(); err != nil {
		return &problem{status: http.StatusServiceUnavailable, detail: err.Error()}
	}
	c.JSON(http.StatusOK, gin.H{"status": "ready", "config": a.configOutcome()})
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

func (a *API) health(c *gin.Context) error {
	p := readParams(c.Request)
	q := engine.Query{
		MaxAge:  p.duration("max_age", 0, 24*time.Hour),
		Timeout: p.duration("timeout", time.Second, 30*time.Second),
		Names:   p.all("name"),
	}
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
	return answer(c, h, err)
}

func (a *API) integration(c *gin.Context) error {
	if err := readParams(c.Request).done(); err != nil {
		return err
	}
	i, err := a.checks.Integration(c.Param("name"))
	return answer(c, i, err)
}

func (a *API) runs(c *gin.Context) error {
	p := readParams(c.Request)
	cursor, limit := p.text("cursor"), p.number("limit", 1, store.MaxPage)
	if err := p.done(); err != nil {
		return err
	}
	page, err := a.history.Runs(c.Request.Context(), c.Param("name"), cursor, limit)
	return answer(c, page, err)
}

func (a *API) plugins(c *gin.Context) error {
	if err := readParams(c.Request).done(); err != nil {
		return err
	}
	return answer(c, gin.H{"plugins": a.modules.Plugins()}, nil)
}

func (a *API) validate(c *gin.Context) error {
	if err := readParams(c.Request).done(); err != nil {
		return err
	}
	v, err := a.configuration.Validate(c.Request.Context())
	return answer(c, v, err)
}

func (a *API) plan(c *gin.Context) error {
	if err := readParams(c.Request).done(); err != nil {
		return err
	}
	p, err := a.configuration.Plan(c.Request.Context())
	return answer(c, p, err)
}

func (a *API) reload(c *gin.Context) error {
	if err := readParams(c.Request).done(); err != nil {
		return err
	}
	r, err := a.configuration.Reload(c.Request.Context(), daemon.ByHTTP)
	return answer(c, r, err)
}

func (a *API) databaseStats(c *gin.Context) error {
	if err := readParams(c.Request).done(); err != nil {
		return err
	}
	return answer(c, a.databases.DatabaseStats(c.Request.Context()), nil)
}

func (a *API) resetDatabaseStats(c *gin.Context) error {
	if err := readParams(c.Request).done(); err != nil {
		return err
	}
	a.databases.ResetDatabaseStats()
	c.Status(http.StatusNoContent)
	return nil
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
