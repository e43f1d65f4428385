package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"vega/daemon/notify/message"
	"vega/daemon/notify/service"
	"vega/plugins/egress"
	"vega/policies/incident"
)

// webhookPayload is the body of a webhook: what Standard Webhooks has in any payload
// (type, timestamp, data). GUIDE.md documents it.
type webhookPayload struct {
	Type      string          `json:"type"`
	Timestamp time.Time       `json:"timestamp"`
	Data      incidentPayload `json:"data"`
}

type incidentPayload struct {
	Title   string          `json:"title"`
	Text    string          `json:"text"`
	Test    bool            `json:"test,omitempty"`
	More    int             `json:"more,omitempty"`
	Notices []noticePayload `json:"notices"`
}

type noticePayload struct {
	incident.Notice
	For        *int    `json:"for,omitempty"` // hides the one of incident.Notice
	DurationMS float64 `json:"duration_ms"`   // how long it has been open, or was
	Head       string  `json:"head"`
}

const (
	// webhookText limits the text for people in a webhook, in bytes.
	webhookText = 16 << 10
	// webhookEvidence limits the notices with evidence, so that hundreds of them make no
	// megabytes.
	webhookEvidence = 20
)

// webhook posts the message as JSON, signed as Standard Webhooks describes.
func webhook(ctx context.Context, n *Notifier, m *incident.Message) incident.Outcome {
	t := message.Compose(m)
	data := incidentPayload{Title: t.Title, Text: message.Fit(t.Notices, t.More, message.Format{Limit: webhookText, Links: true}), Test: m.Test, More: t.More}
	for i, c := range t.Notices {
		notice := *c.Source
		if i >= webhookEvidence {
			notice.Incident.Evidence = incident.Evidence{}
		}
		data.Notices = append(data.Notices, noticePayload{Notice: message.CleanNotice(notice), DurationMS: float64(c.Source.For.Milliseconds()), Head: c.Head})
	}
	body, err := encode(webhookPayload{Type: "incident.notices", Timestamp: m.At.UTC(), Data: data})
	if err != nil {
		return final("the message can't be encoded as JSON")
	}
	header, err := sign(n.settings.Secrets, attemptID(m), time.Now(), body)
	if err != nil {
		return final("the secrets " + err.Error())
	}
	if n.settings.Token != "" {
		header = append(header, egress.Field{Name: "Authorization", Value: "Bearer " + n.settings.Token})
	}
	return n.exchange(ctx, &request{url: n.settings.URL, body: body, header: header}, nil)
}

// sign returns the headers of Standard Webhooks ("Webhook metadata" and "Signature
// scheme"): a signature for each secret. The ID has no dot, which separates the parts that
// are signed.
func sign(secrets []string, id string, at time.Time, body []byte) ([]egress.Field, error) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	var signatures []string
	for _, secret := range secrets {
		key, err := service.SigningKey(secret)
		if err != nil {
			return nil, err
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + stamp + "."))
		mac.Write(body)
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	header := []egress.Field{{Name: "Webhook-Id", Value: id}, {Name: "Webhook-Timestamp", Value: stamp}}
	if len(signatures) > 0 {
		header = append(header, egress.Field{Name: "Webhook-Signature", Value: strings.Join(signatures, " ")})
	}
	return header, nil
}
