package alerting

import (
	"cmp"
	"fmt"
	"time"

	"vega/policies/incident"
)

// refresh sends what is open to each notifier whose service forgets, if it is due.
func (a *Alerting) refresh(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for name, n := range a.now {
		if n.Refresh <= 0 || n.refreshing || n.gone || a.stopping || now.Sub(n.refreshed) < n.Refresh {
			continue
		}
		n.refreshed, n.refreshing = now, true
		a.sending.Go(func() { a.refreshOne(name, n) })
	}
}

// refreshOne sends what is open to a notifier. The outcome changes nothing: the next
// message follows soon. What is open is read when no other message is being sent, so that
// nothing that is over is sent as open after its resolve.
func (a *Alerting) refreshOne(name string, n *notifier) {
	n.line <- struct{}{}
	defer func() { <-n.line }()
	a.mu.Lock()
	defer a.mu.Unlock()
	defer a.recovered()
	defer func() { n.refreshing = false }()
	m := a.whatIsOpen(name, time.Now())
	if n.gone || a.stopping || len(m.Notices) == 0 {
		return
	}
	send := n.Send
	a.mu.Unlock()
	o := a.sendSafely(m, send)
	a.mu.Lock()
	n.record(o)
}

// whatIsOpen returns a message with the open incidents that a notifier knows of, each with
// the severity that it knows. The caller holds a.mu.
func (a *Alerting) whatIsOpen(name string, now time.Time) *incident.Message {
	known := map[int64]incident.Delivery{}
	for _, d := range a.machine.Deliveries(name) {
		if d.Notified {
			known[d.Incident] = d
		}
	}
	m := &incident.Message{Notifier: name, At: now, Key: fmt.Sprintf("refresh.%s.%d", name, now.UnixMilli())}
	for _, i := range a.machine.Open() {
		if d, ok := known[i.ID]; ok {
			i.Severity = cmp.Or(d.Severity, i.Severity)
			key := fmt.Sprintf("%d.%s.%d", i.ID, name, d.Seq)
			m.Notices = append(m.Notices, incident.Notice{Kind: incident.Reminder, Key: key, Incident: i, For: now.Sub(i.Opened)})
		}
	}
	return m
}
