package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

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
	o, moved := n.sendTelegram(ctx, address, payload)
	if moved == 0 {
		return o
	}
	payload["chat_id"] = moved
	if o, _ = n.sendTelegram(ctx, address, payload); o.Result == incident.Arrived {
		o.Reason = fmt.Sprintf("the group has become a supergroup; set chat to %d", moved)
	}
	return o
}

// sendTelegram sends a message. A group that has become a supergroup has another ID, which
// the answer names ("ResponseParameters", migrate_to_chat_id); else it returns 0.
func (n *Notifier) sendTelegram(ctx context.Context, address string, payload map[string]any) (o incident.Outcome, moved int64) {
	var body struct {
		Parameters struct {
			Chat int64 `json:"migrate_to_chat_id"`
		} `json:"parameters"`
	}
	text, err := encode(payload)
	if err != nil {
		return final("the message can't be encoded as JSON"), 0
	}
	a, o := n.options.do(ctx, &request{url: address, body: text})
	if a == nil {
		return o, 0
	}
	if a.status == http.StatusBadRequest && json.Unmarshal(a.body, &body) == nil {
		moved = body.Parameters.Chat
	}
	return judged(a, confirmed("ok", true)), moved
}
