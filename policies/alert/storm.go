package alert

import (
	"fmt"
	"time"

	"vega/policies/incident"
)

// stormName is the subject of an incident that stands for others because a pager had
// too many.
const stormName = "notification_storm"

// limit leaves out openings that are too many for a pager in a minute. One incident
// stands for all of them. It returns how many were left out.
func (m *outbox) limit(n *recipient, all []chosen, now time.Time) ([]chosen, int) {
	if !n.Pager || locked(&all[0]) {
		return all, 0
	}
	budget := n.page(now)
	if n.storm != nil && now.Sub(n.storm.Ready) < time.Minute {
		budget = 0 // the storm goes on
	}
	var kept, left []chosen
	for _, c := range all {
		switch {
		case c.kind == incident.Resolve || c.maybe() || c.Attempts > 0 || c.record.storm:
			kept = append(kept, c)
		case budget > 0:
			budget--
			n.pages++
			kept = append(kept, c)
		default:
			left = append(left, c)
		}
	}
	if len(left) == 0 {
		return kept, 0
	}
	d := m.cover(n, left, now)
	if w := m.want(d, now); w.kind != "" && !d.maybe() && d.Attempts == 0 {
		kept = append(kept, chosen{d, w})
	}
	return kept, len(left)
}

// cover lets the storm of a pager stand for incidents, and returns its delivery.
func (m *outbox) cover(n *recipient, left []chosen, now time.Time) *delivery {
	if n.storm == nil {
		m.lastRecord++
		r := &record{storm: true}
		s := incident.Subject{Kind: incident.OfEvent, Name: stormName, Instance: n.Name}
		r.Incident = incident.Incident{ID: m.lastRecord, Key: dedupKey(m.config.ID, s), Subject: s, Opened: now}
		r.Evidence.Config = m.config.Digest
		n.storm, m.records[r.ID], m.current[s] = r, r, r
		m.note(r, now, "opened", "too many incidents for "+n.Name, "")
	}
	r := n.storm
	r.Ready = now
	for _, c := range left {
		c.delivery.Storm = r.ID
		m.changes.delivery(&c.delivery.Delivery)
		r.covered++
		if s := c.record.Severity; s.Rank() > r.Severity.Rank() {
			r.Severity = s
		}
		m.note(c.record, now, "storm", "left out for "+n.Name+": see incident "+fmt.Sprint(r.ID), n.Name)
	}
	r.Summary = fmt.Sprintf("%d more incidents opened; only the first %d a minute are sent one by one", r.covered, maxPages)
	m.store(r)
	d := m.deliver(r, n)
	d.direct = true
	if d.Attempts == 0 && !d.maybe() {
		d.Next = now
	}
	return d
}

// leaveStorm completes a delivery that a storm stands for. The storm ends with the last.
func (m *outbox) leaveStorm(d *delivery, at time.Time) {
	m.complete(d)
	r := m.records[d.Storm]
	if r == nil || !r.storm {
		return
	}
	r.covered--
	if r.covered <= 0 && r.Open() {
		m.endStorm(r, at)
	}
}

// endStorm ends the incident of a storm.
func (m *outbox) endStorm(r *record, at time.Time) {
	r.Ended, r.End = at, incident.Recovered
	delete(m.current, r.Subject)
	m.store(r)
	m.note(r, at, string(r.End), "", "")
	for _, d := range r.deliveries {
		if d.to.storm == r {
			d.to.storm = nil
		}
		m.finish(d, true, at)
	}
	m.sweepAt(at)
}
