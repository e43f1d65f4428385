package notify

import (
	"context"
	"net/url"
	"strings"

	"vega/daemon/notify/message"
	"vega/plugins/egress"
	"vega/policies/incident"
)

// Limits of Opsgenie ("Alert API", "Create Alert"), in characters.
const (
	opsgenieMessage     = 130
	opsgenieDescription = 15000
	opsgenieAlias       = 512
	opsgenieEntity      = 512
)

// opsgenie creates and closes alerts. The alias is the key of the incident, so that there
// is one alert for each. Opsgenie shows HTML, so that texts are sent without <.
func opsgenie(ctx context.Context, n *Notifier, m *incident.Message) incident.Outcome {
	login := egress.Field{Name: "Authorization", Value: "GenieKey " + n.settings.Key}
	return each(m, func(notice *message.Notice) incident.Outcome {
		alias := short(notice.Source.Incident.Key, opsgenieAlias)
		if !notice.Over() {
			return n.postJSON(ctx, n.endpoint("/v2/alerts"), opsgenieAlert(notice, alias), identified("requestId"), login)
		}
		note := map[string]string{"source": "vega", "note": relayEscape(notice.Head)}
		return n.postJSON(ctx, n.endpoint("/v2/alerts/"+url.PathEscape(alias)+"/close?identifierType=alias"), note, identified("requestId"), login)
	})
}

func opsgenieAlert(n *message.Notice, alias string) any {
	i := &n.Source.Incident
	f := message.Format{Limit: opsgenieDescription, Size: message.UTF16, Escape: relayEscape, Links: true}
	priority := map[incident.Severity]string{incident.Critical: "P1", incident.Warning: "P3", incident.Info: "P5"}[i.Severity]
	if priority == "" {
		priority = "P3"
	}
	return map[string]any{
		"message": message.Cut(relayEscape(n.Head), opsgenieMessage), "alias": alias,
		"description": message.Fit([]message.Notice{*n}, 0, f), "priority": priority, "source": "vega",
		"entity": message.Cut(relayEscape(message.Clean(i.Subject.Label())), opsgenieEntity), "details": opsgenieDetails(n),
	}
}

// opsgenieDetails has what rules of Opsgenie route by. All details together may have
// 8,000 characters; the facts are in the description.
func opsgenieDetails(n *message.Notice) map[string]string {
	i := &n.Source.Incident
	all := map[string]string{
		"subject": message.Clean(i.Subject.String()), "severity": string(i.Severity),
		"group": message.Clean(i.Group), "alert": message.Clean(n.Source.Alert),
	}
	for _, l := range n.Links {
		all[strings.ToLower(l.Name)] = l.URL
	}
	for name, value := range all {
		all[name] = relayEscape(value)
		if value == "" {
			delete(all, name)
		}
	}
	return all
}
