package alert

import (
	"time"

	"vega/policies/check"
	"vega/policies/incident"
)

// Done records how sending a message ended.
func (m *Machine) Done(now time.Time, sent *incident.Message, o incident.Outcome) {
	if sent == nil || sent.Test {
		return
	}
	n := m.byName[sent.Notifier]
	if n == nil {
		return
	}
	var all []*delivery
	for i := range sent.Notices {
		v := &sent.Notices[i]
		r := m.records[v.Incident.ID]
		if r == nil {
			continue
		}
		if d := r.to(n); d != nil && d.sending && d.key() == v.Key {
			d.sending = false
			n.sending--
			all = append(all, d)
			d.told = v.Incident.Severity
		}
	}
	if len(all) == 0 {
		return
	}
	o.Reason = check.OneLine(check.Clip(o.Reason, maxField))
	m.account(n, sent.Key, now, &o)
	for _, d := range all {
		m.outcome(d, now, &o)
	}
	n.touch(long)
	m.sweepAt(now)
	if !n.leaving.IsZero() {
		m.lapse = earliest(m.lapse, now)
	}
	if active, change := n.failing(now, o.Result); change {
		m.Event(now, n.event(), active, o.Reason)
	}
}

// account updates what is known about the notifier itself.
func (m *outbox) account(n *recipient, key string, now time.Time, o *incident.Outcome) {
	if o.Result == incident.Arrived || o.Result == incident.Final {
		n.refused = o.Result == incident.Final
		n.fails, n.since, n.until = 0, time.Time{}, time.Time{}
		return
	}
	if n.fails == 0 {
		n.since = now
	}
	n.fails++
	wait := delay(key, n.fails)
	if o.RetryAfter > 0 {
		wait = min(o.RetryAfter, maxAsked)
	}
	n.until = now.Add(wait)
}

// outcome records how an attempt to send one notice ended.
func (m *outbox) outcome(d *delivery, now time.Time, o *incident.Outcome) {
	switch {
	case o.Result == incident.Arrived:
		m.arrived(d, now)
	case d.Kind == incident.Missed:
		d.InFlight = false // it goes with another message
		if o.Result == incident.Final {
			m.refusedMissed(d)
		}
	case o.Result == incident.Final:
		d.InFlight = false
		m.failed(d, now, o)
		m.die(d, now)
	default:
		d.InFlight = o.Result == incident.Unclear
		d.Unsure = d.Unsure || d.InFlight && (!d.Notified || d.Kind == incident.Resolve)
		m.failed(d, now, o)
		if now.Sub(d.Since) >= giveUp && d.Attempts >= minTries {
			d.InFlight = false
			m.die(d, now)
		}
	}
	if !d.record.Open() && !d.maybe() && !d.Done && !d.Missed {
		m.finish(d, false, now)
	}
	m.keep(d)
}

// refusedMissed keeps what was missed for a message after one that arrives, in case the
// notifier does not work at all. The second time, it may be the reason itself.
func (m *outbox) refusedMissed(d *delivery) {
	if d.Settings != "" && d.Settings == d.to.Digest {
		m.complete(d)
		return
	}
	d.Settings = d.to.Digest
}

func (m *outbox) arrived(d *delivery, now time.Time) {
	m.note(d.record, now, "notified", d.Notifier+": "+string(d.Kind), d.Notifier)
	d.Notified = d.Kind != incident.Resolve && d.Kind != incident.Missed
	d.InFlight, d.Unsure, d.Attempts = false, false, 0
	d.Since, d.Next, d.Error, d.Sent = time.Time{}, time.Time{}, "", now
	d.setDead(false)
	if d.Notified {
		d.Severity = d.told
	} else {
		d.Severity, d.Escalated = "", false
	}
	if d.escalate >= 0 && !now.Before(d.record.Ready.Add(d.escalate)) {
		d.Escalated = d.Notified
	}
	switch {
	case d.Kind == incident.Missed || !d.Notified && !d.record.Open() || !d.to.leaving.IsZero():
		m.complete(d)
	case !d.Notified && d.record.Open(): // it reopened meanwhile
		d.ready(now)
	}
}

// failed records an attempt that failed.
func (m *outbox) failed(d *delivery, now time.Time, o *incident.Outcome) {
	if d.Since.IsZero() {
		d.Since = now
		m.note(d.record, now, "failed", "send to "+d.Notifier+" failed: "+o.Reason, d.Notifier)
	}
	d.Error = o.Reason
	d.Next = d.to.until
}

// die gives a notice up until somebody asks for another attempt.
func (m *outbox) die(d *delivery, now time.Time) {
	d.setDead(true)
	d.Settings = d.to.Digest
	m.note(d.record, now, "given_up", "send to "+d.Notifier+" given up: "+d.Error, d.Notifier)
}

func (d *delivery) setDead(dead bool) {
	if d.Dead == dead {
		return
	}
	d.Dead = dead
	if dead {
		d.to.dead++
	} else {
		d.to.dead--
	}
}

// failing reports whether a result makes the notifier one that does not work, or one
// that does.
func (n *recipient) failing(now time.Time, r incident.Result) (active, change bool) {
	switch {
	case r == incident.Arrived:
		return false, true
	default:
		return true, r == incident.Final || now.Sub(n.since) >= failingFor
	}
}

// Retry sends what was given up for a notifier, and what waits for its next attempt.
func (m *Machine) Retry(now time.Time, notifier string) {
	if n := m.byName[notifier]; n != nil {
		m.retry(n, now)
		m.works(n, now)
	}
}

// works ends the event of a notifier that does not work, until it fails again.
func (m *incidents) works(n *recipient, now time.Time) {
	m.Event(now, n.event(), false, "")
}

// event returns the subject of the event that the notifier does not work.
func (n *recipient) event() incident.Subject {
	return incident.Subject{Kind: incident.OfEvent, Name: notifierFailing, Instance: n.Name}
}

func (m *outbox) retry(n *recipient, now time.Time) {
	n.fails, n.since, n.until, n.refused = 0, time.Time{}, time.Time{}, false
	for _, d := range n.active {
		if d.Attempts == 0 || d.sending || d.Done {
			continue
		}
		d.setDead(false)
		d.Since, d.Next = time.Time{}, now
		m.keep(d)
	}
	n.touch(long)
}
