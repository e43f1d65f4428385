package incident

import "time"

// Phase is the state of a watch.
type Phase string

// The phases of a watch.
const (
	Inactive   Phase = "inactive"
	Pending    Phase = "pending"    // bad, but not confirmed yet
	Firing     Phase = "firing"     // confirmed
	Recovering Phase = "recovering" // good again, but not confirmed yet
)

// Watch is one alert on one subject. A watch that is inactive and remembers nothing
// is not stored.
type Watch struct {
	Alert     string  `json:"alert"`
	Subject   Subject `json:"subject"`
	Phase     Phase   `json:"phase"`
	Condition string  `json:"condition"` // digest of the fields of the alert that judge

	Since     time.Time     `json:"since"`     // when the phase began
	Evaluated time.Time     `json:"evaluated"` // the last evaluation that counted
	Streak    int           `json:"streak"`    // evaluations in a row that speak for the next phase
	Observed  time.Duration `json:"observed"`  // time that these cover, in nanoseconds
	Unknown   bool          `json:"unknown,omitempty"`
	Bad       time.Time     `json:"bad,omitzero"`      // the first of the bad evaluations that count
	Message   string        `json:"message,omitempty"` // of the last evaluation
	Value     *float64      `json:"value,omitempty"`   // of a metric

	Fired    time.Time `json:"fired,omitzero"`    // when it last began to fire
	Resolved time.Time `json:"resolved,omitzero"` // when it last stopped
	Reopened int       `json:"reopened,omitempty"`
	Incident int64     `json:"incident,omitempty"` // the incident that it is part of
	// Distrust is set while what was evaluated before does not count: an incident of an
	// ancestor, or a maintenance window, has just ended.
	Distrust bool `json:"distrust,omitempty"`
}
