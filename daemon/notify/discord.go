package notify

import (
	"context"
	"net/http"
	"net/url"

	"vega/daemon/notify/message"
	"vega/policies/incident"
)

// Limits of Discord ("Execute Webhook" and "Embed Limits"), in characters: content 2,000,
// description 4,096, value of a field 1,024, all embeds 6,000.
const (
	discordContent     = 2000
	discordDescription = 4096
)

type discordEmbed struct {
	Description string         `json:"description"`
	Color       int            `json:"color"`
	Fields      []discordField `json:"fields,omitempty"`
}

type discordField struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Inline bool   `json:"inline"`
}

// discord posts the title as content, which phones show, and the facts as an embed, both
// as code. No mention is allowed.
func discord(ctx context.Context, n *Notifier, m *incident.Message) incident.Outcome {
	u, err := url.Parse(n.settings.URL)
	if err != nil {
		return final("the URL is not valid")
	}
	query := u.Query()
	query.Set("wait", "true") // answer after the message was saved
	u.RawQuery = query.Encode()
	return n.postJSON(ctx, u.String(), discordPayload(message.Compose(m)), discordVerdict)
}

// discordVerdict accepts the message that was created, and 204, with which services that
// imitate Discord answer also with wait.
func discordVerdict(a *answer) incident.Outcome {
	if a.status == http.StatusNoContent {
		return arrived()
	}
	return identified("id")(a)
}

func discordPayload(t *message.Text) any {
	const inline, fences = len("``"), len("```\n") * 2
	body := message.Fit(t.Notices, t.More, message.Format{
		Limit: discordDescription - fences, Size: message.UTF16, Escape: codeEscape, Titled: true, Details: detailed,
	})
	embed := discordEmbed{Description: "```\n" + body + "\n```", Color: color(t)}
	for _, l := range firstLinks(t) {
		if len(l.URL) <= 1024 && len(embed.Fields) < 2 {
			embed.Fields = append(embed.Fields, discordField{l.Name, l.URL, true})
		}
	}
	return map[string]any{
		"content":          "`" + message.Cut(codeEscape(t.Title), discordContent/2-inline) + "`",
		"embeds":           []discordEmbed{embed},
		"allowed_mentions": map[string]any{"parse": []string{}},
	}
}

// color returns the color of a message by its severity, as a number.
func color(t *message.Text) int {
	switch t.Severity {
	case incident.Critical:
		return 0xD32F2F
	case incident.Warning:
		return 0xF57C00
	case incident.Info:
		return 0x1976D2
	default:
		return 0x388E3C
	}
}
