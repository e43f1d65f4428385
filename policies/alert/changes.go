package alert

import (
	"cmp"
	"slices"

	"vega/policies/incident"
)

// maxEvents limits the events that wait to be stored. Those about alerts that joined an
// open incident, which its record names too, are dropped first, and then the oldest.
const maxEvents = 10_000

// joined is the kind of the event that another alert joined an open incident.
const joined = "joined"

type watchKey struct {
	alert   string
	subject incident.Subject
}

type deliveryKey struct {
	incident int64
	notifier string
}

// changes are the records that are not stored yet. They point to the live records, or
// to copies of records that the machine has dropped.
type changes struct {
	watches    map[watchKey]*incident.Watch
	forgotten  map[watchKey]struct{}
	incidents  map[int64]*incident.Incident
	deliveries map[deliveryKey]*incident.Delivery
	silences   map[int64]*incident.Silence
	events     []incident.Event
}

func newChanges() changes {
	return changes{
		watches:    map[watchKey]*incident.Watch{},
		forgotten:  map[watchKey]struct{}{},
		incidents:  map[int64]*incident.Incident{},
		deliveries: map[deliveryKey]*incident.Delivery{},
		silences:   map[int64]*incident.Silence{},
	}
}

func keyOf(w *incident.Watch) watchKey { return watchKey{w.Alert, w.Subject} }

func (c *changes) watch(w *incident.Watch) {
	k := keyOf(w)
	delete(c.forgotten, k)
	c.watches[k] = w
}

func (c *changes) forget(k watchKey) {
	delete(c.watches, k)
	c.forgotten[k] = struct{}{}
}

func (c *changes) delivery(d *incident.Delivery) {
	c.deliveries[deliveryKey{d.Incident, d.Notifier}] = d
}

func (c *changes) event(e incident.Event) {
	if len(c.events) >= maxEvents {
		c.events = slices.DeleteFunc(c.events, func(e incident.Event) bool { return e.Kind == joined })
	}
	if len(c.events) >= maxEvents {
		c.events = slices.Delete(c.events, 0, maxEvents/10)
	}
	c.events = append(c.events, e)
}

func (c *changes) pending() bool {
	return len(c.watches)+len(c.forgotten)+len(c.incidents)+len(c.deliveries)+len(c.silences)+len(c.events) > 0
}

// Pending reports whether there are changes to store.
func (m *Machine) Pending() bool { return m.changes.pending() }

// Take returns the changes to store. If they could not be stored, give them back to
// Untake; later changes win.
func (m *Machine) Take() *incident.Changes {
	c := &m.changes
	taken := &incident.Changes{Events: c.events}
	for _, w := range c.watches {
		taken.Watches = append(taken.Watches, copyWatch(w))
	}
	for k := range c.forgotten {
		taken.Forgotten = append(taken.Forgotten, incident.Watch{Alert: k.alert, Subject: k.subject})
	}
	for _, i := range c.incidents {
		taken.Incidents = append(taken.Incidents, copyIncident(i))
	}
	for _, d := range c.deliveries {
		taken.Deliveries = append(taken.Deliveries, *d)
	}
	for _, s := range c.silences {
		taken.Silences = append(taken.Silences, copySilence(s))
	}
	sortChanges(taken)
	m.changes = newChanges()
	return taken
}

func sortChanges(c *incident.Changes) {
	slices.SortFunc(c.Watches, compareWatches)
	slices.SortFunc(c.Forgotten, compareWatches)
	slices.SortFunc(c.Incidents, func(a, b incident.Incident) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(c.Deliveries, func(a, b incident.Delivery) int {
		return cmp.Or(cmp.Compare(a.Incident, b.Incident), cmp.Compare(a.Notifier, b.Notifier))
	})
	slices.SortFunc(c.Silences, func(a, b incident.Silence) int { return cmp.Compare(a.ID, b.ID) })
}

func compareWatches(a, b incident.Watch) int {
	return cmp.Or(
		cmp.Compare(a.Alert, b.Alert), cmp.Compare(a.Subject.Kind, b.Subject.Kind),
		cmp.Compare(a.Subject.Name, b.Subject.Name), cmp.Compare(a.Subject.Instance, b.Subject.Instance))
}

// Untake makes changes pending again, except records that have changed since.
func (m *Machine) Untake(taken *incident.Changes) {
	if taken == nil {
		return
	}
	c := &m.changes
	for _, w := range taken.Watches {
		_, gone := c.forgotten[keyOf(&w)]
		if _, newer := c.watches[keyOf(&w)]; !newer && !gone {
			c.watches[keyOf(&w)] = &w
		}
	}
	for _, w := range taken.Forgotten {
		if _, newer := c.watches[keyOf(&w)]; !newer {
			c.forgotten[keyOf(&w)] = struct{}{}
		}
	}
	for _, i := range taken.Incidents {
		if _, newer := c.incidents[i.ID]; !newer {
			c.incidents[i.ID] = &i
		}
	}
	for _, d := range taken.Deliveries {
		k := deliveryKey{d.Incident, d.Notifier}
		if _, newer := c.deliveries[k]; !newer {
			c.deliveries[k] = &d
		}
	}
	for _, s := range taken.Silences {
		if _, newer := c.silences[s.ID]; !newer {
			c.silences[s.ID] = &s
		}
	}
	later := c.events
	c.events = nil
	for _, e := range slices.Concat(taken.Events, later) {
		c.event(e)
	}
}

// Reset makes the whole state pending, for a new database.
func (m *Machine) Reset() {
	clear(m.changes.forgotten)
	for _, w := range m.watches {
		m.changes.watch(&w.Watch)
	}
	for id, r := range m.records {
		m.changes.incidents[id] = &r.Incident
		for _, d := range r.deliveries {
			m.keep(d)
		}
	}
	for _, s := range m.silences {
		m.changes.silences[s.ID] = s.Silence
	}
}

func copyWatch(w *incident.Watch) incident.Watch {
	c := *w
	if w.Value != nil {
		v := *w.Value
		c.Value = &v
	}
	return c
}

// copyIncident copies an incident. Evidence is not changed in place, so it is shared.
func copyIncident(i *incident.Incident) incident.Incident {
	c := *i
	c.Alerts = slices.Clone(i.Alerts)
	if i.Acknowledged != nil {
		a := *i.Acknowledged
		c.Acknowledged = &a
	}
	return c
}

func copySilence(s *incident.Silence) incident.Silence {
	c := *s
	c.Integrations = slices.Clone(s.Integrations)
	c.Alerts = slices.Clone(s.Alerts)
	return c
}
