package notify

import (
	"context"
	"slices"
	"time"

	"vega/daemon/notify/message"
	"vega/plugins/egress"
	"vega/policies/incident"
)

// alertmanagerAlert is an element of "POST /api/v2/alerts" (OpenAPI document of API v2,
// postableAlert).
type alertmanagerAlert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`
}

// alertsAtOnce limits the alerts of a request, so that it takes well under a second.
const alertsAtOnce = 500

// alertmanager sends all notices as alerts. One that is open ends in 4 minutes, unless it
// is sent again; see Notifier.Refreshes. Its templates put annotations into other
// services' messages as they are, so that tags and mentions are removed.
func alertmanager(ctx context.Context, n *Notifier, m *incident.Message) incident.Outcome {
	t := message.Compose(n.steady(m))
	now := time.Now().UTC()
	var all []alertmanagerAlert
	for i := range t.Notices {
		if t.Notices[i].Source.Kind != incident.Missed {
			all = append(all, n.alertsOf(&t.Notices[i], m.Notices[i].Kind, now)...)
		}
	}
	var outcomes []incident.Outcome
	for part := range slices.Chunk(all, alertsAtOnce) {
		o := n.postAlerts(ctx, part)
		outcomes = append(outcomes, o)
		if o.Result != incident.Arrived {
			break
		}
	}
	return worst(outcomes)
}

// steady returns a message in which what is open is said in the same words each time,
// also when alerting repeats it without a link.
func (n *Notifier) steady(m *incident.Message) *incident.Message {
	c := *m
	c.Notices = slices.Clone(m.Notices)
	for i := range c.Notices {
		notice := &c.Notices[i]
		if notice.Kind != incident.Resolve && notice.Kind != incident.Missed {
			notice.Kind = incident.Opening
		}
		if notice.Link == "" {
			notice.Link = n.options.Pages.Link(notice.Incident.ID)
		}
	}
	return &c
}

func (n *Notifier) postAlerts(ctx context.Context, all []alertmanagerAlert) incident.Outcome {
	body, err := encode(all)
	if err != nil {
		return final("the message can't be encoded as JSON")
	}
	r := &request{url: n.endpoint("/api/v2/alerts"), body: body, user: n.settings.User, password: n.settings.Password}
	if n.settings.Token != "" {
		r.header = []egress.Field{{Name: "Authorization", Value: "Bearer " + n.settings.Token}}
		r.user, r.password = "", ""
	}
	return n.exchange(ctx, r, silentVerdict)
}

// alertsOf returns the alert of a notice. The severity is one of its labels, which
// identify it: what had another severity before ends.
func (n *Notifier) alertsOf(notice *message.Notice, kind incident.NoticeKind, now time.Time) []alertmanagerAlert {
	i := &notice.Source.Incident
	a := alertmanagerAlert{Labels: n.labels(notice, i.Severity), Annotations: annotations(notice), StartsAt: i.Opened.UTC(), EndsAt: now.Add(refreshedFor)}
	for _, l := range notice.Links {
		if l.Name == message.IncidentLink {
			a.GeneratorURL = l.URL
		}
	}
	if notice.Over() {
		a.EndsAt = now
	}
	all := []alertmanagerAlert{a}
	if kind != incident.Escalation {
		return all
	}
	for _, other := range []incident.Severity{incident.Info, incident.Warning} {
		if other.Rank() < i.Severity.Rank() {
			before := a
			before.Labels, before.EndsAt = n.labels(notice, other), now
			all = append(all, before)
		}
	}
	return all
}

// labels returns the labels of an alert. Values are not empty.
func (n *Notifier) labels(notice *message.Notice, severity incident.Severity) map[string]string {
	i := &notice.Source.Incident
	name := notice.Source.Alert
	if len(i.Alerts) > 0 {
		name = i.Alerts[0]
	}
	all := map[string]string{
		"alertname": message.Clean(name), "severity": string(severity), "source": "vega", "vega": message.Clean(n.options.ID),
		string(i.Subject.Kind): message.Clean(i.Subject.Name), "instance": message.Clean(i.Subject.Instance), "group": message.Clean(i.Group),
	}
	if all["alertname"] == "" {
		all["alertname"] = "vega"
	}
	for name, value := range all {
		if value == "" || name == "" {
			delete(all, name)
		}
	}
	return all
}

func annotations(n *message.Notice) map[string]string {
	all := map[string]string{
		"summary":     relayEscape(n.Head),
		"description": message.Fit([]message.Notice{*n}, 0, message.Format{Limit: gotifyLimit, Escape: relayEscape, Titled: true}),
	}
	for _, l := range n.Links {
		if l.Name == message.RunbookLink {
			all["runbook_url"] = l.URL
		}
	}
	return all
}
