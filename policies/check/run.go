package check

import "time"

// Run is one execution of a probe and its outcome, after the policies have
// judged it.
type Run struct {
	ID            int64 // assigned by the store; 0 before
	Integration   string
	Probe         string // plugin.probe
	Digest        string // SHA-256 of the plugin, in hex
	Status        Status
	Previous      Status // status of the previous run under the same configuration; "" if there was none; not stored
	Cause         Cause
	Message       string
	Details       map[string]string
	Metrics       []Metric
	RootCause     []string // unhealthy dependencies that explain the status; see policies.Roots; not stored
	Denied        []string // refused calls, each with the configuration that would allow it; not stored
	Began         time.Time
	Took          time.Duration // time in the sandbox, excluding time in the queue
	CorrelationID string
	// Late is the time from when the run was due until its probe began, or nil if the run
	// was asked for or did not begin; not stored.
	Late       *time.Duration
	Contention *Contention // nil if it was not measured
	Exchange   *Exchange   // nil if the run exchanged nothing with a target; not stored
}

// Transition is a change of an integration's status from one run to the next.
type Transition struct {
	From, To Status // From is "" for a first run
}

// Transition returns the change of status since the previous run. ok is false if the
// status did not change.
func (r *Run) Transition() (t Transition, ok bool) {
	return Transition{r.Previous, r.Status}, r.Previous != r.Status
}

// Metric is a number that a probe measured.
type Metric struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// Contention measures how long vega was kept from running during a run. The longer
// that was, the less the outcome says about the target.
type Contention struct {
	Late      time.Duration  // vega was runnable but had no CPU
	Pressure  *time.Duration // how long tasks of the container, or of the host if there is no container, waited for a CPU; nil if unknown
	Throttled *time.Duration // the container's CPU quota stopped vega; nil if there is no quota
}
