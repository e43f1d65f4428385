package alerting

import (
	"time"

	"vega/policies/incident"
)

// The events that an alert can name.
const (
	ConfigRejected  = "config_rejected"
	NotifierFailing = "notifier_failing"
	StoreFailing    = "store_failing"
	PluginRefused   = "plugin_refused"
)

// events holds the message of each event that is going on.
type events map[incident.Subject]string

// Event records that a condition of vega itself exists, or that it is over.
func (a *Alerting) Event(name, instance string, active bool, message string) {
	s := incident.Subject{Kind: incident.OfEvent, Name: name, Instance: instance}
	a.mu.Lock()
	if active {
		a.events[s] = message
	} else {
		delete(a.events, s)
	}
	a.machine.Event(time.Now(), s, active, message)
	a.mu.Unlock()
	a.notify()
}

// Events replaces all instances of an event by those given, each with its message.
func (a *Alerting) Events(name string, now map[string]string) {
	a.mu.Lock()
	var over []string
	for s := range a.events {
		if _, still := now[s.Instance]; s.Name == name && !still {
			over = append(over, s.Instance)
		}
	}
	a.mu.Unlock()
	for _, instance := range over {
		a.Event(name, instance, false, "")
	}
	for instance, message := range now {
		a.Event(name, instance, true, message)
	}
}

// repeatEvents evaluates the events again: those that go on, and those that are over.
func (a *Alerting) repeatEvents(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for s, message := range a.events {
		a.machine.Event(now, s, true, message)
	}
	for _, w := range a.machine.Watches() {
		if _, still := a.events[w.Subject]; w.Subject.Kind == incident.OfEvent && w.Subject.Name != NotifierFailing && !still {
			a.machine.Event(now, w.Subject, false, "")
		}
	}
}
