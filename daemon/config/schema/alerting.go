package schema

import (
	"fmt"
	"slices"
	"strings"

	"vega/daemon/notify/service"
	"vega/plugins/manifest"
)

// Events are what an alert on an event can name.
var Events = []string{"config_rejected", "notifier_failing", "store_failing", "plugin_refused"}

// Days are the days of the week, as time.Weekday counts them.
var Days = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// MinRepeat is the shortest repeat_interval but 0, in seconds.
const MinRepeat = 60

// maxAlert is the longest duration in an alert, in seconds.
const maxAlert = 30 * 24 * 3600

// alertBlock describes a rule that opens incidents.
var alertBlock = &Block{Name: "alert", Label: "name", Renamed: map[string]string{"resource": "metric"}, Doc: "A condition that opens an incident, and who is notified of it. It is on integrations, on a metric or on an event. An alert replaces the built-in one of the same name; with enabled = false it turns that one off.", Rows: []Row{
	attribute("integrations", manifest.List, "The integrations to watch: names or patterns such as \"orders-*\", \"group:\" with a group or pattern, \"label:\" with a label and a value or pattern, such as \"label:team=core\".", public, of(Selector)),
	attribute("status", manifest.List, "The statuses of an integration that are bad.", public, of(text), oneOf("unhealthy", "degraded", "unknown"), preset([]any{"unhealthy"})),
	attribute("metric", Figure, "The metric to watch, sampled every 15s: of the system, of one database (database.NAME), of every database (databases), of a metric block (metric.NAME), or one that a probe reports (integration.NAME.METRIC). The last two are evaluated once for each value, and no more often than that. vega docs config figures lists them."),
	attribute("above", Quantity, "The metric is bad while it is more than this.", public),
	attribute("below", Quantity, "The metric is bad while it is less than this.", public),
	attribute("clear", Quantity, "The value at which the metric is good again. Default: the value of above or below.", public),
	attribute("event", text, "The event to watch, in vega itself.", public, oneOf(Events...)),
	attribute("after", integer, "How many evaluations in a row must be bad. Default: 3, or 1 with for.", public, within(1, 1000)),
	attribute("for", duration, "How long it must be bad. Only time that evaluations cover counts. Default: as long as after takes.", public, within(0, maxAlert)),
	attribute("clear_after", integer, "How many evaluations in a row must be good for the incident to end.", public, preset(2.0), within(1, 1000)),
	attribute("clear_for", duration, "How long it must be good for the incident to end. Default: as long as clear_after takes.", public, within(0, maxAlert)),
	attribute("severity", text, "How urgent the incident is.", public, preset("warning"), oneOf("info", "warning", "critical")),
	attribute("notify", manifest.List, "Who is notified, as [notifier.NAME]. Default: all notifiers.", of(Notifier)),
	attribute("repeat_interval", duration, "How often a reminder of an incident that stays open is sent. With \"0s\" none is sent.", public, preset("4h"), within(0, maxAlert)),
	attribute("reopen", duration, "If it is bad again within this time after the incident ended, the same incident is opened again. The time doubles with each reopening, up to 1h.", public, preset("10m"), within(0, 24*3600)),
	attribute("runbook", manifest.URL, "A page that says what to do, for messages. Default: the runbook of the integration.", public),
	attribute("enabled", manifest.Bool, "Whether the alert is active.", preset(true)),
}, Blocks: []*Block{
	{Name: "escalate", Repeat: true, Doc: "Further notifiers for an incident that stays open without being acknowledged.", Rows: []Row{
		attribute("after", duration, "How long the incident must be open.", public, required, within(1, maxAlert)),
		attribute("notify", manifest.List, "Who is notified then, as [notifier.NAME].", required, of(Notifier)),
	}},
}}

// maintenanceBlock describes a recurring window without openings and reminders.
var maintenanceBlock = &Block{Name: "maintenance", Label: "name", Doc: "A recurring window in which no openings and reminders are sent for some integrations. They are still checked. A window in the hour that clocks skip still comes on that day. For a single window, use vega silence add.", Rows: []Row{
	attribute("integrations", manifest.List, "The integrations under maintenance, selected as in an alert.", public, required, of(Selector)),
	attribute("days", manifest.List, "The days on which the window begins. Default: every day.", public, of(text), oneOf("mon", "tue", "wed", "thu", "fri", "sat", "sun")),
	attribute("from", text, "The time of day at which the window begins, such as \"02:00\".", public, required),
	attribute("to", text, "The time of day at which the window ends. If it is before from, the window ends on the next day.", public, required),
	attribute("timezone", text, "The time zone of from and to, such as \"Europe/Berlin\".", public, preset("UTC")),
}}

// deadManBlock describes a service that expects a sign of life.
var deadManBlock = &Block{Name: "dead_man", Label: "name", Doc: "A service outside that notifies you when it no longer hears from vega. vega requests the URL regularly, but only while runs start on time and messages get out.", Rows: []Row{
	attribute("url", manifest.URL, "The URL to request, such as that of a check of healthchecks.io.", required, sensitive),
	attribute("every", duration, "How often it is requested.", public, preset("1m"), within(10, 24*3600)),
}}

// notifierBlock describes the settings of all services.
func notifierBlock() *Block {
	var types []string
	for _, s := range service.Services {
		types = append(types, s.Type)
	}
	b := &Block{Name: "notifier", Label: "name", Doc: "A service that is notified of incidents. vega docs config notifier." + types[0] + " and the like show what each type of service needs.", Rows: []Row{
		attribute("type", text, "The type of service.", public, required, oneOf(types...)),
	}}
	for _, s := range service.Services {
		for _, t := range s.Settings {
			if b.Row(t.Name) == nil {
				b.Rows = append(b.Rows, setting(t.Name))
			}
		}
	}
	return b
}

// setting returns the row of a setting, which may belong to several services. It is
// sensitive if any of them keeps it secret.
func setting(name string) Row {
	r := attribute(name, text, "", public)
	var docs []string
	services := map[string][]string{} // by what they say about it
	for _, s := range service.Services {
		t := s.Setting(name)
		if t == nil {
			continue
		}
		r.Sensitive = r.Sensitive || t.Secret
		if t.List {
			r.Type, r.Of = manifest.List, text
		}
		if t.URL {
			r.Type = manifest.URL
		}
		if name == "address" {
			r.Type = manifest.Address
		}
		r.OneOf = t.Values
		doc := settingDoc(t)
		if services[doc] == nil {
			docs = append(docs, doc)
		}
		services[doc] = append(services[doc], s.Type)
	}
	r.Public = !r.Sensitive && r.Type != manifest.URL
	for n, doc := range docs {
		docs[n] = strings.Join(services[doc], ", ") + ": " + doc
	}
	r.Description = strings.Join(docs, " ")
	return r
}

func settingDoc(t *service.Setting) string {
	doc := t.Doc
	if t.Default != "" {
		doc += fmt.Sprintf(" Default: %s.", t.Default)
	}
	return doc
}

// withAlerting adds the blocks of alerting to a table, after the last one.
func withAlerting(t *Block) *Block {
	t.Blocks = slices.Concat(t.Blocks, []*Block{notifierBlock(), alertBlock, maintenanceBlock, deadManBlock})
	return t
}
