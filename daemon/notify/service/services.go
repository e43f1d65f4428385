package service

import "slices"

// MinSecret is the length in bytes of the shortest secret that signs webhooks.
const MinSecret = 16

// MaxSecrets limits the secrets of a webhook: the current one, and the one that it
// replaces.
const MaxSecrets = 2

// Find returns the service of a type, or nil.
func Find(kind string) *Service {
	n := slices.IndexFunc(Services, func(s Service) bool { return s.Type == kind })
	if n < 0 {
		return nil
	}
	return &Services[n]
}

// Setting returns the setting of that name, or nil.
func (s *Service) Setting(name string) *Setting {
	n := slices.IndexFunc(s.Settings, func(t Setting) bool { return t.Name == name })
	if n < 0 {
		return nil
	}
	return &s.Settings[n]
}

// webhookURL is the only setting of most chat services.
func webhookURL(doc string) []Setting {
	return []Setting{{Name: "url", Required: true, Secret: true, URL: true, Doc: doc}}
}

// Services lists all services in the order in which the reference shows them.
var Services = []Service{
	{Type: "slack", Doc: "Slack, by an incoming webhook.", Settings: webhookURL("The incoming webhook.")},
	{Type: "mattermost", Doc: "Mattermost, by an incoming webhook.", Settings: webhookURL("The incoming webhook.")},
	{Type: "rocketchat", Doc: "Rocket.Chat, by an incoming webhook.", Settings: webhookURL("The incoming webhook.")},
	{Type: "discord", Doc: "Discord, by a webhook.", Settings: webhookURL("The webhook.")},
	{Type: "teams", Doc: "Microsoft Teams, by a workflow that starts when a webhook request is received.", Settings: webhookURL("The URL of the workflow.")},
	{Type: "googlechat", Doc: "Google Chat, by a webhook of a space.", Settings: webhookURL("The webhook.")},
	{Type: "telegram", Doc: "Telegram, by a bot.", Settings: []Setting{
		{Name: "token", Required: true, Secret: true, Doc: "The token of the bot."},
		{Name: "chat", Required: true, Doc: "The ID of the chat, or @NAME of a channel."},
	}},
	{Type: "matrix", Doc: "A Matrix room.", Settings: []Setting{
		{Name: "url", Required: true, URL: true, Doc: "The homeserver."},
		{Name: "token", Required: true, Secret: true, Doc: "The access token."},
		{Name: "room", Required: true, Doc: "The ID of the room, such as !abc:example.com."},
	}},
	{Type: "ntfy", Doc: "An ntfy topic.", Settings: []Setting{
		{Name: "url", Required: true, URL: true, Doc: "The topic, such as https://ntfy.sh/TOPIC."},
		{Name: "token", Secret: true, Doc: "The access token, if the topic needs one."},
	}},
	{Type: "gotify", Doc: "A Gotify server.", Settings: []Setting{
		{Name: "url", Required: true, URL: true, Doc: "The server."},
		{Name: "token", Required: true, Secret: true, Doc: "The token of the application."},
	}},
	{Type: "pushover", Doc: "Pushover.", Settings: []Setting{
		{Name: "token", Required: true, Secret: true, Doc: "The token of the application."},
		{Name: "user", Required: true, Secret: true, Doc: "The key of the user or group."},
	}},
	{Type: "pagerduty", Pager: true, Doc: "PagerDuty, by the Events API v2.", Settings: []Setting{
		{Name: "key", Required: true, Secret: true, Doc: "The integration key."},
		{Name: "url", URL: true, Default: "https://events.pagerduty.com/v2/enqueue", Doc: "The endpoint, such as https://events.eu.pagerduty.com/v2/enqueue."},
	}},
	{Type: "opsgenie", Pager: true, Doc: "Opsgenie, by the Alert API.", Settings: []Setting{
		{Name: "key", Required: true, Secret: true, Doc: "The API key."},
		{Name: "url", URL: true, Default: "https://api.opsgenie.com", Doc: "The API, such as https://api.eu.opsgenie.com."},
	}},
	{Type: "alertmanager", Doc: "Alertmanager, by its API v2.", Settings: []Setting{
		{Name: "url", Required: true, URL: true, Doc: "The server."},
		{Name: "user", Doc: "The user of basic authentication."},
		{Name: "password", Secret: true, Doc: "The password of basic authentication."},
		{Name: "token", Secret: true, Doc: "The bearer token."},
	}},
	{Type: "webhook", Doc: "A signed request to any URL, as Standard Webhooks describes it.", Settings: []Setting{
		{Name: "url", Required: true, URL: true, Doc: "The endpoint."},
		{Name: "secrets", Required: true, Secret: true, List: true, Doc: "The secrets that sign each request, at most two: a receiver accepts either while one replaces the other."},
	}},
	{Type: "email", Doc: "E-mail, by SMTP.", Settings: []Setting{
		{Name: "address", Required: true, Doc: "The mail server, such as mail.example.com:587."},
		{Name: "user", Doc: "The user, if the server needs a login."},
		{Name: "password", Secret: true, Doc: "The password of the user."},
		{Name: "from", Required: true, Doc: "The sender's address."},
		{Name: "to", Required: true, List: true, Doc: "The recipients' addresses."},
		{Name: "tls", Values: []string{"starttls", "implicit", "none"}, Default: "starttls", Doc: "How the connection is encrypted: \"starttls\" requires STARTTLS, \"implicit\" begins with TLS (port 465), \"none\" sends everything in the clear."},
	}},
}
