package incident

import "strings"

// Kind is the kind of a subject.
type Kind string

// The kinds of subjects.
const (
	OfIntegration Kind = "integration" // the status of an integration
	OfMetric      Kind = "metric"      // a figure of this machine, of a database, or that the configuration defines
	OfEvent       Kind = "event"       // something that happens to vega itself
)

// Subject identifies what an incident is about.
type Subject struct {
	Kind Kind `json:"kind"`
	// Name is the name of an integration; the path of a figure, such as
	// system.memory.percent; or an event, such as config_rejected.
	Name string `json:"name"`
	// Instance distinguishes subjects of the same name: the path of a file system, the
	// labels of a series as {state="open"}, or the notifier that fails. It is "" if there
	// is only one.
	Instance string `json:"instance,omitempty"`
}

// String returns the subject in the form kind/name or kind/name/instance.
func (s Subject) String() string {
	text := string(s.Kind) + "/" + s.Name
	if s.Instance != "" {
		text += "/" + s.Instance
	}
	return text
}

// Label returns the subject for people, without its kind. Labels follow the name of a
// metric without a space: metric.orders_open{state="open"}.
func (s Subject) Label() string {
	if strings.HasPrefix(s.Instance, "{") {
		return s.Name + s.Instance
	}
	return strings.TrimSpace(s.Name + " " + s.Instance)
}
