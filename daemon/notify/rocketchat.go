package notify

import (
	"context"

	"vega/daemon/notify/message"
	"vega/policies/incident"
)

// rocketchatLimit is less than the default of the setting "Maximum Allowed Characters Per
// Message", 5,000.
const rocketchatLimit = 4500

// rocketchat posts Markdown to an incoming webhook integration, which answers
// {"success": true}.
func rocketchat(ctx context.Context, n *Notifier, m *incident.Message) incident.Outcome {
	payload := map[string]any{"text": fenced(message.Compose(m), rocketchatLimit, mentionEscape), "parseUrls": false}
	if n.settings.Channel != "" {
		payload["channel"] = n.settings.Channel
	}
	return n.postJSON(ctx, n.settings.URL, payload, confirmed("success", true))
}
