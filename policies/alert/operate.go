package alert

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"vega/policies/check"
	"vega/policies/incident"
)

// ErrInvalid is wrapped by errors about a silence that can't be added.
var ErrInvalid = errors.New("invalid silence")

// maxText is the limit of names and comments of people, in bytes.
const maxText = 500

// maxSilences limits the silences at one time.
const maxSilences = 1000

// Acknowledge marks an open incident as taken care of: no reminders and no escalations
// are sent until a.Until, a rise of its severity, or its end. The error is
// incident.ErrNotFound or incident.ErrEnded.
func (m *Machine) Acknowledge(now time.Time, id int64, a incident.Acknowledgement) error {
	r, err := m.openRecord(id)
	if err != nil {
		return err
	}
	a.By, a.Comment = person(a.By), person(a.Comment)
	if a.At.IsZero() {
		a.At = now
	}
	if !a.Until.IsZero() && !a.Until.After(now) {
		a.Until = time.Time{}
	}
	r.Acknowledged = &a
	m.lapse = earliest(m.lapse, a.Until)
	m.store(r)
	m.note(r, now, "acknowledged", a.Comment, a.By)
	m.touchAll(r)
	return nil
}

// openRecord returns an open incident. The error is incident.ErrNotFound, or
// incident.ErrEnded.
func (m *Machine) openRecord(id int64) (*record, error) {
	r := m.records[id]
	switch {
	case r != nil && r.Open():
		return r, nil
	case r != nil || id > 0 && id <= m.lastRecord:
		return nil, incident.ErrEnded
	default:
		return nil, incident.ErrNotFound
	}
}

// person cleans a text that somebody wrote.
func person(text string) string { return check.OneLine(check.Clip(text, maxText)) }

// Unacknowledge takes the mark back. The error is incident.ErrNotFound, also if the
// incident is not acknowledged, or incident.ErrEnded.
func (m *Machine) Unacknowledge(now time.Time, id int64, by string) error {
	r, err := m.openRecord(id)
	if err != nil {
		return err
	}
	if r.Acknowledged == nil {
		return incident.ErrNotFound
	}
	m.unacknowledge(r, now, "", person(by))
	return nil
}

func (m *incidents) unacknowledge(r *record, now time.Time, why, by string) {
	r.Acknowledged = nil
	m.store(r)
	m.note(r, now, "unacknowledged", why, by)
	m.touchAll(r)
}

func (m *outbox) touchAll(r *record) {
	for _, d := range r.deliveries {
		d.to.touch(long)
	}
}

// Silence adds a silence and returns its ID. From is now if it is zero. The error wraps
// ErrInvalid.
func (m *Machine) Silence(now time.Time, s incident.Silence) (int64, error) {
	if s.From.IsZero() {
		s.From = now
	}
	if err := m.checkSilence(now, &s); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	m.lastQuiet++
	s.ID, s.Ended, s.EndedBy = m.lastQuiet, time.Time{}, ""
	s.By, s.Comment = person(s.By), person(s.Comment)
	added := newSilence(&s)
	m.silences = append(m.silences, added)
	m.changes.silences[s.ID] = added.Silence
	m.lapse = earliest(m.lapse, s.Until)
	return s.ID, nil
}

func (m *Machine) checkSilence(now time.Time, s *incident.Silence) error {
	switch {
	case len(s.Integrations)+len(s.Alerts) == 0:
		return errors.New("name integrations or alerts; [\"*\"] is all")
	case len(s.Integrations)+len(s.Alerts) > 100:
		return errors.New("at most 100 integrations and alerts")
	case !s.Until.After(s.From) || !s.Until.After(now):
		return errors.New("it ends before it begins")
	case s.Until.Sub(s.From) > incident.MaxSilence || s.Until.Sub(now) > incident.MaxSilence:
		return errors.New("it ends more than 30 days from now")
	case len(m.silences) >= maxSilences:
		return fmt.Errorf("there are %d silences already", maxSilences)
	}
	for _, text := range s.Integrations {
		if err := Selector(text).Check(); err != nil {
			return fmt.Errorf("selector %q: %w", text, err)
		}
	}
	if slices.Contains(s.Alerts, "") {
		return errors.New("the name of an alert is empty")
	}
	return nil
}

// EndSilence ends a silence early. The error is incident.ErrNotFound or
// incident.ErrEnded.
func (m *Machine) EndSilence(now time.Time, id int64, by string) error {
	i := slices.IndexFunc(m.silences, func(s *silence) bool { return s.ID == id })
	switch {
	case i < 0 && (id <= 0 || id > m.lastQuiet):
		return incident.ErrNotFound
	case i < 0 || !now.Before(m.silences[i].Until):
		return incident.ErrEnded
	}
	s := m.silences[i]
	s.Ended, s.EndedBy = now, person(by)
	m.changes.silences[id] = s.Silence
	m.silences = slices.Delete(m.silences, i, i+1)
	m.wakeAll()
	return nil
}

// wakeAll looks at everything again.
func (m *outbox) wakeAll() {
	for _, n := range m.recipients {
		n.touch(long)
	}
}

// lapses ends silences, acknowledgements and the wait of events whose time has come.
func (m *incidents) lapses(now time.Time) {
	if m.lapse.IsZero() || m.lapse.After(now) {
		return
	}
	m.lapse = time.Time{}
	m.silences = slices.DeleteFunc(m.silences, func(s *silence) bool {
		if now.Before(s.Until) {
			m.lapse = earliest(m.lapse, s.Until)
			return false
		}
		return true
	})
	for _, r := range m.openRecords() {
		if a := r.Acknowledged; a != nil && !a.Until.IsZero() {
			if now.Before(a.Until) {
				m.lapse = earliest(m.lapse, a.Until)
			} else {
				m.unacknowledge(r, now, "its time ended", "")
			}
		}
	}
	m.lastingEvents(now)
	m.leave(now)
	m.wakeAll()
}

// lastingEvents confirms events that have lasted as long as their alert asks for.
func (m *incidents) lastingEvents(now time.Time) {
	for _, a := range m.eventRules() {
		for _, w := range slices.Clone(a.watches) {
			if w.Phase != incident.Pending {
				continue
			}
			if due := w.Since.Add(a.For); due.After(now) && due.Sub(now) <= a.For {
				m.lapse = earliest(m.lapse, due)
				continue
			}
			w.Observed = a.For
			e := evaluation{verdict: bad, at: now, message: w.Message}
			e.observed = func() *incident.Observation {
				return &incident.Observation{At: now, Message: e.message}
			}
			m.apply(w, &e)
		}
	}
}

// sweepEvery is how often what is complete is dropped from memory, at most.
const sweepEvery = time.Minute

// keepMissed is how long it is kept that a notifier missed an incident.
const keepMissed = 7 * 24 * time.Hour

// sweepAt notes that something may be dropped at a time.
func (m *board) sweepAt(at time.Time) {
	m.sweep = earliest(m.sweep, at.Truncate(sweepEvery).Add(sweepEvery))
}

// sweeps drops watches that remember nothing and incidents that are complete.
func (m *incidents) sweeps(now time.Time) {
	if m.sweep.IsZero() || m.sweep.After(now) {
		return
	}
	m.sweep = time.Time{}
	needed := map[int64]bool{}
	for _, w := range m.watches {
		m.settle(w, now)
		if w.remembers(now) {
			needed[w.Incident] = true
		}
	}
	for id, r := range m.records {
		if !r.Open() && !needed[id] && m.isComplete(r, now) {
			delete(m.records, id)
		}
	}
}

// isComplete reports whether nothing more is to be sent of an incident that has ended.
func (m *incidents) isComplete(r *record, now time.Time) bool {
	for _, d := range r.deliveries {
		if d.Missed && !d.sending && now.Sub(r.Ended) > keepMissed {
			m.complete(d)
		}
		if !d.Done {
			return false
		}
	}
	return true
}
