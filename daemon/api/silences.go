package api

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"vega/policies/incident"
	"vega/store"
)

// The most selectors of a silence, and the length of one in bytes.
const (
	maxSelectors = 100
	maxSelector  = 256
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
	for _, s := range page.Silences {
		if one := newSilenceAnswer(s, now); active == nil || *active == (one.State != silenceEnded) {
			out.Silences = append(out.Silences, one)
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
	now := time.Now().UTC().Truncate(time.Millisecond)
	s, err := in.silence(now)
	if err != nil {
		return err
	}
	if s.By, err = a.by(c, in.By); err != nil {
		return err
	}
	if s, err = a.alerting.Silence(c.Request.Context(), s); err != nil {
		return err
	}
	c.Header("Location", a.link("/admin/silences/"+strconv.FormatInt(s.ID, 10)))
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusCreated, newSilenceAnswer(s, now))
	return nil
}

func (a oncall) endSilence(c *gin.Context) error {
	id, err := a.params(c).pathID(c, "a silence")
	if err != nil {
		return err
	}
	if err := a.alerting.EndSilence(c.Request.Context(), id, byKey(c)); err != nil {
		return a.notEnded(c, err, id)
	}
	c.Status(http.StatusNoContent)
	return nil
}

// notEnded says why a silence could not be ended: it is over already, or there is none.
func (a oncall) notEnded(c *gin.Context, err error, id int64) error {
	if errors.Is(err, incident.ErrEnded) {
		return &problem{http.StatusConflict, fmt.Sprintf("silence %d has already ended", id)}
	}
	if !isMissing(err) {
		return err
	}
	for cursor := ""; ; {
		page, failed := a.alerting.Silences(c.Request.Context(), store.MaxPage, cursor)
		if failed != nil {
			return failed
		}
		for n := range page.Silences {
			if page.Silences[n].ID == id {
				return &problem{http.StatusConflict, fmt.Sprintf("silence %d has already ended", id)}
			}
		}
		if cursor = page.Next; cursor == "" {
			return missing(err, "silence", id)
		}
	}
}

// silence returns the silence that a body describes, without By.
func (in *silenceBody) silence(now time.Time) (s incident.Silence, err error) {
	s = incident.Silence{Integrations: []string{}, Alerts: []string{}, From: now}
	s.Integrations = append(s.Integrations, in.Integrations...)
	s.Alerts = append(s.Alerts, in.Alerts...)
	if len(s.Integrations)+len(s.Alerts) == 0 {
		return s, &store.InvalidError{Field: "integrations", Reason: `say what to silence in integrations, alerts or both, such as {"integrations": ["orders-*"]}; ["*"] selects all integrations`}
	}
	if err := errors.Join(acceptSelectors("integrations", s.Integrations), acceptSelectors("alerts", s.Alerts)); err != nil {
		return s, err
	}
	if s.Comment, err = line("comment", in.Comment, maxComment); err != nil {
		return s, err
	}
	if s.Comment == "" {
		return s, &store.InvalidError{Field: "comment", Reason: "say why, for those who wonder why nothing is sent"}
	}
	if !in.From.IsZero() {
		s.From = in.From.UTC().Truncate(time.Millisecond)
	}
	if s.From.After(now.Add(incident.MaxSilence)) {
		return s, &store.InvalidError{Field: "from", Reason: "it is more than 30 days ahead"}
	}
	s.Until, err = in.until(s.From, now)
	return s, err
}

// acceptSelectors returns an error for selectors that can't be meant.
func acceptSelectors(field string, all []string) error {
	if len(all) > maxSelectors {
		return &store.InvalidError{Field: field, Reason: fmt.Sprintf("it has %d entries, and its limit is %d", len(all), maxSelectors)}
	}
	for _, s := range all {
		if s == "" || len(s) > maxSelector {
			return &store.InvalidError{Field: field, Reason: fmt.Sprintf("each entry has 1 to %d bytes", maxSelector)}
		}
	}
	return nil
}

// until returns when the silence ends.
func (in *silenceBody) until(from, now time.Time) (time.Time, error) {
	switch {
	case in.Duration != "" && !in.Until.IsZero():
		return time.Time{}, &store.InvalidError{Field: "duration", Reason: "it excludes until; send only one of them"}
	case in.Duration != "":
		d, err := duration("duration", in.Duration, incident.MaxSilence)
		return from.Add(d), err
	case in.Until.IsZero():
		return time.Time{}, &store.InvalidError{Field: "duration", Reason: `send the duration, such as "2h", or until, a time`}
	}
	until := in.Until.UTC().Truncate(time.Millisecond)
	switch {
	case !until.After(now):
		return until, &store.InvalidError{Field: "until", Reason: "it is in the past"}
	case !until.After(from):
		return until, &store.InvalidError{Field: "until", Reason: "it is not after from"}
	case until.Sub(from) > incident.MaxSilence:
		return until, &store.InvalidError{Field: "until", Reason: "a silence lasts 30 days at most"}
	}
	return until, nil
}
