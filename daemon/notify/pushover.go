package notify

import (
	"context"
	"net/url"
	"strconv"

	"vega/daemon/notify/message"
	"vega/policies/incident"
)

// Limits of Pushover ("Message API", "Limitations"), in characters.
const (
	pushoverMessage = 1024
	pushoverTitle   = 250
	pushoverURL     = 512
)

// pushover posts a form to the Message API, without the option html, so that the text is
// plain.
func pushover(ctx context.Context, n *Notifier, m *incident.Message) incident.Outcome {
	t := message.Compose(m)
	f := message.Format{Limit: pushoverMessage, Size: message.UTF16}
	form := url.Values{
		"token": {n.settings.Token}, "user": {n.settings.User}, "timestamp": {strconv.FormatInt(m.At.Unix(), 10)},
		"title": {message.Cut(t.Title, pushoverTitle)}, "message": {n.plain(t, f)},
	}
	if t.Severity == incident.Critical {
		form.Set("priority", "1")
	}
	if links := firstLinks(t); len(links) > 0 && len(links[0].URL) <= pushoverURL {
		form.Set("url", links[0].URL)
		form.Set("url_title", links[0].Name)
	}
	return n.exchange(ctx, &request{
		url:  n.endpoint("/1/messages.json"),
		body: []byte(form.Encode()), contentType: "application/x-www-form-urlencoded",
	}, confirmed("status", 1))
}
