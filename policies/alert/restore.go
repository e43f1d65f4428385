package alert

import (
	"slices"
	"time"

	"vega/policies/incident"
)

// restore adds stored records. Those that can't be true are left out.
func (m *incidents) restore(s *incident.State, now time.Time) {
	for _, i := range s.Incidents {
		m.restoreIncident(i)
	}
	for _, d := range s.Deliveries {
		m.restoreDelivery(d)
	}
	for i := range s.Watches {
		m.restoreWatch(s.Watches[i])
	}
	for _, v := range s.Silences {
		m.lastQuiet = max(m.lastQuiet, v.ID)
		if v.Ended.IsZero() && now.Before(v.Until) {
			m.silences = append(m.silences, newSilence(&v))
		}
	}
	slices.SortFunc(m.silences, func(a, b *silence) int { return int(min(max(a.ID-b.ID, -1), 1)) })
	for _, n := range m.recipients {
		n.resume(now)
	}
}

func (m *incidents) restoreIncident(i incident.Incident) {
	m.lastRecord = max(m.lastRecord, i.ID)
	if i.ID <= 0 || m.records[i.ID] != nil || i.Open() && m.current[i.Subject] != nil {
		return
	}
	r := &record{Incident: copyIncident(&i)}
	r.storm = i.Subject.Kind == incident.OfEvent && i.Subject.Name == stormName
	r.muted = i.Silenced
	m.records[i.ID] = r
	if i.Open() {
		m.current[i.Subject] = r
	}
}

func (m *incidents) restoreDelivery(v incident.Delivery) {
	r, n := m.records[v.Incident], m.byName[v.Notifier]
	if n == nil { // it was removed while vega was down
		n = &recipient{Notifier: Notifier{Name: v.Notifier}, gone: true, leaving: long}
		m.byName[n.Name] = n
		m.recipients = append(m.recipients, n)
	}
	if r == nil || r.to(n) != nil {
		return
	}
	d := &delivery{Delivery: v, record: r, to: n, escalate: -1, stored: true}
	d.Seq, d.Attempts = max(v.Seq, 0), max(v.Attempts, 0)
	d.Unsure = d.Unsure || d.InFlight && !d.Notified && d.Kind != incident.Missed
	d.Missed = d.Missed && !r.Open()
	d.told = d.Severity
	r.deliveries = append(r.deliveries, d)
	if d.Dead {
		n.dead++
		n.changed = n.changed || d.Settings != n.Digest
	}
	if !d.Done {
		n.add(d)
	}
	if r.storm && r.Open() {
		n.storm, d.direct = r, true
	}
	if storm := m.records[d.Storm]; storm != nil && storm.storm && !d.Done {
		storm.covered++
	}
}

func (m *incidents) restoreWatch(v incident.Watch) {
	k := keyOf(&v)
	switch v.Phase {
	case incident.Inactive, incident.Pending, incident.Firing, incident.Recovering:
	default:
		return
	}
	if m.watches[k] != nil {
		return
	}
	w := &watch{Watch: copyWatch(&v)}
	if w.Bad.IsZero() {
		w.Bad = w.Since
	}
	w.Streak, w.Observed, w.Reopened = max(v.Streak, 0), max(v.Observed, 0), max(v.Reopened, 0)
	if v.Phase == incident.Firing || v.Phase == incident.Recovering {
		r := m.records[v.Incident]
		if r == nil || !r.Open() || r.Subject != v.Subject {
			if r = m.current[v.Subject]; r == nil {
				w.Phase, w.Streak, w.Incident = incident.Pending, 0, 0 // it is confirmed again
			}
		}
		if r != nil {
			w.record, w.Incident = r, r.ID
			r.watches = append(r.watches, w)
		}
	}
	m.watches[k] = w
}

// resume derives how a notifier fares from its deliveries.
func (n *recipient) resume(now time.Time) {
	n.refused = n.dead > 0
	for _, d := range n.active {
		if d.Attempts == 0 || d.Since.IsZero() || d.Dead {
			continue
		}
		n.fails = max(n.fails, d.Attempts)
		n.since = earliest(n.since, d.Since)
		if d.Next.After(n.until) {
			n.until = limited(d.Next, now, maxAsked)
		}
	}
}
