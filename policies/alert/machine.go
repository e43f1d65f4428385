// Package alert decides who is told what, and when. It turns runs into watches,
// incidents and deliveries; package incident defines these. It performs no input or
// output, and reads no clock: every method that needs the time is given it.
package alert

import (
	"time"

	"vega/policies"
	"vega/policies/check"
	"vega/policies/incident"
)

// Machine is the state machine of alerting. It is not safe for concurrent use.
type Machine struct{}

// New returns a machine that continues from s.
func New(c Config, s incident.State, now time.Time) *Machine { panic("todo") }

// Configure applies a new configuration.
func (m *Machine) Configure(c Config, now time.Time) { panic("todo") }

// Run evaluates a run. Call it in the order in which runs are stored.
func (m *Machine) Run(r *check.Run) { panic("todo") }

// Metrics returns the paths of the figures that alerts name.
func (m *Machine) Metrics() []string { panic("todo") }

// Sample evaluates readings of one of the figures in Metrics.
func (m *Machine) Sample(now time.Time, metric string, all []policies.Reading) { panic("todo") }

// Event records that a condition of vega itself began or ended.
func (m *Machine) Event(now time.Time, s incident.Subject, active bool, message string) {
	panic("todo")
}

// Wanted returns integrations that should run again soon, and forgets them: those that are
// pending, and the ancestors that are in doubt.
func (m *Machine) Wanted() (pending, ancestors []string) { panic("todo") }

// Next returns the messages that are due, at most one for each notifier that has none in
// flight, and when to call it again if nothing else happens. It marks the notices in
// flight; store the changes before sending the messages.
func (m *Machine) Next(now time.Time) (due []incident.Message, again time.Time) { panic("todo") }

// Done records how sending a message ended.
func (m *Machine) Done(now time.Time, sent *incident.Message, o incident.Outcome) { panic("todo") }

// Retry sends what was given up for a notifier.
func (m *Machine) Retry(now time.Time, notifier string) { panic("todo") }

// Acknowledge marks an open incident as taken care of.
func (m *Machine) Acknowledge(now time.Time, id int64, a incident.Acknowledgement) error {
	panic("todo")
}

// Unacknowledge takes the mark back.
func (m *Machine) Unacknowledge(now time.Time, id int64, by string) error { panic("todo") }

// Silence adds a silence and returns its ID.
func (m *Machine) Silence(now time.Time, s incident.Silence) (int64, error) { panic("todo") }

// EndSilence ends a silence early.
func (m *Machine) EndSilence(now time.Time, id int64, by string) error { panic("todo") }

// Enrich adds to the evidence of an incident that has just opened. Opened returns these.
func (m *Machine) Enrich(id int64, f func(*incident.Evidence)) { panic("todo") }

// Opened returns the incidents that opened since the last call.
func (m *Machine) Opened() []incident.Incident { panic("todo") }

// Pending reports whether there are changes to store.
func (m *Machine) Pending() bool { panic("todo") }

// Take returns the changes to store. If they could not be stored, give them back to
// Untake; later changes win.
func (m *Machine) Take() *incident.Changes { panic("todo") }

// Untake makes changes pending again.
func (m *Machine) Untake(c *incident.Changes) { panic("todo") }

// Reset makes the whole state pending, for a new database.
func (m *Machine) Reset() { panic("todo") }

// Watches returns all watches that are not inactive, in order of alert and subject.
func (m *Machine) Watches() []incident.Watch { panic("todo") }

// Open returns the open incidents, in order of ID.
func (m *Machine) Open() []incident.Incident { panic("todo") }

// Deliveries returns the deliveries of a notifier that are not done, in order of incident.
func (m *Machine) Deliveries(notifier string) []incident.Delivery { panic("todo") }

// Silences returns the silences that have not ended, in order of ID.
func (m *Machine) Silences(now time.Time) []incident.Silence { panic("todo") }
