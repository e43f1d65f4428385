package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"vega/daemon/alerting/respond"
)

func (a oncall) silences(c *gin.Context) error {
	p := a.params(c)
	active, limit, cursor := p.boolean("active"), p.number("limit"), p.text("cursor")
	if err := p.done(); err != nil {
		return err
	}
	page, err := a.alerting.Silences(c.Request.Context(), limit, cursor)
	now := time.Now()
	out := silencePage{Silences: []silenceAnswer{}, Next: page.Next}
	for n := range page.Silences {
		s := &page.Silences[n]
		if state := respond.StateOf(s, now); active == nil || *active == (state != respond.Ended) {
			out.Silences = append(out.Silences, silenceAnswer{*s, state})
		}
	}
	return answer(c, out, err)
}

func (a oncall) silence(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	var in silenceBody
	if err := decode(c, &in); err != nil {
		return err
	}
	request := respond.Silence(in)
	s, err := request.Add(c.Request.Context(), a.alerting, byKey(c))
	if err != nil {
		return err
	}
	c.Header("Location", a.link("/admin/silences/"+strconv.FormatInt(s.ID, 10)))
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusCreated, silenceAnswer{s, respond.StateOf(&s, time.Now())})
	return nil
}

func (a oncall) endSilence(c *gin.Context) error {
	id, err := a.params(c).pathID(c, "a silence")
	if err != nil {
		return err
	}
	if err := respond.EndSilence(c.Request.Context(), a.alerting, id, byKey(c)); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}
