package notify_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vega/daemon/notify/message"
	"vega/daemon/notify/service"
	"vega/policies/incident"
)

// documented is what the documentation of a service says about a request.
type documented struct {
	settings func(url string) service.Settings
	status   int
	answer   string // to an accepted message
	check    func(t *testing.T, r received)
}

// object decodes JSON.
func object(t testing.TB, text []byte) map[string]any {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return all
}

// at follows names and indexes into decoded JSON.
func at(t testing.TB, v any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok || m[step] == nil {
				t.Fatalf("no %v of %v", step, path)
			}
			v = m[step]
		case int:
			list, ok := v.([]any)
			if !ok || step >= len(list) {
				t.Fatalf("no %v of %v", step, path)
			}
			v = list[step]
		}
	}
	return v
}

func text(t testing.TB, v any, path ...any) string {
	t.Helper()
	s, ok := at(t, v, path...).(string)
	if !ok {
		t.Fatalf("%v is no text", path)
	}
	return s
}

func within(t testing.TB, what string, n, limit int) {
	t.Helper()
	if n < 1 || n > limit {
		t.Errorf("%s: %d, want 1 to %d", what, n, limit)
	}
}

func urlOnly(kind string) func(string) service.Settings {
	return func(u string) service.Settings { return service.Settings{Type: kind, URL: u + "/hooks/s3cret"} }
}

// services has a row for each service. The comment names the document.
var services = map[string]documented{
	// Slack developer docs, "Sending messages using incoming webhooks" (answers "ok"),
	// "Section block" (3,000 characters), "Header block" (150), "Blocks" (50).
	"slack": {urlOnly("slack"), 200, "ok", func(t *testing.T, r received) {
		body := object(t, r.body)
		within(t, "text", message.UTF16(text(t, body, "text")), 3000)
		blocks := at(t, body, "blocks").([]any)
		within(t, "blocks", len(blocks), 50)
		for _, b := range blocks {
			switch b.(map[string]any)["type"] {
			case "header":
				within(t, "header", message.UTF16(text(t, b, "text", "text")), 150)
			case "section":
				within(t, "section", message.UTF16(text(t, b, "text", "text")), 3000)
				if text(t, b, "text", "type") != "plain_text" {
					t.Error("a section is not plain text")
				}
			case "context":
				within(t, "elements", len(at(t, b, "elements").([]any)), 10)
			default:
				t.Errorf("block %v", b)
			}
		}
	}},
	// Mattermost developer docs, "Incoming webhooks": text, channel; answers "ok".
	"mattermost": {func(u string) service.Settings {
		return service.Settings{Type: "mattermost", URL: u + "/hooks/s3cret", Channel: "alerts"}
	}, 200, "ok", func(t *testing.T, r received) {
		body := object(t, r.body)
		within(t, "text", message.UTF16(text(t, body, "text")), 4000)
		if text(t, body, "channel") != "alerts" {
			t.Error("no channel")
		}
	}},
	// Rocket.Chat docs, "Incoming Webhook Scripts" and "Integrations": text, channel;
	// answers {"success":true}; "Message", maximum allowed characters 5,000.
	"rocketchat": {urlOnly("rocketchat"), 200, `{"success":true}`, func(t *testing.T, r received) {
		within(t, "text", message.UTF16(text(t, object(t, r.body), "text")), 5000)
	}},
	// Discord developer docs, "Execute Webhook" (wait, content 2,000), "Embed Limits".
	"discord": {urlOnly("discord"), 200, `{"id":"1","type":0}`, func(t *testing.T, r received) {
		body := object(t, r.body)
		if !strings.HasSuffix(r.path, "?wait=true") {
			t.Error(r.path)
		}
		content, description := text(t, body, "content"), text(t, body, "embeds", 0, "description")
		within(t, "content", message.UTF16(content), 2000)
		within(t, "description", message.UTF16(description), 4096)
		total := message.UTF16(description)
		for _, f := range at(t, body, "embeds").([]any)[0].(map[string]any)["fields"].([]any) {
			within(t, "field", len(text(t, f, "value")), 1024)
			total += len(text(t, f, "name")) + len(text(t, f, "value"))
		}
		within(t, "embeds", total, 6000)
		if parse := at(t, body, "allowed_mentions", "parse").([]any); len(parse) != 0 {
			t.Error(parse)
		}
	}},
	// Microsoft Learn, "Create incoming webhooks with Workflows" and "Adaptive Cards in
	// Teams": type message, attachments; 28 KB.
	"teams": {urlOnly("teams"), 202, "", func(t *testing.T, r received) {
		body := object(t, r.body)
		within(t, "message", len(r.body), 28<<10)
		card := at(t, body, "attachments", 0)
		if text(t, body, "type") != "message" || text(t, card, "contentType") != "application/vnd.microsoft.card.adaptive" || text(t, card, "content", "type") != "AdaptiveCard" {
			t.Errorf("%s", r.body)
		}
		for _, b := range at(t, card, "content", "body").([]any) {
			if text(t, b, "type") != "RichTextBlock" {
				t.Error("a block with Markdown")
			}
		}
	}},
	// Telegram Bot API, "sendMessage" (4,096 characters), "MessageEntity" (UTF-16),
	// "LinkPreviewOptions", "Making requests" (ok).
	"telegram": {func(u string) service.Settings {
		return service.Settings{Type: "telegram", URL: u, Token: "123:s3cretToken", Chat: "-1001"}
	}, 200, `{"ok":true,"result":{"message_id":1}}`, func(t *testing.T, r received) {
		body := object(t, r.body)
		if r.path != "/bot123:s3cretToken/sendMessage" || text(t, body, "chat_id") != "-1001" || body["parse_mode"] != nil {
			t.Errorf("%s %s", r.path, r.body)
		}
		whole := text(t, body, "text")
		within(t, "text", message.UTF16(whole), 4096)
		entity := at(t, body, "entities", 0).(map[string]any)
		within(t, "entity", int(entity["length"].(float64)), message.UTF16(whole))
		if entity["type"] != "pre" || entity["offset"] != 0.0 {
			t.Error(entity)
		}
	}},
	// Google Chat docs, "Send messages to Google Chat with incoming webhooks", "Method:
	// spaces.messages.create" (requestId, 32,000 bytes).
	"googlechat": {func(u string) service.Settings {
		return service.Settings{Type: "googlechat", URL: u + "/v1/spaces/A/messages?key=k&token=s3cret"}
	}, 200, `{"name":"spaces/A/messages/1"}`, func(t *testing.T, r received) {
		within(t, "text", len(text(t, object(t, r.body), "text")), 32000)
		u, err := url.Parse(r.path)
		if err != nil || u.Query().Get("key") != "k" || u.Query().Get("token") != "s3cret" || u.Query().Get("requestId") == "" {
			t.Error(r.path, err)
		}
	}},
	// Matrix specification, "Client-Server API", "PUT /_matrix/client/v3/rooms/{roomId}/
	// send/{eventType}/{txnId}", "m.text", "Push Rules", "User and room mentions", "Size limits".
	"matrix": {func(u string) service.Settings {
		return service.Settings{Type: "matrix", URL: u, Token: "s3cretToken", Room: "!room:example.com"}
	}, 200, `{"event_id":"$1"}`, func(t *testing.T, r received) {
		body := object(t, r.body)
		if r.method != http.MethodPut || !strings.HasPrefix(r.path, "/_matrix/client/v3/rooms/%21room:example.com/send/m.room.message/vega-") {
			t.Error(r.method, r.path)
		}
		within(t, "event", len(r.body), 65000)
		if text(t, body, "msgtype") != "m.text" || len(at(t, body, "m.mentions").(map[string]any)) != 0 || r.header.Get("Authorization") != "Bearer s3cretToken" {
			t.Errorf("%s", r.body)
		}
	}},
	// ntfy docs, "Publish as JSON", "Message priority", "Limitations" (4,096 bytes).
	"ntfy": {func(u string) service.Settings {
		return service.Settings{Type: "ntfy", URL: u + "/path/my-topic", User: "u", Password: "s3cretPass"}
	}, 200, `{"id":"abc","event":"message"}`, func(t *testing.T, r received) {
		body := object(t, r.body)
		if r.path != "/path/" || text(t, body, "topic") != "my-topic" || !strings.HasPrefix(r.header.Get("X-Sequence-Id"), "vega-") {
			t.Errorf("%s %s", r.path, r.body)
		}
		within(t, "message", len(text(t, body, "message")), 4096)
		within(t, "title", message.UTF16(text(t, body, "title")), 250)
		within(t, "priority", int(at(t, body, "priority").(float64)), 5)
		if user, password, _ := (&http.Request{Header: r.header}).BasicAuth(); user != "u" || password != "s3cretPass" {
			t.Error("login")
		}
	}},
	// Gotify docs, "Push messages" (POST /message, X-Gotify-Key) and "Message Extras".
	"gotify": {func(u string) service.Settings {
		return service.Settings{Type: "gotify", URL: u, Token: "s3cretToken"}
	}, 200, `{"id":25,"appid":5}`, func(t *testing.T, r received) {
		body := object(t, r.body)
		if r.path != "/message" || r.header.Get("X-Gotify-Key") != "s3cretToken" || text(t, body, "extras", "client::display", "contentType") != "text/plain" {
			t.Errorf("%s %s", r.path, r.body)
		}
		within(t, "message", len(text(t, body, "message")), 8<<10)
	}},
	// Pushover docs, "Message API": parameters, limits (message 1,024, title 250, url
	// 512), "Being friendly to our API" (status 1).
	"pushover": {func(u string) service.Settings {
		return service.Settings{Type: "pushover", URL: u, Token: "s3cretToken", User: "s3cretUser"}
	}, 200, `{"status":1,"request":"x"}`, func(t *testing.T, r received) {
		form, err := url.ParseQuery(string(r.body))
		if err != nil || r.path != "/1/messages.json" || form.Get("token") != "s3cretToken" || form.Get("user") != "s3cretUser" || form.Has("html") {
			t.Errorf("%v %s %s", err, r.path, r.body)
		}
		within(t, "message", message.UTF16(form.Get("message")), 1024)
		within(t, "title", message.UTF16(form.Get("title")), 250)
	}},
	// PagerDuty developer docs, "Send an Alert Event" (Events API v2): required fields,
	// summary 1,024, dedup_key 255; answers 202 with status success.
	"pagerduty": {func(u string) service.Settings {
		return service.Settings{Type: "pagerduty", URL: u + "/v2/enqueue", Key: "s3cretKey"}
	}, 202, `{"status":"success","message":"Event processed","dedup_key":"x"}`, func(t *testing.T, r received) {
		body := object(t, r.body)
		if r.path != "/v2/enqueue" || text(t, body, "routing_key") != "s3cretKey" {
			t.Error(r.path)
		}
		within(t, "dedup_key", len(text(t, body, "dedup_key")), 255)
		if text(t, body, "event_action") == "resolve" {
			return
		}
		within(t, "summary", message.UTF16(text(t, body, "payload", "summary")), 1024)
		if s := text(t, body, "payload", "severity"); !slices.Contains([]string{"critical", "error", "warning", "info"}, s) || text(t, body, "payload", "source") == "" {
			t.Error(s)
		}
		if _, err := time.Parse(time.RFC3339, text(t, body, "payload", "timestamp")); err != nil {
			t.Error(err)
		}
	}},
	// Opsgenie docs, "Alert API", "Create Alert" (message 130, alias 512, description
	// 15,000, entity 512), "Close Alert"; answers 202 with requestId.
	"opsgenie": {func(u string) service.Settings {
		return service.Settings{Type: "opsgenie", URL: u, Key: "s3cretKey"}
	}, 202, `{"result":"Request will be processed","took":0.3,"requestId":"43a29c5c"}`, func(t *testing.T, r received) {
		if r.header.Get("Authorization") != "GenieKey s3cretKey" {
			t.Error("no key")
		}
		if strings.HasSuffix(r.path, "/close?identifierType=alias") {
			return
		}
		body := object(t, r.body)
		if r.path != "/v2/alerts" {
			t.Error(r.path)
		}
		within(t, "message", message.UTF16(text(t, body, "message")), 130)
		within(t, "alias", len(text(t, body, "alias")), 512)
		within(t, "description", message.UTF16(text(t, body, "description")), 15000)
		details := 0
		for k, v := range at(t, body, "details").(map[string]any) {
			details += len(k) + len(v.(string))
		}
		within(t, "details", details, 8000)
	}},
	// Alertmanager, OpenAPI document of API v2, "postAlerts" and "postableAlert".
	"alertmanager": {func(u string) service.Settings {
		return service.Settings{Type: "alertmanager", URL: u + "/am/", Token: "s3cretToken"}
	}, 200, "", func(t *testing.T, r received) {
		var all []struct {
			Labels, Annotations map[string]string
			StartsAt, EndsAt    time.Time
		}
		if err := json.Unmarshal(r.body, &all); err != nil || len(all) == 0 || r.path != "/am/api/v2/alerts" || r.header.Get("Authorization") != "Bearer s3cretToken" {
			t.Fatalf("%v %s %s", err, r.path, r.body)
		}
		for _, a := range all {
			if a.Labels["alertname"] == "" || a.Annotations["summary"] == "" || !a.EndsAt.After(a.StartsAt) {
				t.Errorf("%+v", a)
			}
			for name, value := range a.Labels {
				if value == "" || strings.ContainsAny(name, "-. ") {
					t.Errorf("label %q: %q", name, value)
				}
			}
		}
	}},
	// Standard Webhooks specification, "Payload structure" and "Webhook Headers".
	"webhook": {func(u string) service.Settings {
		return service.Settings{Type: "webhook", URL: u + "/in", Secrets: []string{newSecret}}
	}, 200, "", func(t *testing.T, r received) {
		body := object(t, r.body)
		if text(t, body, "type") != "incident.notices" || len(at(t, body, "data").(map[string]any)) == 0 {
			t.Errorf("%s", r.body)
		}
		want := signature(t, newSecret, r.header.Get("Webhook-Id"), r.header.Get("Webhook-Timestamp"), string(r.body))
		if r.header.Get("Webhook-Signature") != want {
			t.Error("signature")
		}
	}},
}

// Each service gets what it documents, whatever the message.
func TestPayloads(t *testing.T) {
	for kind, s := range services {
		for name, m := range messages() {
			t.Run(kind+"/"+name, func(t *testing.T) {
				f := serve(t, s.status, s.answer)
				arrives(t, build(t, s.settings(f.URL)), m)
				f.mu.Lock()
				defer f.mu.Unlock()
				for _, r := range f.requests {
					if r.method != http.MethodPost && kind != "matrix" || r.header.Get("User-Agent") != "vega" {
						t.Errorf("%s, %v", r.method, r.header)
					}
					s.check(t, r)
				}
			})
		}
	}
}

// messages are the kinds of messages.
func messages() map[string]*incident.Message {
	return map[string]*incident.Message{
		"opening": opening(), "reminder": reminder(), "resolve": resolve(), "storm": storm(), "pager storm": pagerStorm(), "hostile": hostile(), "mixed": mixed(),
		"long links": longLinks(), "quotes": quotes(), "wide": wide(),
	}
}

func reminder() *incident.Message {
	return messageOf(notice(incident.Reminder, "2", orders(), 4*time.Hour+5*time.Minute))
}

// storm is a message about 60 incidents.
func storm() *incident.Message { return stormOf(60) }

// pagerStorm is what a pager is sent in a storm: some incidents, and one that stands for
// the others.
func pagerStorm() *incident.Message {
	m := stormOf(3)
	o := orders()
	o.Subject = incident.Subject{Kind: incident.OfEvent, Name: "notification_storm", Instance: "oncall"}
	o.Key = "vega/0123456789abcdef/event/notification_storm/oncall"
	o.Summary, o.Alerts, o.Runbook, o.Evidence = "57 more incidents opened; only the first 20 a minute are sent one by one", nil, "", incident.Evidence{}
	m.Notices = append(m.Notices, notice(incident.Opening, "1", o, 0))
	m.Storm = 57
	return m
}

func stormOf(n int) *incident.Message {
	var all []incident.Notice
	for i := range n {
		o := orders()
		o.Subject.Name = "shop-" + string(rune('a'+i%26)) + string(rune('a'+i/26))
		o.Summary = o.Subject.Name + " is unhealthy: connection refused"
		o.Key = "vega/0123456789abcdef/integration/" + o.Subject.Name
		all = append(all, notice(incident.Opening, "1", o, 10*time.Second))
	}
	return messageOf(all...)
}

// longLinks has links that would leave no room for text.
func longLinks() *incident.Message {
	m := stormOf(5)
	for i := range m.Notices {
		n := &m.Notices[i]
		n.Link = "https://vega.example.com/" + strings.Repeat("a", 900) + strconv.Itoa(i)
		n.Incident.Runbook = "https://wiki.example.com/" + strings.Repeat("b", 900) + strconv.Itoa(i)
	}
	return m
}

// quotes has only characters that JSON and HTML escape.
func quotes() *incident.Message {
	m := stormOf(60)
	for i := range m.Notices {
		n := &m.Notices[i]
		n.Incident.Summary, n.Note = strings.Repeat("\\\"'<&", 300), strings.Repeat("\"", 2000)
		n.Incident.Evidence.Now.Message = strings.Repeat("\\", 2000)
	}
	return m
}

// wide has only characters that are two UTF-16 code units and four bytes.
func wide() *incident.Message {
	m := stormOf(60)
	for i := range m.Notices {
		n := &m.Notices[i]
		n.Incident.Summary = strings.Repeat("😀", 100+i*5)
		n.Note, n.Incident.Evidence.Now.Message = n.Incident.Summary, n.Incident.Summary
	}
	return m
}

// mixed has a notice of each kind.
func mixed() *incident.Message {
	gone, db := orders(), orders()
	gone.Ended, gone.End = opened.Add(3*time.Minute), incident.Withdrawn
	gone.Subject.Name = "old-orders"
	db.Subject.Name, db.Summary = "db", "db is unhealthy: connection refused"
	below := notice(incident.BelowRoot, "1", db, time.Minute)
	below.Below = []string{"orders"}
	silenced := notice(incident.Opening, "1", orders(), time.Hour)
	silenced.Note = "silence by ann ended"
	return messageOf(silenced, notice(incident.Escalation, "2", orders(), 15*time.Minute), below,
		notice(incident.Resolve, "3", gone, 3*time.Minute), notice(incident.Missed, "1", gone, 3*time.Minute))
}

// nasty is text that tries to be markup in every service, and to break JSON, headers and
// terminals.
const nasty = "@everyone @here @all @channel @room <!channel> <@U123> <#C1> <users/all> <at>Ann</at> #general /quit " +
	"[click](https://evil.example/a) <https://evil.example/b|here> https://evil.example/c ``` ` **b** _i_ ~s~ " +
	"<b>x</b><script>alert(1)</script> &lt;!channel&gt; \\ \" ' {{ .Labels }} ${x} %0d%0a " +
	"\r\nBcc: evil@example.com\r\n\r\nBody\r\n.\r\nQUIT\x00\x1b[31m\u202egnp.exe\u200b\u2066\u00ad\ufeff\u3164\u0301\u0301\u0301\u0301\u0301\u0301 \xff\xfe end"

// hostile has that text in each field that does not come from the configuration, and a
// megabyte in some.
func hostile() *incident.Message {
	i := orders()
	long := strings.Repeat(nasty+" ", 1<<20/len(nasty))
	i.Summary, i.Subject.Instance, i.Group = nasty, nasty, nasty
	i.Runbook = "https://wiki.example.com/a|b>c<d)e](f\"g'h`i j"
	i.Acknowledged = &incident.Acknowledgement{By: nasty, Comment: long, At: opened}
	i.Evidence.Now.Message, i.Evidence.Now.CorrelationID, i.Evidence.Now.Value = long, nasty, nasty
	i.Evidence.Now.Details = map[string]string{nasty: nasty}
	i.Evidence.Now.Metrics[0].Name, i.Evidence.Now.Metrics[0].Unit = nasty, nasty
	i.Evidence.Strain, i.Evidence.Queries = []string{nasty, long}, []string{long}
	i.Evidence.Bound = nasty
	n := notice(incident.Opening, "1", i, time.Minute)
	n.Below, n.More, n.Note, n.Alert = slices.Repeat([]string{nasty}, 30), 5, nasty, nasty
	return messageOf(n)
}
