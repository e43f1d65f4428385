package alerting

import (
	"time"

	"vega/policies/incident"
)

// IncidentPage is a page of incidents, the last opened first.
type IncidentPage struct {
	Incidents []incident.Incident `json:"incidents"`
	Next      string              `json:"next"` // the cursor of the next page; "" on the last page
}

// IncidentReport is everything that is known of an incident.
type IncidentReport struct {
	incident.Incident
	DurationMS float64             `json:"duration_ms"` // until now, if it is open
	Timeline   []incident.Event    `json:"timeline"`    // oldest first
	Deliveries []incident.Delivery `json:"deliveries"`
	// Explains lists incidents that this one explains.
	Explains []incident.Incident `json:"explains"`
	Silences []incident.Silence  `json:"silences"` // that hold back its messages now
}

// AlertReport is an alert and its watches.
type AlertReport struct {
	Name      string            `json:"name"`
	Condition string            `json:"condition"` // in words
	Severity  incident.Severity `json:"severity"`
	Notify    []string          `json:"notify"`
	Subjects  int               `json:"subjects"` // that it watches
	BuiltIn   bool              `json:"built_in"`
	SetAt     string            `json:"set_at"`  // file:line
	Watches   []incident.Watch  `json:"watches"` // those that are not inactive
}

// NotifierReport is a notifier and how well it works.
type NotifierReport struct {
	Name      string     `json:"name"`
	Type      string     `json:"type"`
	Status    string     `json:"status"`  // idle, working, failing
	Waiting   int        `json:"waiting"` // incidents with something to send
	Dead      int        `json:"dead"`    // incidents whose message was given up
	Sent      int64      `json:"sent"`    // messages since the start
	Failed    int64      `json:"failed"`  // attempts since the start
	LastSent  *time.Time `json:"last_sent"`
	LastError string     `json:"last_error"`
	NextTry   *time.Time `json:"next_try"`
}

// TestReport is the result of a test of a notifier: an opening, then its resolve.
type TestReport struct {
	Notifier string     `json:"notifier"`
	Type     string     `json:"type"`
	Steps    []TestStep `json:"steps"`
	OK       bool       `json:"ok"`
}

// TestStep is one message of a test.
type TestStep struct {
	Kind       incident.NoticeKind `json:"kind"`
	OK         bool                `json:"ok"`
	Error      string              `json:"error,omitempty"`
	DurationMS float64             `json:"duration_ms"`
}
