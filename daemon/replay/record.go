package replay

import (
	"cmp"
	"context"
	"slices"
	"time"

	"vega/policies/incident"
	"vega/store"
)

// record is what was sent, in a replay or live.
type record struct {
	all  map[int64]*one
	open map[int64]bool
	from time.Time // only what was sent from then on counts
}

// one is an incident and its timeline.
type one struct {
	incident.Incident
	events []incident.Event
}

func newRecord(from time.Time) *record {
	return &record{all: map[int64]*one{}, open: map[int64]bool{}, from: from}
}

func (t *record) of(id int64) *one {
	if t.all[id] == nil {
		t.all[id] = &one{}
	}
	return t.all[id]
}

// changes takes over what a machine changed.
func (t *record) changes(c *incident.Changes) {
	for _, i := range c.Incidents {
		t.of(i.ID).Incident = i
		if t.open[i.ID] = true; !i.Open() {
			delete(t.open, i.ID)
		}
	}
	for _, e := range c.Events {
		o := t.of(e.Incident)
		o.events = append(o.events, e)
	}
}

// readLive reads what was sent live.
func readLive(ctx context.Context, s Store, since, until time.Time) (*record, error) {
	t := newRecord(since)
	for cursor := ""; ; {
		page, err := s.Incidents(ctx, store.IncidentQuery{Since: since, Until: until, Limit: store.MaxPage, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		for n := range page.Incidents {
			r, err := s.Incident(ctx, page.Incidents[n].ID)
			if err != nil {
				return nil, err
			}
			t.all[r.ID] = &one{r.Incident, slices.DeleteFunc(r.Timeline, func(e incident.Event) bool { return !e.At.Before(until) })}
		}
		if cursor = page.Next; cursor == "" {
			return t, nil
		}
	}
}

// since returns the incidents that opened at a time or later, in that order.
func (t *record) since(from time.Time) (all []*one) {
	for _, o := range t.all {
		if o.ID != 0 && !o.Opened.Before(from) {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b *one) int { return cmp.Or(a.Opened.Compare(b.Opened), cmp.Compare(a.ID, b.ID)) })
	return all
}

// sent counts what each notifier was sent about incidents that are not events. Notices
// that arrived at once were one message, but not for a pager, which gets one for each.
func (t *record) sent(pagers map[string]bool) map[string]Sent {
	sums, messages := map[string]Sent{}, map[string]map[int64]bool{}
	for _, o := range t.all {
		if o.Subject.Kind == incident.OfEvent {
			continue
		}
		for _, e := range o.events {
			if e.Kind != notified || e.At.Before(t.from) {
				continue
			}
			if messages[e.By] == nil {
				messages[e.By] = map[int64]bool{}
			}
			messages[e.By][e.At.UnixMilli()] = true
			s := sums[e.By]
			s.Notices++
			sums[e.By] = s
		}
	}
	for name, s := range sums {
		if s.Messages = len(messages[name]); pagers[name] {
			s.Messages = s.Notices
		}
		sums[name] = s
	}
	return sums
}

// notified is the kind of the event that a notice arrived.
const notified = "notified"

func (o *one) opened() *Opened {
	out := &Opened{ID: o.ID, Severity: o.Severity, Alerts: o.Alerts, Summary: o.Summary, Opened: o.Opened, Ended: o.Ended}
	for _, e := range o.events {
		if e.Kind == notified {
			out.Notices++
		}
	}
	return out
}
