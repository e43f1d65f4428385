package metrics

import (
	"cmp"
	"maps"
	"slices"
)

// notification identifies the attempts to send that ended alike.
type notification struct{ notifier, outcome string }

// outcomes are how an attempt to send can end. Each has a counter from the start, so that
// a rate sees the first one.
var outcomes = []string{"arrived", "final", "refused", "unclear"}

// CountNotification counts an attempt to send a message.
func (e *Exporter) CountNotification(notifier, outcome string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if slices.Contains(e.notifiers, notifier) { // it was not removed meanwhile
		e.notified[notification{notifier, outcome}]++
	}
}

// configureNotifiers adds the counters of new notifiers, and removes those of notifiers
// that are gone. The caller holds e.mu.
func (e *Exporter) configureNotifiers(names []string) {
	e.notifiers = names
	maps.DeleteFunc(e.notified, func(n notification, _ float64) bool { return !slices.Contains(names, n.notifier) })
	for _, name := range names {
		for _, o := range outcomes {
			e.notified[notification{name, o}] += 0
		}
	}
}

// notifications adds the counters.
func (e *Exporter) notifications(to *families) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	order := slices.SortedFunc(maps.Keys(e.notified), func(a, b notification) int {
		return cmp.Or(cmp.Compare(a.notifier, b.notifier), cmp.Compare(a.outcome, b.outcome))
	})
	for _, n := range order {
		to.counter("vega_notifications_total", "Attempts to send a message, by notifier and outcome.", e.notified[n], "notifier", n.notifier, "outcome", n.outcome)
	}
}
