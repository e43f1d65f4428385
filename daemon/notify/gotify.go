package notify

import (
	"context"

	"vega/daemon/notify/message"
	"vega/plugins/egress"
	"vega/policies/incident"
)

// gotifyLimit limits a message, in bytes. Gotify has no limit.
const gotifyLimit = 8 << 10

// gotify creates a message ("POST /message") that is displayed as plain text ("Message
// Extras", client::display).
func gotify(ctx context.Context, n *Notifier, m *incident.Message) incident.Outcome {
	t := message.Compose(m)
	extras := map[string]any{"client::display": map[string]string{"contentType": "text/plain"}}
	if links := firstLinks(t); len(links) > 0 {
		extras["client::notification"] = map[string]any{"click": map[string]string{"url": links[0].URL}}
	}
	payload := map[string]any{
		"title": message.Cut(t.Title, ntfyTitle), "message": n.plain(t, message.Format{Limit: gotifyLimit}), "extras": extras,
		"priority": map[incident.Severity]int{incident.Critical: 8, incident.Warning: 5, incident.Info: 3}[t.Severity],
	}
	return n.postJSON(ctx, n.endpoint("/message"), payload, identified("id"), egress.Field{Name: "X-Gotify-Key", Value: n.settings.Token})
}
