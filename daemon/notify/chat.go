package notify

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"vega/daemon/notify/message"
	"vega/policies/incident"
)

// detailed limits the notices of a message that are shown with their facts and links.
const detailed = 3

// fenced returns a message as a code block of Markdown, followed by the operator's links.
// limit limits its characters.
func fenced(t *message.Text, limit int, escape func(string) string) string {
	const fence = "```\n"
	below := linkLines(t)
	room := limit - 2*len(fence) - message.Runes(below)
	body := message.Fit(t.Notices, t.More, message.Format{Limit: room, Size: message.Runes, Escape: escape, Title: t.Title, Details: detailed})
	return fence + body + "\n" + strings.TrimSuffix(fence, "\n") + below
}

// linkLines returns the links of the first notices, each on a line that begins with a
// line break.
func linkLines(t *message.Text) string {
	var b strings.Builder
	for _, l := range firstLinks(t) {
		b.WriteString("\n" + l.Name + ": " + l.URL)
	}
	return b.String()
}

// firstLinks returns the links of the first notices, each once. Those to several
// incidents have their numbers in their names.
func firstLinks(t *message.Text) (all []message.Link) {
	for _, n := range t.Notices[:min(len(t.Notices), detailed)] {
		for _, l := range n.Links {
			if l.Name == message.IncidentLink && len(t.Notices) > 1 {
				l.Name += " " + strconv.FormatInt(n.Source.Incident.ID, 10)
			}
			if !slices.ContainsFunc(all, func(o message.Link) bool { return o.URL == l.URL }) {
				all = append(all, l)
			}
		}
	}
	return all
}

// mattermostLimit is the number of characters that Mattermost has always accepted
// ("Incoming webhooks", "Tips and best practices"); newer servers accept 16,383.
const mattermostLimit = 4000

// mattermost posts Markdown to an incoming webhook, which answers "ok".
func mattermost(ctx context.Context, n *Notifier, m *incident.Message) incident.Outcome {
	payload := map[string]any{"text": fenced(message.Compose(m), mattermostLimit, codeEscape)}
	if n.settings.Channel != "" {
		payload["channel"] = n.settings.Channel
	}
	return n.postJSON(ctx, n.settings.URL, payload, nil)
}

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
