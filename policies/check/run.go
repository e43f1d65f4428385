package check

import "time"

// Run is one execution of a probe and its outcome, after the policies have
// judged it.
type Run struct {
	ID            int64 // assigned by the store; 0 before
	Integration   string
	Probe         string // plugin.probe
	Digest        string // of the plugin: hex SHA-256
	Status        Status
	Previous      Status // of the run before, under the same configuration; "" if there was none. Not stored
	Cause         Cause
	Message       string
	Details       map[string]string
	Metrics       []Metric
	RootCause     []string // unhealthy integrations that this one depends on, and that its trouble comes from. Not stored
	Denied        []string // calls that were refused, each with the line to paste. Not stored
	Began         time.Time
	Took          time.Duration // in the sandbox, without the time queued
	CorrelationID string
	Contention    *Contention // nil if it was not measured
}

// Transition is a change of an integration's status from one run to the next.
type Transition struct {
	From, To Status // From is "" where no run came before
}

// Transition returns the change of status that the run brought. ok is false if
// there was none.
func (r *Run) Transition() (t Transition, ok bool) {
	return Transition{r.Previous, r.Status}, r.Previous != r.Status
}

// Metric is a number that a probe measured.
type Metric struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// Contention is what vega itself lacked on its host during a run. It limits how
// far the outcome can be trusted.
type Contention struct {
	Late      time.Duration  // vega was runnable and had no processor
	Pressure  *time.Duration // tasks of the container, or else the host, waited for a processor; nil if unknown
	Throttled *time.Duration // the container's CPU quota held vega back; nil if it has none
}
