package notify

import (
	"context"

	"vega/daemon/notify/message"
	"vega/policies/incident"
)

// telegramLimit is the limit of sendMessage, in UTF-16 code units.
const telegramLimit = 4096

type telegramEntity struct {
	Type   string `json:"type"`
	Offset int    `json:"offset"` // in UTF-16 code units, as Length
	Length int    `json:"length"`
}

// telegram calls sendMessage of the Bot API without a parse mode. An entity marks the
// text as code, in which Telegram finds no mention, command, hashtag or link.
func telegram(ctx context.Context, n *Notifier, m *incident.Message) incident.Outcome {
	t := message.Compose(m)
	below := linkLines(t)
	body := message.Fit(t.Notices, t.More, message.Format{Limit: telegramLimit - message.UTF16(below), Size: message.UTF16, Title: t.Title, Details: detailed})
	payload := map[string]any{
		"chat_id":              n.settings.Chat,
		"text":                 body + below,
		"entities":             []telegramEntity{{Type: "pre", Length: message.UTF16(body)}},
		"link_preview_options": map[string]bool{"is_disabled": true},
	}
	// The token has no character that means something in a path; see service.Check.
	address := n.endpoint("/bot" + n.settings.Token + "/sendMessage")
	return n.postJSON(ctx, address, payload, confirmed("ok", true))
}
