package notify

import (
	"context"

	"vega/daemon/notify/message"
	"vega/policies/incident"
)

// mattermostLimit is the number of characters that Mattermost has always accepted
// ("Incoming webhooks", "Tips and best practices"); newer servers accept 16,383.
const mattermostLimit = 4000

// mattermost posts Markdown to an incoming webhook, which answers "ok".
func mattermost(ctx context.Context, n *Notifier, m *incident.Message) incident.Outcome {
	payload := map[string]any{"text": fenced(message.Compose(m), mattermostLimit, codeEscape)}
	if n.settings.Channel != "" {
		payload["channel"] = n.settings.Channel
	}
	return n.postJSON(ctx, n.settings.URL, payload, slackVerdict)
}
