package alerting

import (
	"fmt"
	"time"

	"vega/policies/incident"
)

// refresh sends what is open to each notifier whose service forgets, if it is due. The
// outcome of such a message changes nothing: the next one follows soon.
func (a *Alerting) refresh(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for name, n := range a.now {
		if n.Refresh <= 0 || n.refreshing || n.gone || a.stopping || now.Sub(n.refreshed) < n.Refresh {
			continue
		}
		n.refreshed = now
		m := a.whatIsOpen(name, now)
		if len(m.Notices) == 0 {
			continue
		}
		n.refreshing = true
		a.sending.Go(func() {
			o := a.sendSafely(m, n.Send)
			a.mu.Lock()
			defer a.mu.Unlock()
			n.refreshing = false
			n.record(o)
		})
	}
}

// whatIsOpen returns a message with the open incidents that a notifier knows of. The
// caller holds a.mu.
func (a *Alerting) whatIsOpen(name string, now time.Time) *incident.Message {
	known := map[int64]int{}
	for _, d := range a.machine.Deliveries(name) {
		if d.Notified {
			known[d.Incident] = d.Seq
		}
	}
	m := &incident.Message{Notifier: name, At: now, Key: fmt.Sprintf("refresh.%s.%d", name, now.UnixMilli())}
	for _, i := range a.machine.Open() {
		if seq, ok := known[i.ID]; ok {
			key := fmt.Sprintf("%d.%s.%d", i.ID, name, seq)
			m.Notices = append(m.Notices, incident.Notice{Kind: incident.Reminder, Key: key, Incident: i, For: now.Sub(i.Opened)})
		}
	}
	return m
}
