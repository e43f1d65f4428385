package replay

import (
	"context"
	"slices"
	"time"

	"vega/policies/incident"
	"vega/store"
)

// addActions adds what people did: silences and acknowledgements.
func (p *player) addActions(ctx context.Context, s Store, live *record) error {
	for cursor := ""; ; {
		page, err := s.Silences(ctx, store.MaxPage, cursor)
		if err != nil {
			return err
		}
		for _, one := range page.Silences {
			p.addSilence(one)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	for _, i := range live.all {
		for _, e := range i.events {
			if e.By != "" && (e.Kind == "acknowledged" || e.Kind == "unacknowledged") { // what nobody did follows by itself
				p.addAcknowledgement(i.Subject, e, i.Acknowledged)
			}
		}
	}
	return nil
}

// addSilence adds a silence, unless it was over before the replay begins.
func (p *player) addSilence(s incident.Silence) {
	end := s.Until
	if !s.Ended.IsZero() && s.Ended.Before(end) {
		end = s.Ended
	}
	if !end.After(p.begin()) || !s.From.Before(end) {
		return
	}
	id := int64(0)
	p.at(s.From, func(now time.Time) {
		again := s
		again.ID, again.Ended, again.EndedBy = 0, time.Time{}, ""
		id, _ = p.machine.Silence(now, again) // one that selects nothing here is left out
	})
	if !s.Ended.IsZero() {
		p.at(end, func(now time.Time) {
			if id != 0 {
				_ = p.machine.EndSilence(now, id, s.EndedBy)
			}
		})
	}
}

// addAcknowledgement repeats an acknowledgement, or its end, on the incident that is then
// open on the same subject.
func (p *player) addAcknowledgement(s incident.Subject, e incident.Event, last *incident.Acknowledgement) {
	p.at(e.At, func(now time.Time) {
		for _, open := range p.machine.Open() {
			if open.Subject != s {
				continue
			}
			if e.Kind == "unacknowledged" {
				_ = p.machine.Unacknowledge(now, open.ID, e.By)
				return
			}
			ack := incident.Acknowledgement{By: e.By, At: now}
			if last != nil && last.At.Equal(e.At) {
				ack.Until = last.Until
			}
			_ = p.machine.Acknowledge(now, open.ID, ack)
		}
	})
}

// at adds an action in order of time.
func (p *player) at(t time.Time, do func(now time.Time)) {
	n, _ := slices.BinarySearchFunc(p.due, t, func(a action, t time.Time) int {
		if a.at.After(t) {
			return 1
		}
		return -1 // after all others of the same time
	})
	p.due = slices.Insert(p.due, n, action{t, do})
}
