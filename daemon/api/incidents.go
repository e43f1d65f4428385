package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"vega/daemon/alerting/respond"
	"vega/store"
)

// maxAcknowledgement and maxSilence are the maximum lengths of these bodies.
const (
	maxAcknowledgement = 16 << 10
	maxSilence         = 64 << 10
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
	return answer(c, i, respond.Missing(err, "incident", id))
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
	if err := respond.Acknowledge(c.Request.Context(), a.alerting, id, respond.Acknowledgement(in), byKey(c)); err != nil {
		return err
	}
	return a.incident(c)
}

func (a oncall) unacknowledge(c *gin.Context) error {
	id, err := a.params(c).pathID(c, "an incident")
	if err != nil {
		return err
	}
	if err := respond.Unacknowledge(c.Request.Context(), a.alerting, id, byKey(c)); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

// byKey names the key of a request as the author of a change.
func byKey(c *gin.Context) string { return "key " + c.GetString(keyName) }

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
	r, err := respond.TestNotifier(c.Request.Context(), a.alerting, c.Param("name"))
	return answer(c, r, err)
}

func (a oncall) retryNotifier(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	if err := respond.RetryNotifier(c.Request.Context(), a.alerting, c.Param("name")); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}
