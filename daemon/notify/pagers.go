package notify

import (
	"context"
	"net/url"
	"strings"
	"time"

	"vega/daemon/notify/message"
	"vega/plugins/egress"
	"vega/policies/incident"
)

// each sends an event for each notice. It stops at the first that does not arrive; what
// is sent a second time has the same key, which changes nothing. What is over and was
// never sent needs no page. For what is too much, alerting has an incident of its own
// among the notices.
func each(m *incident.Message, send func(n *message.Notice) incident.Outcome) incident.Outcome {
	t := message.Compose(m)
	for i := range t.Notices {
		if t.Notices[i].Source.Kind == incident.Missed {
			continue
		}
		if o := send(&t.Notices[i]); o.Result != incident.Arrived {
			return o
		}
	}
	return arrived()
}

// pagerdutySummary limits the summary, in characters ("Send an alert event", payload).
const pagerdutySummary = 1024

// pagerduty sends events of the Events API v2. The dedup_key is the incident's, so that
// all its events are about one alert.
func pagerduty(ctx context.Context, n *Notifier, m *incident.Message) incident.Outcome {
	return each(m, func(notice *message.Notice) incident.Outcome {
		return n.postJSON(ctx, n.settings.URL, n.pagerdutyEvent(notice), confirmed("status", "success"))
	})
}

func (n *Notifier) pagerdutyEvent(notice *message.Notice) any {
	i := &notice.Source.Incident
	event := map[string]any{"routing_key": n.settings.Key, "event_action": "trigger", "dedup_key": short(i.Key, 255)}
	if notice.Over() {
		event["event_action"] = "resolve"
		return event
	}
	severity := string(i.Severity)
	if i.Severity.Rank() == 0 {
		severity = string(incident.Warning)
	}
	event["payload"] = map[string]any{
		"summary": message.Cut(notice.Head, pagerdutySummary), "source": "vega " + message.Clean(n.options.ID), "severity": severity,
		"timestamp": i.Opened.UTC().Format(time.RFC3339), "component": message.Clean(i.Subject.Label()),
		"group": message.Clean(i.Group), "class": message.Clean(notice.Source.Alert), "custom_details": details(notice),
	}
	event["client"] = "vega"
	if n.options.ExternalURL != "" {
		event["client_url"] = n.options.ExternalURL
	}
	var links []map[string]string
	for _, l := range notice.Links {
		links = append(links, map[string]string{"href": l.URL, "text": l.Name})
	}
	if links != nil {
		event["links"] = links
	}
	return event
}

// details returns the facts of a notice as an object.
func details(n *message.Notice) map[string]string {
	all := map[string]string{}
	for _, f := range n.Fields {
		all[f.Name] = f.Value
	}
	return all
}

// Limits of Opsgenie ("Alert API", "Create Alert"), in characters.
const (
	opsgenieMessage     = 130
	opsgenieDescription = 15000
	opsgenieAlias       = 512
	opsgenieEntity      = 512
)

// opsgenie creates and closes alerts. The alias is the key of the incident, so that there
// is one alert for each. Opsgenie shows HTML, so that there is no < in the texts.
func opsgenie(ctx context.Context, n *Notifier, m *incident.Message) incident.Outcome {
	login := egress.Field{Name: "Authorization", Value: "GenieKey " + n.settings.Key}
	base := strings.TrimSuffix(n.settings.URL, "/") + "/v2/alerts"
	return each(m, func(notice *message.Notice) incident.Outcome {
		alias := short(notice.Source.Incident.Key, opsgenieAlias)
		if !notice.Over() {
			return n.postJSON(ctx, base, opsgenieAlert(notice, alias), identified("requestId"), login)
		}
		note := map[string]string{"source": "vega", "note": relayEscape(notice.Head)}
		return n.postJSON(ctx, base+"/"+url.PathEscape(alias)+"/close?identifierType=alias", note, identified("requestId"), login)
	})
}

func opsgenieAlert(n *message.Notice, alias string) any {
	i := &n.Source.Incident
	f := message.Format{Limit: opsgenieDescription, Size: message.Runes, Escape: relayEscape, Links: true}
	priority := map[incident.Severity]string{incident.Critical: "P1", incident.Warning: "P3", incident.Info: "P5"}[i.Severity]
	if priority == "" {
		priority = "P3"
	}
	return map[string]any{
		"message": message.Cut(relayEscape(n.Head), opsgenieMessage), "alias": alias,
		"description": message.Fit([]message.Notice{*n}, 0, f), "priority": priority, "source": "vega",
		"entity": message.Cut(relayEscape(message.Clean(i.Subject.Label())), opsgenieEntity), "details": opsgenieDetails(n),
	}
}

// opsgenieDetails has what rules of Opsgenie route by. All details together may have
// 8,000 characters; the facts are in the description.
func opsgenieDetails(n *message.Notice) map[string]string {
	i := &n.Source.Incident
	all := map[string]string{
		"subject": message.Clean(i.Subject.String()), "severity": string(i.Severity),
		"group": message.Clean(i.Group), "alert": message.Clean(n.Source.Alert),
	}
	for _, l := range n.Links {
		all[strings.ToLower(l.Name)] = l.URL
	}
	for name, value := range all {
		all[name] = relayEscape(value)
		if value == "" {
			delete(all, name)
		}
	}
	return all
}

// alertmanagerAlert is an element of "POST /api/v2/alerts" (OpenAPI document of API v2,
// postableAlert).
type alertmanagerAlert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`
}

// alertmanager sends all notices as alerts. One that is open ends in 4 minutes, unless it
// is sent again; see Notifier.Refreshes. Its templates put annotations into other
// services' messages as they are, so that there are no tags and mentions in them.
func alertmanager(ctx context.Context, n *Notifier, m *incident.Message) incident.Outcome {
	t := message.Compose(m)
	now := time.Now().UTC()
	all := []alertmanagerAlert{}
	for i := range t.Notices {
		if t.Notices[i].Source.Kind != incident.Missed {
			all = append(all, n.alertsOf(&t.Notices[i], now)...)
		}
	}
	if len(all) == 0 {
		return arrived()
	}
	body, err := encode(all)
	if err != nil {
		return final("the message can't be encoded as JSON")
	}
	r := &request{url: strings.TrimSuffix(n.settings.URL, "/") + "/api/v2/alerts", body: body, user: n.settings.User, password: n.settings.Password}
	if n.settings.Token != "" {
		r.header = []egress.Field{{Name: "Authorization", Value: "Bearer " + n.settings.Token}}
		r.user, r.password = "", ""
	}
	return n.exchange(ctx, r, nil)
}

// alertsOf returns the alert of a notice. The severity is one of its labels, which
// identify it: what had another severity before ends.
func (n *Notifier) alertsOf(notice *message.Notice, now time.Time) []alertmanagerAlert {
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
	if notice.Source.Kind != incident.Escalation {
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
	all := map[string]string{
		"alertname": message.Clean(notice.Source.Alert), "severity": string(severity), "source": "vega", "vega": message.Clean(n.options.ID),
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
