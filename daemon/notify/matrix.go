package notify

import (
	"context"
	"net/http"
	"net/url"

	"vega/daemon/notify/message"
	"vega/plugins/egress"
	"vega/policies/incident"
)

// matrixLimit limits the text of a message as matrixSize measures it. An event has at most
// 65,536 bytes ("Client-Server API", "Size limits").
const matrixLimit = 40 << 10

// matrixSize measures a text that is in an event twice: as HTML, and as it is.
func matrixSize(s string) int { return len(htmlEscape(s)) + 2*len(s) }

// matrix puts a message into a room ("PUT /rooms/{roomId}/send/{eventType}/{txnId}"). It
// is not an m.notice: by the default push rules (".m.rule.suppress_notices"), no client
// notifies anybody of one. The same transaction ID never creates a second event. The list
// of mentions is empty, so that nothing in the text is one, and the text is code, in which
// clients make no links.
func matrix(ctx context.Context, n *Notifier, m *incident.Message) incident.Outcome {
	t := message.Compose(m)
	body := message.Fit(t.Notices, t.More, message.Format{Limit: matrixLimit, Size: matrixSize, Title: t.Title, Details: detailed})
	html := "<pre><code>" + htmlEscape(body) + "</code></pre>"
	for _, l := range firstLinks(t) {
		html += `<p><a href="` + htmlEscape(l.URL) + `">` + l.Name + "</a></p>"
	}
	payload, err := encode(map[string]any{
		"msgtype": "m.text", "body": body + linkLines(t),
		"format": "org.matrix.custom.html", "formatted_body": html,
		"m.mentions": map[string]any{},
	})
	if err != nil {
		return final("the message can't be encoded as JSON")
	}
	return n.exchange(ctx, &request{
		method: http.MethodPut,
		url:    n.endpoint("/_matrix/client/v3/rooms/" + url.PathEscape(n.settings.Room) + "/send/m.room.message/" + attemptID(m)),
		header: []egress.Field{{Name: "Authorization", Value: "Bearer " + n.settings.Token}},
		body:   payload,
	}, identified("event_id"))
}
