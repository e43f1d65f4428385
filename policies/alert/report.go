package alert

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"vega/policies/incident"
)

// Watches returns all watches that are not inactive, in order of alert and subject.
func (m *Machine) Watches() []incident.Watch {
	var all []incident.Watch
	for _, w := range m.sortedWatches() {
		if w.Phase != incident.Inactive {
			all = append(all, copyWatch(&w.Watch))
		}
	}
	return all
}

func (m *board) sortedWatches() []*watch {
	return slices.SortedFunc(maps.Values(m.watches), func(a, b *watch) int { return compareWatches(a.Watch, b.Watch) })
}

// Open returns the open incidents, in order of ID.
func (m *Machine) Open() []incident.Incident {
	var all []incident.Incident
	for _, r := range m.openRecords() {
		all = append(all, copyIncident(&r.Incident))
	}
	return all
}

// Incident returns an incident that is open or may open again, with what mutes it, and its
// deliveries. ok is false if no such incident is known.
func (m *Machine) Incident(id int64, now time.Time) (i incident.Incident, deliveries []incident.Delivery, ok bool) {
	r := m.records[id]
	if r == nil {
		return i, nil, false
	}
	for _, d := range r.deliveries {
		deliveries = append(deliveries, d.Delivery)
	}
	slices.SortFunc(deliveries, func(a, b incident.Delivery) int { return cmp.Compare(a.Notifier, b.Notifier) })
	i = copyIncident(&r.Incident)
	if by := m.muted(r, now); i.Open() && by.on {
		i.Muted = &incident.Mute{By: by.by, Until: by.until.UTC()}
	}
	return i, deliveries, true
}

// Severities returns how many incidents are open, by severity.
func (m *Machine) Severities() map[incident.Severity]int {
	open := map[incident.Severity]int{incident.Info: 0, incident.Warning: 0, incident.Critical: 0}
	for _, r := range m.current {
		open[r.Severity]++
	}
	return open
}

func (m *board) openRecords() []*record {
	return slices.SortedFunc(maps.Values(m.current), func(a, b *record) int { return cmp.Compare(a.ID, b.ID) })
}

// eventRules returns the alerts on events, in order of event.
func (m *board) eventRules() []*rule {
	var all []*rule
	for _, name := range slices.Sorted(maps.Keys(m.events)) {
		all = append(all, m.events[name]...)
	}
	return all
}

// Deliveries returns the deliveries of a notifier that are not done, in order of incident.
func (m *Machine) Deliveries(notifier string) []incident.Delivery {
	n := m.byName[notifier]
	if n == nil {
		return nil
	}
	var all []incident.Delivery
	for _, d := range n.active {
		if !d.Done {
			all = append(all, d.Delivery)
		}
	}
	return all
}

// Failing returns the notifier that has failed to accept a message for the longest time,
// and since when, or "". What is held back or was missed is not sent now, so it says
// nothing about the notifier.
func (m *Machine) Failing(now time.Time) (notifier string, since time.Time) {
	for _, n := range m.recipients {
		for _, d := range n.active {
			if !d.Since.IsZero() && (since.IsZero() || d.Since.Before(since)) && m.attempted(d, now) {
				notifier, since = n.Name, d.Since
			}
		}
	}
	return notifier, since
}

// attempted reports whether a delivery whose last attempt failed is tried again, or would
// be if it were not given up.
func (m *outbox) attempted(d *delivery, now time.Time) bool {
	r := d.record
	switch {
	case d.Done || d.Missed:
		return false
	case !r.Open():
		return true
	case d.Storm != 0 || r.root != nil || !r.trusted() || m.muted(r, now).on:
		return false
	default:
		return !d.Notified || r.Acknowledged == nil
	}
}

// Paused returns the time before which nothing is sent to a notifier, because attempts
// failed; zero: there is none.
func (m *Machine) Paused(notifier string, now time.Time) time.Time {
	n := m.byName[notifier]
	if n == nil || n.fails == 0 {
		return time.Time{}
	}
	return limited(n.until, now, maxAsked)
}

// Silences returns the silences that have not ended, in order of ID.
func (m *Machine) Silences(now time.Time) []incident.Silence {
	var all []incident.Silence
	for _, s := range m.silences {
		if now.Before(s.Until) {
			all = append(all, copySilence(s.Silence))
		}
	}
	return all
}

// Opened returns the incidents that opened, or opened again, since the last call.
func (m *Machine) Opened() []incident.Incident {
	var all []incident.Incident
	for _, id := range m.opened {
		if r := m.records[id]; r != nil {
			all = append(all, copyIncident(&r.Incident))
		}
	}
	m.opened = nil
	return all
}

// Enrich adds to the evidence of an incident that has just opened. Opened returns these.
// What f changes must not be changed afterwards.
func (m *Machine) Enrich(id int64, f func(*incident.Evidence)) {
	r := m.records[id]
	if r == nil {
		return
	}
	v := r.Evidence
	v.Below = slices.Clone(v.Below)
	f(&v)
	r.Evidence = v
	m.store(r)
}
