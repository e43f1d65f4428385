package alert

import (
	"time"

	"vega/policies"
	"vega/policies/check"
	"vega/policies/incident"
)

// Alert is a rule: what is bad, for how long, and who is notified.
type Alert struct {
	Name string

	// An alert is on integrations, on a metric or on an event. Only the fields of one
	// of the three are set.
	Integrations []Selector
	Status       []check.Status // the statuses that are bad
	Metric       string         // path of a figure, such as databases.pool.percent or metric.orders_open
	Unit         policies.Unit  // a Count also stands for the unit that a probe reports
	Above, Below *float64       // strictly more, strictly less; one of them is set
	Clear        *float64       // the value at which the figure is good again; nil: Above or Below
	Event        string

	After, ClearAfter int           // evaluations in a row; at least 1
	For, ClearFor     time.Duration // observed time

	Severity       incident.Severity
	Notify         []string // notifiers; empty: all
	RepeatInterval time.Duration
	Escalate       []Escalation
	Reopen         time.Duration // fired again within this time, it is the same incident
	Runbook        string        // a URL

	BuiltIn bool
	At      string // file:line
}

// Escalation notifies further notifiers of an incident that stays open.
type Escalation struct {
	After  time.Duration
	Notify []string
}

// Integration is what alerting has to know of an integration.
type Integration struct {
	Name      string
	Group     string
	Labels    map[string]string
	Runbook   string
	DependsOn []string
	Interval  time.Duration // 0: only on request
	Enabled   bool
}

// Notifier is what alerting has to know of a notifier.
type Notifier struct {
	Name string
	// Pager is set if the service takes one event for each incident, and not a text
	// about several.
	Pager bool
	// Digest identifies the settings. A message that was given up is sent when they
	// have changed.
	Digest string
}

// Window is a maintenance window: from From until To on each of Days.
type Window struct {
	Name         string
	Integrations []Selector
	Days         []time.Weekday // empty: every day
	From, To     time.Duration  // since midnight; To may be before From, on the next day
	Location     *time.Location
	At           string // file:line
}

// Config is the configuration of alerting.
type Config struct {
	ID           string         // of this vega; part of deduplication keys
	Pages        incident.Pages // for links
	Digest       string         // of the configuration, for evidence
	Alerts       []Alert
	Integrations []Integration // in order of name
	Notifiers    []Notifier
	Windows      []Window
	Measures     map[string]time.Duration // the interval of each metric block, by the path of its figure
}
