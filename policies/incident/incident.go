package incident

import (
	"time"

	"vega/policies/check"
)

// Severity says how urgent an incident is.
type Severity string

// The severities, from the lowest.
const (
	Info     Severity = "info"
	Warning  Severity = "warning"
	Critical Severity = "critical"
)

// Rank orders severities. An unknown one has the lowest rank.
func (s Severity) Rank() int {
	switch s {
	case Critical:
		return 3
	case Warning:
		return 2
	case Info:
		return 1
	default:
		return 0
	}
}

// End says how an incident ended.
type End string

// The ways in which an incident ends.
const (
	StillOpen End = ""
	Recovered End = "recovered" // the subject is good again
	Withdrawn End = "withdrawn" // its alert or integration is gone or disabled
)

// Incident is one subject in trouble, whichever alerts say so.
type Incident struct {
	ID       int64    `json:"id"`
	Key      string   `json:"key"` // deduplication key for services that keep state; at most 255 bytes
	Subject  Subject  `json:"subject"`
	Severity Severity `json:"severity"` // the worst of its alerts
	Summary  string   `json:"summary"`  // one line
	Alerts   []string `json:"alerts"`
	Group    string   `json:"group,omitempty"`
	Runbook  string   `json:"runbook,omitempty"` // a URL

	Opened   time.Time `json:"opened"`
	Ended    time.Time `json:"ended,omitzero"`
	End      End       `json:"end,omitempty"`
	Reopened int       `json:"reopened,omitempty"` // how often it began again shortly after it ended

	// Ready is when the incident was last confirmed: when it opened, or when it was
	// confirmed again after its root or a maintenance window ended.
	Ready time.Time `json:"ready,omitzero"`
	// Unhealthy is set if the incident explains those of integrations that depend on
	// the subject: it is open because the status of the subject is unhealthy.
	Unhealthy bool `json:"unhealthy,omitempty"`
	// Silenced names who silenced the incident before anybody was notified of it.
	Silenced string `json:"silenced,omitempty"`
	// Muted says what holds back openings and reminders at the moment of reading; it is
	// not stored.
	Muted *Mute `json:"muted,omitempty"`

	// Root is the incident that explains this one, and that notifiers are sent in its
	// place; 0: nothing does. Below counts the incidents that this one explains.
	Root         int64            `json:"root,omitempty"`
	Below        int              `json:"below,omitempty"`
	Acknowledged *Acknowledgement `json:"acknowledged,omitempty"`
	Evidence     Evidence         `json:"evidence"`
}

// Open reports whether the incident has not ended.
func (i *Incident) Open() bool { return i.Ended.IsZero() }

// Mute is a silence or a maintenance window.
type Mute struct {
	By    string    `json:"by"` // such as "silence by ann" or "maintenance backup"
	Until time.Time `json:"until"`
}

// Acknowledgement says that somebody takes care of an incident.
type Acknowledgement struct {
	By      string    `json:"by"`
	Comment string    `json:"comment,omitempty"`
	At      time.Time `json:"at"`
	Until   time.Time `json:"until,omitzero"` // zero: until the incident ends
}

// BeganAgain begins the note of an opening that is not the first.
const BeganAgain = "it began again"

// Evidence is what was known when an incident opened, or last opened again. It does not
// change until then.
type Evidence struct {
	Now      *Observation `json:"now,omitempty"`
	LastGood *Observation `json:"last_good,omitempty"`
	Below    []string     `json:"below,omitempty"` // integrations that depend on this one, in order of name
	Strain   []string     `json:"strain,omitempty"`
	Queries  []string     `json:"queries,omitempty"` // slow queries
	Config   string       `json:"config,omitempty"`  // digest of the configuration
	Bound    string       `json:"bound,omitempty"`   // of a metric: the condition, such as "above 80 %"
}

// Observation is a run, a reading of a figure, or an event.
type Observation struct {
	At            time.Time         `json:"at"`
	Status        check.Status      `json:"status,omitempty"`
	Cause         check.Cause       `json:"cause,omitempty"`
	Message       string            `json:"message,omitempty"`
	TookMS        float64           `json:"took_ms,omitempty"`
	Value         string            `json:"value,omitempty"` // of a metric, with its unit
	Details       map[string]string `json:"details,omitempty"`
	Metrics       []check.Metric    `json:"metrics,omitempty"`
	CorrelationID string            `json:"correlation_id,omitempty"`
}

// Event is an entry of the timeline of an incident.
type Event struct {
	ID       int64     `json:"id"` // assigned by the store; 0 before
	Incident int64     `json:"incident"`
	At       time.Time `json:"at"`
	Kind     string    `json:"kind"` // opened, reopened, notified, escalated, acknowledged, recovered, ...
	Text     string    `json:"text"`
	By       string    `json:"by,omitempty"` // a person, or the name of a notifier
}

// Time is a time in which an incident was open.
type Time struct {
	Opened time.Time
	Ended  time.Time // zero: it is open
}

// Times returns when an incident was open, the first time first: it is one incident also
// if it opened again. The timeline says when it ended in between.
func (i *Incident) Times(timeline []Event) []Time {
	all, ended := []Time{{Opened: i.Opened}}, i.Opened
	for _, e := range timeline {
		switch e.Kind {
		case string(Recovered), string(Withdrawn): // the last one before it opens again
			ended = e.At
		case "reopened":
			all[len(all)-1].Ended = ended
			all, ended = append(all, Time{Opened: e.At}), e.At
		}
	}
	all[len(all)-1].Ended = i.Ended
	return all
}
