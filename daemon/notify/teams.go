package notify

import (
	"context"
	"net/http"
	"strings"

	"vega/daemon/notify/message"
	"vega/policies/incident"
)

// teamsText limits the text of a card in bytes, so that the message stays below Teams'
// limit of 28 KB ("Limits and specifications for Microsoft Teams", "Webhooks") also if
// JSON escapes each byte.
const teamsText = 9000

// teams posts an Adaptive Card to a workflow. Text is in RichTextBlock, which has no
// Markdown; mentions need a list of entities, which the card does not have.
func teams(ctx context.Context, n *Notifier, m *incident.Message) incident.Outcome {
	return n.postJSON(ctx, n.settings.URL, teamsPayload(message.Compose(m)), teamsVerdict)
}

// teamsVerdict accepts 202, which a workflow answers. Incoming webhooks answered 200 with
// "1", or with the text of an error.
func teamsVerdict(a *answer) incident.Outcome {
	if a.status == http.StatusAccepted || strings.TrimSpace(string(a.body)) == "1" {
		return arrived()
	}
	return silentVerdict(a)
}

type textRun struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Weight   string `json:"weight,omitempty"`
	FontType string `json:"fontType,omitempty"`
	Color    string `json:"color,omitempty"`
}

func teamsPayload(t *message.Text) any {
	accent := map[incident.Severity]string{incident.Critical: "attention", incident.Warning: "warning", incident.Info: "accent"}[t.Severity]
	if accent == "" {
		accent = "good"
	}
	body := []any{richText(textRun{Type: "TextRun", Text: t.Title, Weight: "bolder", Color: accent})}
	text := message.Fit(t.Notices, t.More, message.Format{Limit: teamsText, Titled: true, Details: detailed})
	if text != "" {
		body = append(body, richText(textRun{Type: "TextRun", Text: text, FontType: "monospace"}))
	}
	card := map[string]any{
		"$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
		"type":    "AdaptiveCard", "version": "1.4", "body": body,
		"msteams": map[string]any{"width": "Full"},
	}
	if links := firstLinks(t); len(links) > 0 {
		var actions []map[string]string
		for _, l := range links {
			actions = append(actions, map[string]string{"type": "Action.OpenUrl", "title": l.Name, "url": l.URL})
		}
		card["actions"] = actions
	}
	return map[string]any{
		"type":        "message",
		"attachments": []any{map[string]any{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil, "content": card}},
	}
}

func richText(run textRun) map[string]any {
	return map[string]any{"type": "RichTextBlock", "inlines": []textRun{run}}
}
