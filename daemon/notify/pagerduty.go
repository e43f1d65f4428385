package notify

import (
	"context"
	"time"

	"vega/daemon/notify/message"
	"vega/policies/incident"
)

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
