package notify

import (
	"context"
	"encoding/json"
	"strings"

	"vega/daemon/notify/message"
	"vega/policies/incident"
)

// Limits of Slack: "Section block" and "Text object" allow 3,000 characters, "Header
// block" 150, and "Blocks" 50 blocks in a message.
const (
	slackText   = 3000
	slackHeader = 150
)

type slackBlock struct {
	Type     string       `json:"type"`
	Text     *slackObject `json:"text,omitempty"`
	Elements []any        `json:"elements,omitempty"`
}

type slackObject struct {
	Type  string `json:"type"`
	Text  string `json:"text"`
	Emoji *bool  `json:"emoji,omitempty"`
}

// slack posts blocks of plain text, in which Slack interprets nothing. Only the text of
// the desktop notification is always interpreted, and escaped.
func slack(ctx context.Context, n *Notifier, m *incident.Message) incident.Outcome {
	return n.postJSON(ctx, n.settings.URL, slackPayload(message.Compose(m)), slackVerdict)
}

func slackPayload(t *message.Text) any {
	blocks := []slackBlock{{Type: "header", Text: slackPlain(message.Cut(t.Title, slackHeader))}}
	first := t.Notices[:min(len(t.Notices), detailed)]
	section := message.Format{Limit: slackText, Size: message.UTF16}
	section.Titled = len(t.Notices) == 1 && message.UTF16(t.Title) <= slackHeader
	for i := range first {
		if text := message.Fit(first[i:i+1], 0, section); text != "" {
			blocks = append(blocks, slackBlock{Type: "section", Text: slackPlain(text)})
		}
		if links := first[i].Links; len(links) > 0 {
			blocks = append(blocks, slackLinks(links))
		}
	}
	if rest := t.Notices[len(first):]; len(rest)+t.More > 0 {
		section.Details = -1
		blocks = append(blocks, slackBlock{Type: "section", Text: slackPlain(message.Fit(rest, t.More, section))})
	}
	return map[string]any{"text": slackEscape(message.Cut(t.Title, slackText)), "blocks": blocks, "mrkdwn": false, "unfurl_links": false, "unfurl_media": false}
}

func slackPlain(text string) *slackObject {
	return &slackObject{Type: "plain_text", Text: text, Emoji: new(bool)}
}

// slackLinks shows the operator's links. message.Link has none of the characters that
// end one.
func slackLinks(links []message.Link) slackBlock {
	b := slackBlock{Type: "context"}
	for _, l := range links {
		b.Elements = append(b.Elements, map[string]any{
			"type": "mrkdwn", "verbatim": true, "text": "<" + strings.ReplaceAll(l.URL, "&", "&amp;") + "|" + l.Name + ">",
		})
	}
	return b
}

// slackVerdict accepts the text "ok" of an incoming webhook, and the JSON of the Web
// API, which answers 200 also to what it refuses.
func slackVerdict(a *answer) incident.Outcome {
	var body struct {
		OK *bool `json:"ok"`
	}
	switch {
	case strings.TrimSpace(string(a.body)) == "ok":
		return arrived()
	case json.Unmarshal(a.body, &body) != nil || body.OK == nil:
		return unconfirmed()
	case *body.OK:
		return arrived()
	default:
		return final("Slack does not accept the message (ok is false)")
	}
}
