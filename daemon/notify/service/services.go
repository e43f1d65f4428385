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

// Types returns the types of all services, in the order of Services.
func Types() []string {
	all := make([]string, len(Services))
	for i, s := range Services {
		all[i] = s.Type
	}
	return all
}

// Services are the services that a notifier can use: chats, then pushes, pagers, and
// those that take anything.
var Services = []Service{
	{
		Type: "slack", Doc: "Posts to a Slack channel through an incoming webhook.",
		Settings: []Setting{secretURL("of the incoming webhook")},
	},
	{
		Type: "mattermost", Doc: "Posts to a Mattermost channel through an incoming webhook.",
		Settings: []Setting{secretURL("of the incoming webhook"), channel},
	},
	{
		Type: "rocketchat", Doc: "Posts to a Rocket.Chat room through an incoming webhook.",
		Settings: []Setting{secretURL("of the incoming webhook integration"), channel},
	},
	{
		Type: "discord", Doc: "Posts to a Discord channel through a webhook.",
		Settings: []Setting{secretURL("of the webhook")},
	},
	{
		Type: "teams", Doc: "Posts an Adaptive Card to Microsoft Teams through a workflow.",
		Settings: []Setting{secretURL("of the workflow that posts to a channel when a webhook request is received")},
	},
	{
		Type: "telegram", Doc: "Sends a message as a Telegram bot.",
		Settings: []Setting{
			{Name: "token", Required: true, Secret: true, Doc: "Token of the bot."},
			{Name: "chat", Required: true, Doc: "ID of the chat, or @ and the name of a public channel."},
			base("https://api.telegram.org", "URL of the Bot API server."),
		},
	},
	{
		Type: "googlechat", Doc: "Posts to a Google Chat space through an incoming webhook.",
		Settings: []Setting{secretURL("of the incoming webhook")},
	},
	{
		Type: "matrix", Doc: "Sends a message to a Matrix room.",
		Settings: []Setting{
			{Name: "url", Required: true, URL: true, Doc: "URL of the homeserver."},
			{Name: "token", Required: true, Secret: true, Doc: "Access token of an account that is in the room."},
			{Name: "room", Required: true, Doc: "ID of the room, such as !abc:example.com."},
		},
	},
	{
		Type: "ntfy", Doc: "Publishes to an ntfy topic.",
		Settings: []Setting{
			secretURL("of the topic, such as https://ntfy.sh/mytopic"),
			{Name: "token", Secret: true, Doc: "Access token, if the topic needs one."},
			{Name: "user", Doc: "User, if the topic needs a login without a token."},
			{Name: "password", Secret: true, Doc: "Password of the user."},
		},
	},
	{
		Type: "gotify", Doc: "Sends a message to a Gotify server.",
		Settings: []Setting{
			{Name: "url", Required: true, URL: true, Doc: "URL of the server."},
			{Name: "token", Required: true, Secret: true, Doc: "Token of the application."},
		},
	},
	{
		Type: "pushover", Doc: "Sends a message through Pushover.",
		Settings: []Setting{
			{Name: "token", Required: true, Secret: true, Doc: "API token of the application."},
			{Name: "user", Required: true, Secret: true, Doc: "Key of the user or the group."},
			base("https://api.pushover.net", "URL of the API."),
		},
	},
	{
		Type: "pagerduty", Pager: true, Doc: "Triggers and resolves PagerDuty alerts through the Events API v2.",
		Settings: []Setting{
			{Name: "key", Required: true, Secret: true, Doc: "Integration key of an Events API v2 integration."},
			base("https://events.pagerduty.com/v2/enqueue", "URL of the Events API; https://events.eu.pagerduty.com/v2/enqueue in the EU."),
		},
	},
	{
		Type: "opsgenie", Pager: true, Doc: "Creates and closes Opsgenie alerts, also in Jira Service Management.",
		Settings: []Setting{
			{Name: "key", Required: true, Secret: true, Doc: "API key of an API integration."},
			base("https://api.opsgenie.com", "URL of the API; https://api.eu.opsgenie.com in the EU."),
		},
	},
	{
		Type: "alertmanager", Doc: "Sends alerts to a Prometheus Alertmanager (API v2), and repeats those that are open every minute.",
		Settings: []Setting{
			secretURL("of the Alertmanager, with its path prefix"),
			{Name: "token", Secret: true, Doc: "Bearer token, if it needs one."},
			{Name: "user", Doc: "User, if it needs basic authentication."},
			{Name: "password", Secret: true, Doc: "Password of the user."},
		},
	},
	{
		Type: "webhook", Doc: "Posts JSON to a URL, signed as Standard Webhooks describes if it has secrets.",
		Settings: []Setting{
			secretURL("that receives the request"),
			{Name: "secrets", Secret: true, List: true, Doc: "The secrets that sign each request, at most two: a receiver accepts either while one replaces the other."},
			{Name: "token", Secret: true, Doc: "Bearer token, if the receiver needs one."},
		},
	},
	{
		Type: "email", Doc: "Sends e-mail through an SMTP server.",
		Settings: []Setting{
			{Name: "address", Required: true, Doc: "host:port of the SMTP server."},
			{Name: "from", Required: true, Doc: "Sender, such as vega@example.com."},
			{Name: "to", Required: true, List: true, Doc: "Recipients."},
			{Name: "user", Doc: "User, if the server needs a login."},
			{Name: "password", Secret: true, Doc: "Password of the user."},
			{Name: "tls", Values: []string{StartTLS, ImplicitTLS, NoTLS}, Default: StartTLS, Doc: "How the connection is encrypted: starttls (port 587), implicit (port 465) or none."},
		},
	},
}

// The values of the setting tls.
const (
	StartTLS    = "starttls" // required; a server without it is refused
	ImplicitTLS = "implicit"
	NoTLS       = "none"
)

var channel = Setting{Name: "channel", Doc: "Channel to post to, if not the webhook's own."}

func secretURL(what string) Setting {
	return Setting{Name: "url", Required: true, Secret: true, URL: true, Doc: "URL " + what + "."}
}

func base(address, doc string) Setting {
	return Setting{Name: "url", URL: true, Default: address, Doc: doc}
}
