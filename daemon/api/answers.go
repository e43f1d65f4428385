package api

import (
	"time"

	"vega/daemon"
	"vega/daemon/alerting"
	"vega/daemon/alerting/respond"
	"vega/daemon/catalog"
	"vega/daemon/engine"
	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
)

// The bodies and answers that only the API has.
type (
	aliveAnswer struct {
		Status string `json:"status"`
	}
	readyAnswer struct {
		Config daemon.Outcome `json:"config"`
		Status string         `json:"status"`
	}
	// anyAnswer is an answer that no schema describes.
	anyAnswer struct{}
	// textAnswer is an answer that is not JSON.
	textAnswer        string
	integrationAnswer struct {
		engine.State
		DefinedAt string         `json:"defined_at,omitzero"`
		Grants    []engine.Grant `json:"grants,omitzero"` // nil for keys that must not see the configuration
	}
	pluginsAnswer struct {
		Plugins []catalog.Report `json:"plugins"`
	}
	memoriesAnswer struct {
		Memories []store.Memory `json:"memories"`
	}
	conversationBody struct {
		SessionID string    `json:"session_id"`
		Source    string    `json:"source"`
		Model     string    `json:"model,omitempty"`
		Prompt    string    `json:"prompt"`
		Response  string    `json:"response"`
		Reviewed  bool      `json:"reviewed,omitempty"`
		At        time.Time `json:"ts,omitzero"`
	}
	reviewBody struct {
		Reviewed *bool `json:"reviewed"`
	}
	memoryBody struct {
		Value *string `json:"value"`
	}
	acknowledgementBody struct {
		By       string `json:"by,omitempty"`
		Comment  string `json:"comment,omitempty"`
		Duration string `json:"duration,omitempty"`
	}
	silenceBody struct {
		Integrations []string  `json:"integrations,omitempty"`
		Alerts       []string  `json:"alerts,omitempty"`
		From         time.Time `json:"from,omitzero"`
		Until        time.Time `json:"until,omitzero"`
		Duration     string    `json:"duration,omitempty"`
		By           string    `json:"by,omitempty"`
		Comment      string    `json:"comment"`
	}
	silencePage struct {
		Silences []silenceAnswer `json:"silences"`
		Next     string          `json:"next"`
	}
	silenceAnswer struct {
		incident.Silence
		State respond.State `json:"state"`
	}
	notifiersAnswer struct {
		Notifiers []alerting.NotifierReport `json:"notifiers"`
	}
	alertsAnswer struct {
		Alerts []alertAnswer `json:"alerts"`
	}
	alertAnswer struct {
		alerting.AlertReport
		Watches []watchAnswer `json:"watches"`
	}
	// watchAnswer is a watch without what only the state machine needs.
	watchAnswer struct {
		Subject    incident.Subject `json:"subject"`
		Phase      incident.Phase   `json:"phase"`
		Since      time.Time        `json:"since"`
		Evaluated  time.Time        `json:"evaluated"`
		Streak     int              `json:"streak"`
		ObservedMS float64          `json:"observed_ms"`
		Unknown    bool             `json:"unknown"`
		Message    string           `json:"message"`
		Value      *float64         `json:"value"`
		Incident   *int64           `json:"incident"`
	}
)

func newAlertsAnswer(all []alerting.AlertReport) alertsAnswer {
	out := alertsAnswer{[]alertAnswer{}}
	for _, r := range all {
		a := alertAnswer{r, []watchAnswer{}}
		for _, w := range r.Watches {
			one := watchAnswer{
				Subject: w.Subject, Phase: w.Phase, Since: w.Since, Evaluated: w.Evaluated, Streak: w.Streak,
				ObservedMS: check.Milliseconds(w.Observed), Unknown: w.Unknown, Message: w.Message, Value: w.Value,
			}
			if w.Incident != 0 {
				one.Incident = &w.Incident
			}
			a.Watches = append(a.Watches, one)
		}
		out.Alerts = append(out.Alerts, a)
	}
	return out
}
