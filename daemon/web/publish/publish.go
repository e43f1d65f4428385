// Package publish makes what everyone may read: the status pages, and badges. It is handed
// what to show, and has neither messages nor targets nor the names of the configuration.
package publish

import (
	"slices"
	"time"

	"vega/policies/check"
)

// State is what is published of the status of an integration.
type State string

// The states, from the best to the worst.
const (
	NotChecked  State = "not checked"
	Operational State = "operational"
	Maintenance State = "maintenance"
	Unknown     State = "unknown" // vega can't tell
	Degraded    State = "degraded"
	Down        State = "down"
)

var harm = []State{NotChecked, Operational, Maintenance, Unknown, Degraded, Down}

// StateOf returns the state of an integration with a status. During maintenance, that is
// the state.
func StateOf(s check.Status, maintenance bool) State {
	switch {
	case maintenance:
		return Maintenance
	case s == check.Healthy:
		return Operational
	case s == check.Degraded:
		return Degraded
	case s == check.Unhealthy:
		return Down
	case s == check.Disabled:
		return NotChecked
	default:
		return Unknown
	}
}

// Days is how many days a page shows.
const Days = 90

// Page is what a status page shows.
type Page struct {
	Title     string
	At        time.Time // when it was read
	Entries   []Entry
	Incidents []Incident // the last opened first
}

// Entry is an integration on a page.
type Entry struct {
	Name  string // public
	State State
	Days  []Day // the last Days ones, the oldest first, today included
}

// Day is how the time of a day, in UTC, is divided. What is missing is unknown.
type Day struct {
	Date                  time.Time
	Up, Down, Maintenance time.Duration
}

// Incident is a time in which an integration was down or degraded.
type Incident struct {
	Name   string // public
	State  State
	Opened time.Time
	Ended  time.Time // zero: it is open
}

// State returns the worst state of the entries.
func (p *Page) State() State {
	worst := NotChecked
	for n := range p.Entries {
		if s := p.Entries[n].State; slices.Index(harm, s) > slices.Index(harm, worst) {
			worst = s
		}
	}
	return worst
}

// Uptime returns the part of the time of some days that counts in which an integration was
// up, from 0 to 1. Unknown time and maintenance don't count. ok is false if no time counts.
func Uptime(days []Day) (part float64, ok bool) {
	var up, down time.Duration
	for _, d := range days {
		up, down = up+d.Up, down+d.Down
	}
	if up+down <= 0 {
		return 0, false
	}
	return float64(up) / float64(up+down), true
}
