package notify

import (
	"context"
	"net/url"
	"strings"

	"vega/daemon/notify/message"
	"vega/plugins/egress"
	"vega/policies/incident"
)

// ntfyMessage is the limit of a message, in bytes ("Limitations": longer ones become an
// attachment), and ntfyTitle a length that every client shows.
const (
	ntfyMessage = 4096
	ntfyTitle   = 250
)

// ntfy publishes plain text as JSON ("Publish as JSON"). A sequence ID makes a second
// attempt replace the first ("Updating notifications"); older servers ignore it.
func ntfy(ctx context.Context, n *Notifier, m *incident.Message) incident.Outcome {
	server, topic, err := ntfyTopic(n.settings.URL)
	if err != nil {
		return final("the URL is not valid")
	}
	t := message.Compose(m)
	payload := map[string]any{
		"topic": topic, "title": message.Cut(t.Title, ntfyTitle), "message": n.plain(t, message.Format{Limit: ntfyMessage}),
		"priority": map[incident.Severity]int{incident.Critical: 5, incident.Warning: 4}[t.Severity], "tags": []string{ntfyTag(t)},
	}
	if payload["priority"] == 0 {
		payload["priority"] = 3
	}
	if links := firstLinks(t); len(links) > 0 {
		payload["click"] = links[0].URL
	}
	body, err := encode(payload)
	if err != nil {
		return final("the message can't be encoded as JSON")
	}
	r := &request{url: server, body: body, user: n.settings.User, password: n.settings.Password}
	r.header = []egress.Field{{Name: "X-Sequence-Id", Value: attemptID(m)}}
	if n.settings.Token != "" {
		r.header = append(r.header, egress.Field{Name: "Authorization", Value: "Bearer " + n.settings.Token})
		r.user, r.password = "", ""
	}
	return n.exchange(ctx, r, identified("id"))
}

// ntfyTopic splits the URL of a topic into that of the server and the topic.
func ntfyTopic(raw string) (server, topic string, err error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", "", err
	}
	path := strings.TrimSuffix(u.Path, "/")
	at := strings.LastIndexByte(path, '/')
	topic = path[at+1:]
	u.Path, u.RawPath = path[:at+1], ""
	return u.String(), topic, nil
}

func ntfyTag(t *message.Text) string {
	switch t.Severity {
	case incident.Critical:
		return "rotating_light"
	case incident.Warning:
		return "warning"
	case incident.Info:
		return "information_source"
	default:
		return "white_check_mark"
	}
}
