package alert

import (
	"slices"
	"time"

	"vega/policies/incident"
)

// groupWait is how long an opening waits for others, to be sent with them.
const groupWait = 10 * time.Second

// delivery is what one notifier knows of one incident.
type delivery struct {
	incident.Delivery
	record   *record
	to       *recipient
	direct   bool          // an alert of the incident notifies it
	repeat   time.Duration // between reminders; 0: none
	escalate time.Duration // how long after the opening it is notified in addition; negative: never
	stored   bool
	active   bool              // among those of its notifier
	sending  bool              // an attempt is made now
	told     incident.Severity // by that attempt
}

// maybe reports whether the far end may have the incident as open.
func (d *delivery) maybe() bool {
	return d.Notified || d.Unsure || d.InFlight && d.Kind != incident.Missed
}

// ready lets the opening wait for others from a time on.
func (d *delivery) ready(at time.Time) {
	if !d.maybe() && d.Attempts == 0 {
		d.Next = at.Add(groupWait)
	}
	d.to.touch(d.Next)
}

// revive makes a delivery that was complete pending again, after its incident reopened.
func (m *outbox) revive(d *delivery, at time.Time) {
	if m.byName[d.Notifier] != d.to {
		return // the notifier was removed
	}
	d.Missed = false
	if d.Done {
		d.Done, d.Storm = false, 0 // it left the storm when it ended
		d.to.add(d)
	}
	d.ready(at)
	m.keep(d)
}

// keep stores a delivery, if anything was ever attempted. Another one is derived from
// its incident.
func (m *board) keep(d *delivery) {
	if d.Seq > 0 || d.Missed || d.Storm != 0 || d.stored {
		d.stored = true
		m.changes.delivery(&d.Delivery)
	}
}

// complete notes that nothing more is to be sent.
func (m *outbox) complete(d *delivery) {
	if !d.Done {
		d.Done = true
		m.keep(d)
	}
}

// to returns the delivery of an incident to a notifier, or nil.
func (r *record) to(n *recipient) *delivery {
	for _, d := range r.deliveries {
		if d.Notifier == n.Name {
			return d
		}
	}
	return nil
}

// deliver returns the delivery of an incident to a notifier, and adds it if it
// does not exist.
func (m *outbox) deliver(r *record, n *recipient) *delivery {
	if d := r.to(n); d != nil {
		if d.Done && r.Open() {
			m.revive(d, r.Ready)
		}
		return d
	}
	d := &delivery{record: r, to: n, escalate: -1}
	d.Incident, d.Notifier = r.ID, n.Name
	r.deliveries = append(r.deliveries, d)
	n.add(d)
	d.ready(r.Ready)
	return d
}

// address derives from the alerts of an open incident who is notified of it. Of an
// incident that another one explains, no others are notified than those who know of it.
func (m *outbox) address(r *record, now time.Time) {
	if !r.Open() || r.storm {
		return
	}
	for _, d := range r.deliveries {
		d.direct, d.repeat, d.escalate = false, 0, -1
	}
	for _, w := range r.watches {
		for _, n := range w.rule.notify {
			if d := m.addressee(r, n); d != nil {
				d.direct = true
				if a := w.rule.RepeatInterval; a > 0 && (d.repeat == 0 || a < d.repeat) {
					d.repeat = a
				}
			}
		}
		for _, s := range w.rule.escalate {
			m.addressStep(r, &s)
		}
	}
	for _, d := range r.deliveries {
		if d.maybe() || d.Next.IsZero() {
			d.to.touch(now)
		} else {
			d.to.touch(d.Next)
		}
	}
	if r.root != nil {
		m.addressBelow(r, now)
	}
}

func (m *outbox) addressStep(r *record, s *step) {
	for _, n := range s.notify {
		if d := m.addressee(r, n); d != nil && (d.escalate < 0 || s.after < d.escalate) {
			d.escalate = s.after
		}
	}
}

// addressee returns the delivery to a notifier, or nil if it is not to be notified.
func (m *outbox) addressee(r *record, n *recipient) *delivery {
	switch {
	case r.Subject.Name == notifierFailing && r.Subject.Kind == incident.OfEvent && r.Subject.Instance == n.Name:
		return nil
	case r.root != nil:
		d := r.to(n)
		if d != nil && d.Done && d.maybe() {
			m.revive(d, r.Ready)
		}
		return d
	default:
		return m.deliver(r, n)
	}
}

// addressBelow lets the notifiers of r that are not among those of its root be notified
// of the root.
func (m *outbox) addressBelow(r *record, now time.Time) {
	for _, w := range r.watches {
		for _, n := range w.rule.notify {
			if d := r.to(n); d != nil && d.maybe() {
				continue
			}
			d := m.deliver(r.root, n)
			if !d.direct && !d.Below {
				d.Below = true
				d.ready(now)
			}
		}
	}
}

// explains reports whether a notifier is one of an incident below r that it would be
// notified of otherwise.
func (m *outbox) explains(r *record, n *recipient, now time.Time) bool {
	for _, b := range r.below {
		if !b.trusted() || m.muted(b, now).on {
			continue
		}
		for _, w := range b.watches {
			if slices.Contains(w.rule.notify, n) {
				return true
			}
		}
	}
	return false
}

// finish decides what is still to be sent of an incident that has ended.
func (m *outbox) finish(d *delivery, trusted bool, at time.Time) {
	switch {
	case m.byName[d.Notifier] != d.to:
		m.complete(d)
	case d.maybe():
		d.to.touch(long)
	case d.Storm != 0:
		m.leaveStorm(d, at)
	case d.missed(trusted, at):
		d.setDead(false)
		d.Missed = true
		m.keep(d)
	default:
		m.complete(d)
	}
}

// missed reports whether the notifier would have been notified of an incident that has
// ended, if it could have been reached.
func (d *delivery) missed(trusted bool, at time.Time) bool {
	if d.to.Pager || !d.direct {
		return false
	}
	due := trusted && d.to.away() && d.record.Root == 0 && d.record.Silenced == "" && !at.Before(d.Next)
	return d.Attempts > 0 || d.Dead || due
}
