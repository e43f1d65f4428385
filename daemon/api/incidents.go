package api

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
)

// maxAcknowledgement and maxSilence are the maximum lengths of these bodies.
const (
	maxAcknowledgement = 16 << 10
	maxSilence         = 64 << 10
)

// The maximum lengths, in bytes, of what people write on an incident.
const (
	maxBy      = 100
	maxComment = 500
)

// oncall handles the routes of incidents, silences and notifiers.
type oncall struct{ *API }

func (a oncall) incidents(c *gin.Context) error {
	p := a.params(c)
	cursor := p.cursor("cursor") // before the times, which it may shift
	q := store.IncidentQuery{
		Open: p.boolean("open"), Subject: p.text("subject"), Alert: p.text("alert"),
		Since: p.moment("since"), Until: p.moment("until"), Limit: p.number("limit"), Cursor: cursor,
	}
	if err := p.done(); err != nil {
		return err
	}
	if err := inOrder(q.Since, q.Until); err != nil {
		return err
	}
	page, err := a.alerting.Incidents(c.Request.Context(), q)
	page.Next = p.next(page.Next)
	return answer(c, page, err)
}

func (a oncall) incident(c *gin.Context) error {
	id, err := a.params(c).pathID(c, "an incident")
	if err != nil {
		return err
	}
	i, err := a.alerting.Incident(c.Request.Context(), id)
	return answer(c, i, missing(err, "incident", id))
}

// missing says which entry does not exist.
func missing(err error, what string, id int64) error {
	if isMissing(err) {
		return &problem{http.StatusNotFound, fmt.Sprintf("there is no %s %d", what, id)}
	}
	return err
}

func isMissing(err error) bool {
	return errors.Is(err, incident.ErrNotFound) || errors.Is(err, store.ErrNotFound)
}

// unchanged says why an incident could not be changed: only open ones can.
func (a oncall) unchanged(c *gin.Context, err error, id int64) error {
	if !isMissing(err) && !errors.Is(err, incident.ErrEnded) {
		return err
	}
	i, none := a.alerting.Incident(c.Request.Context(), id)
	switch {
	case none != nil:
		return missing(none, "incident", id)
	case i.Open():
		return nil // it is not acknowledged anyhow
	default:
		return &problem{http.StatusConflict, fmt.Sprintf("incident %d has already ended", id)}
	}
}

func (a oncall) acknowledge(c *gin.Context) error {
	id, err := a.params(c).pathID(c, "an incident")
	if err != nil {
		return err
	}
	var in acknowledgementBody
	if c.Request.ContentLength != 0 { // every field is optional
		if err := decode(c, &in); err != nil {
			return err
		}
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	ack := incident.Acknowledgement{At: now}
	if ack.By, err = a.by(c, in.By); err != nil {
		return err
	}
	if ack.Comment, err = line("comment", in.Comment, maxComment); err != nil {
		return err
	}
	if in.Duration != "" {
		d, err := duration("duration", in.Duration, incident.MaxSilence)
		if err != nil {
			return err
		}
		ack.Until = now.Add(d)
	}
	if err := a.alerting.Acknowledge(c.Request.Context(), id, ack); err != nil {
		if err := a.unchanged(c, err, id); err != nil {
			return err
		}
	}
	return a.incident(c)
}

func (a oncall) unacknowledge(c *gin.Context) error {
	id, err := a.params(c).pathID(c, "an incident")
	if err != nil {
		return err
	}
	if err := a.alerting.Unacknowledge(c.Request.Context(), id, byKey(c)); err != nil {
		if err := a.unchanged(c, err, id); err != nil {
			return err
		}
	}
	c.Status(http.StatusNoContent)
	return nil
}

// by returns who changes something: the name that the caller gave, or else that of the
// key.
func (a oncall) by(c *gin.Context, given string) (string, error) {
	by, err := line("by", given, maxBy)
	return cmp.Or(by, byKey(c)), err
}

// byKey names the key of a request as the author of a change.
func byKey(c *gin.Context) string { return "key " + c.GetString(keyName) }

// line returns text on one line, without characters that could imitate other text.
func line(field, text string, limit int) (string, error) {
	text = check.OneLine(text)
	if len(text) > limit {
		return "", &store.InvalidError{Field: field, Reason: fmt.Sprintf("it has %d bytes, and its limit is %d", len(text), limit)}
	}
	return text, nil
}

// duration reads a duration of a body. It is at least a second.
func duration(field, given string, limit time.Duration) (time.Duration, error) {
	d, err := check.ParseSpan(given)
	switch {
	case err != nil:
		return 0, &store.InvalidError{Field: field, Reason: fmt.Sprintf("%q is not a duration: use a number and a unit, such as 30m or 2h", given)}
	case d < time.Second || d > limit:
		return 0, &store.InvalidError{Field: field, Reason: fmt.Sprintf("%s is not between 1s and %s", given, check.Span(limit))}
	}
	return d, nil
}

func (a oncall) alerts(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	return answer(c, newAlertsAnswer(a.alerting.Alerts()), nil)
}

func (a oncall) notifiers(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	return answer(c, notifiersAnswer{a.alerting.Notifiers()}, nil)
}

func (a oncall) testNotifier(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	r, err := a.alerting.TestNotifier(c.Request.Context(), c.Param("name"))
	return answer(c, r, a.noNotifier(err, c.Param("name")))
}

func (a oncall) retryNotifier(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	if err := a.alerting.RetryNotifier(c.Request.Context(), c.Param("name")); err != nil {
		return a.noNotifier(err, c.Param("name"))
	}
	c.Status(http.StatusNoContent)
	return nil
}

// noNotifier says which notifiers there are, if the error is that there is none of a
// name.
func (a oncall) noNotifier(err error, name string) error {
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	names := []string{}
	for _, n := range a.alerting.Notifiers() {
		names = append(names, n.Name)
	}
	known := "none is configured"
	if len(names) > 0 {
		known = "the configured ones are: " + strings.Join(names, ", ")
	}
	return &problem{http.StatusNotFound, fmt.Sprintf("there is no notifier %q; %s", check.Clip(check.OneLine(name), 100), known)}
}
