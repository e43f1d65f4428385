package replay

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"vega/policies/incident"
)

// Report compares a replay with what was sent live.
type Report struct {
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`

	Runs          int       `json:"runs"`
	RunsPerSecond float64   `json:"runs_per_second"`
	DurationMS    float64   `json:"duration_ms"`
	Figures       int       `json:"figures"`                // readings, made of minute rows
	FiguresSince  time.Time `json:"figures_since,omitzero"` // when the first minute row is

	Alerts    []AlertCount    `json:"alerts"`    // in order of name
	Notifiers []NotifierCount `json:"notifiers"` // in order of name
	Incidents []Incident      `json:"incidents"` // in the order in which they opened
	// Same is set if the same incidents opened at the same time, and each notifier was
	// sent as much.
	Same bool `json:"same"`
	// NotReplayed counts incidents of events, which are not replayed.
	NotReplayed int `json:"not_replayed"`
}

// AlertCount counts the incidents that an alert is part of.
type AlertCount struct {
	Name   string `json:"name"`
	Replay int    `json:"replay"`
	Live   int    `json:"live"`
}

// NotifierCount counts what a notifier is sent.
type NotifierCount struct {
	Name   string `json:"name"`
	Replay Sent   `json:"replay"`
	Live   Sent   `json:"live"`
}

// Sent counts messages that arrived, and the notices in them: one is about one incident.
type Sent struct {
	Messages int `json:"messages"`
	Notices  int `json:"notices"`
}

// Incident is an incident of the replay, one that was live, or both.
type Incident struct {
	Subject incident.Subject `json:"subject"`
	Replay  *Opened          `json:"replay"` // null: it did not open in the replay
	Live    *Opened          `json:"live"`   // null: it did not open live
}

// Opened is an incident.
type Opened struct {
	ID       int64             `json:"id"`
	Severity incident.Severity `json:"severity"`
	Alerts   []string          `json:"alerts"`
	Summary  string            `json:"summary"`
	Opened   time.Time         `json:"opened"`
	Ended    time.Time         `json:"ended,omitzero"`
	Notices  int               `json:"notices"` // to all notifiers
}

// tolerance is how far the times of the same event may be apart: runs are stored to the
// millisecond, and live every message takes a moment.
const tolerance = 5 * time.Second

// compare makes the report of what a replay would have sent, and what was sent.
func compare(o Options, replayed, live *record) Report {
	r := Report{Since: o.Since, Until: o.Until, Same: true, Alerts: []AlertCount{}, Notifiers: []NotifierCount{}}
	r.Incidents, r.NotReplayed = pair(replayed.since(o.Since), live.since(o.Since))
	alerts, notifiers, pagers := map[string]*AlertCount{}, map[string]*NotifierCount{}, map[string]bool{}
	for n := range o.Rules.Alerts {
		alerts[o.Rules.Alerts[n].Name] = &AlertCount{}
	}
	for _, n := range o.Rules.Notifiers {
		notifiers[n.Name], pagers[n.Name] = &NotifierCount{}, n.Pager
	}
	for _, i := range r.Incidents {
		count(alerts, i.Replay, func(c *AlertCount) { c.Replay++ })
		count(alerts, i.Live, func(c *AlertCount) { c.Live++ })
		if i.Replay == nil || i.Live == nil || i.Replay.Opened.Sub(i.Live.Opened).Abs() > tolerance {
			r.Same = false
		}
	}
	for name, n := range replayed.sent(pagers) {
		entry(notifiers, name).Replay = n
	}
	for name, n := range live.sent(pagers) {
		entry(notifiers, name).Live = n
	}
	for _, name := range slices.Sorted(maps.Keys(alerts)) {
		alerts[name].Name = name
		r.Alerts = append(r.Alerts, *alerts[name])
	}
	for _, name := range slices.Sorted(maps.Keys(notifiers)) {
		n := notifiers[name]
		n.Name = name
		r.Notifiers = append(r.Notifiers, *n)
		r.Same = r.Same && n.Replay.Notices == n.Live.Notices
	}
	return r
}

func count(all map[string]*AlertCount, o *Opened, add func(*AlertCount)) {
	if o == nil {
		return
	}
	for _, name := range o.Alerts {
		add(entry(all, name))
	}
}

// entry returns the entry of a name, and adds it if there isn't one.
func entry[T any](all map[string]*T, name string) *T {
	if all[name] == nil {
		all[name] = new(T)
	}
	return all[name]
}

// pair pairs each incident of the replay with the first one that was live on the same
// subject at the same time. It leaves out events, and counts them.
func pair(replayed, live []*one) (all []Incident, events int) {
	taken := map[*one]bool{}
	for _, r := range replayed {
		if r.Subject.Kind == incident.OfEvent {
			continue
		}
		i := Incident{Subject: r.Subject, Replay: r.opened()}
		for _, l := range live {
			if !taken[l] && l.Subject == r.Subject && overlap(r, l) {
				taken[l] = true
				i.Live = l.opened()
				break
			}
		}
		all = append(all, i)
	}
	for _, l := range live {
		switch {
		case l.Subject.Kind == incident.OfEvent:
			events++
		case !taken[l]:
			all = append(all, Incident{Subject: l.Subject, Live: l.opened()})
		}
	}
	slices.SortStableFunc(all, func(a, b Incident) int {
		return cmp.Or(a.at().Compare(b.at()), cmp.Compare(a.Subject.String(), b.Subject.String()))
	})
	if all == nil {
		all = []Incident{}
	}
	return all, events
}

// overlap reports whether two incidents were open at the same time.
func overlap(a, b *one) bool {
	before := func(a, b *one) bool { return !a.Ended.IsZero() && a.Ended.Add(tolerance).Before(b.Opened) }
	return !before(a, b) && !before(b, a)
}

func (i *Incident) at() time.Time {
	if i.Replay != nil {
		return i.Replay.Opened
	}
	return i.Live.Opened
}
