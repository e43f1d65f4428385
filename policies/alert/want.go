package alert

import (
	"time"

	"vega/policies/incident"
)

// maxHeld is how long an opening is held because an ancestor is in doubt.
const maxHeld = 2 * time.Minute

// want is what a notifier is to be sent of an incident.
type want struct {
	kind incident.NoticeKind // "": nothing
	at   time.Time           // when; without kind: when to look again, or zero
	note string
}

// want derives what a notifier is to be sent of an incident.
func (m *outbox) want(d *delivery, now time.Time) want {
	w := m.derive(d, now)
	if w.kind != "" && d.Dead && (w.kind == d.Kind || !d.maybe()) {
		return want{}
	}
	if w.kind != "" && w.kind == d.Kind && d.Attempts > 0 {
		w.at = limited(d.Next, now, maxAsked)
	}
	return w
}

func (m *outbox) derive(d *delivery, now time.Time) want {
	r := d.record
	switch {
	case d.sending || d.Done:
		return want{}
	case !r.Open() || !d.to.leaving.IsZero():
		if d.maybe() {
			return want{kind: incident.Resolve, at: now}
		}
		return want{}
	case d.Storm != 0 || r.root != nil || !r.trusted():
		return want{}
	}
	if mute := m.muted(r, now); mute.on {
		m.noteMuted(d, mute, now)
		return want{at: mute.until}
	}
	if !d.Notified || d.unsureOfEnd() {
		return m.opening(d, now)
	}
	return m.update(d, now)
}

// opening returns the first notice of an open incident.
func (m *outbox) opening(d *delivery, now time.Time) want {
	r := d.record
	w := want{at: limited(d.Next, now, groupWait)}
	switch {
	case d.direct:
		w.kind = incident.Opening
	case d.Below && m.explains(r, d.to, now):
		w.kind = incident.BelowRoot
	case d.escalate >= 0 && r.Acknowledged == nil:
		w.kind = incident.Escalation
		w.at = limited(r.Ready.Add(d.escalate), now, d.escalate)
	default:
		return want{}
	}
	if r.Silenced != "" {
		w.note = r.Silenced + " ended"
	}
	if w.at.After(now) {
		return w
	}
	if n, until := m.held(r, limited(w.at, now, 0), now); n != nil {
		return want{at: until}
	}
	return w
}

// held returns the ancestor that an opening waits for, and until when at most.
// Ancestors that were not evaluated since a time are asked to run.
func (m *outbox) held(r *record, since, now time.Time) (*node, time.Time) {
	until := r.Ready.Add(maxHeld)
	if r.node == nil || !now.Before(limited(until, now, maxHeld)) {
		return nil, until
	}
	n := m.doubtful(r.node, since)
	if own := r.node; n == nil && r.Subject.Kind == incident.OfMetric && own.explain && own.down == nil && own.isPending() {
		n = own
	}
	if n != nil {
		m.askAncestors(r.node, since, now)
		m.await(n, r, now)
	}
	return n, until
}

// update returns what is sent of an open incident to a notifier that knows of it.
func (m *outbox) update(d *delivery, now time.Time) want {
	r := d.record
	switch {
	case r.Severity.Rank() > d.Severity.Rank() && (d.direct || d.escalate >= 0):
		return want{kind: incident.Escalation, at: now, note: "severity " + string(d.Severity) + " → " + string(r.Severity)}
	case r.Acknowledged != nil:
		return want{}
	}
	var w want
	if d.escalate >= 0 && !d.Escalated {
		w = want{kind: incident.Escalation, at: limited(r.Ready.Add(d.escalate), now, d.escalate)}
	}
	if d.repeat > 0 {
		at := limited(d.Sent.Add(d.repeat), now, d.repeat)
		if w.kind == "" || at.Before(w.at) {
			w = want{kind: incident.Reminder, at: at}
		}
	}
	return w
}

// await lets the incident be looked at again when n has been evaluated.
func (m *outbox) await(n *node, r *record, now time.Time) {
	if r.waiting == n {
		return
	}
	r.waiting = n
	n.waiting = append(n.waiting, r)
	if !r.awaited {
		r.awaited = true
		m.note(r, now, "held", "until "+n.Name+" is evaluated, at most "+maxHeld.String(), "")
	}
}

// wake looks again at the incidents that are held because of n.
func (m *outbox) wake(n *node) {
	for _, r := range n.waiting {
		if r.waiting == n {
			r.waiting = nil
		}
		for _, d := range r.deliveries {
			d.to.touch(long)
		}
	}
	n.waiting = nil
}
