package notify

import (
	"context"
	"net/url"

	"vega/daemon/notify/message"
	"vega/policies/incident"
)

// googlechatLimit is less than the 32,000 bytes of a message ("Method:
// spaces.messages.create"), and short enough to read.
const googlechatLimit = 4000

// googlechat posts text to the webhook of a space. The same requestId never creates a
// second message.
func googlechat(ctx context.Context, n *Notifier, m *incident.Message) incident.Outcome {
	u, err := url.Parse(n.settings.URL)
	if err != nil {
		return final("the URL is not valid")
	}
	query := u.Query()
	query.Set("requestId", attemptID(m))
	u.RawQuery = query.Encode()
	payload := map[string]any{"text": fenced(message.Compose(m), googlechatLimit, mentionEscape)}
	return n.postJSON(ctx, u.String(), payload, identified("name"))
}
