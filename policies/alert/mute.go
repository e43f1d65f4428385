package alert

import (
	"time"

	"vega/policies/incident"
)

// mute says whether openings and reminders of an incident are held back.
type mute struct {
	on     bool
	until  time.Time // when that may change
	by     string    // such as "silence by ann"
	window bool
}

// silence is a silence with its selectors.
type silence struct {
	*incident.Silence
	match *Matcher
}

func newSilence(v *incident.Silence) *silence {
	c := copySilence(v)
	all := make([]Selector, len(c.Integrations))
	for i, s := range c.Integrations {
		all[i] = Selector(s)
	}
	return &silence{&c, NewMatcher(all)}
}

// muted reports whether the opening and reminders of an incident are held back.
func (m *board) muted(r *record, now time.Time) mute {
	for _, s := range m.silences {
		if s.Active(now) && m.silenced(s, r) {
			return mute{on: true, until: s.Until, by: "silence by " + s.By}
		}
	}
	if r.node == nil {
		return mute{}
	}
	for _, w := range r.node.windows {
		if open, until := w.Open(now); open {
			return mute{on: true, until: until, by: "maintenance " + w.Name, window: true}
		}
	}
	return mute{}
}

// silenced reports whether a silence is about an incident.
func (m *board) silenced(s *silence, r *record) bool {
	if len(s.Integrations) > 0 && (r.node == nil || !s.match.Match(&r.node.Integration)) {
		return false
	}
	if len(s.Alerts) == 0 {
		return len(s.Integrations) > 0
	}
	for _, w := range r.watches {
		if !contains(s.Alerts, w.rule.Name) {
			return false
		}
	}
	return len(r.watches) > 0
}

// contains reports whether one of the globs matches a name.
func contains(globs []string, name string) bool {
	for _, g := range globs {
		if glob(g, name) {
			return true
		}
	}
	return false
}

// noteMuted records why nobody is notified of an incident. After a maintenance window,
// it has to be seen bad again.
func (m *outbox) noteMuted(d *delivery, by mute, now time.Time) {
	r := d.record
	if d.maybe() {
		return
	}
	if by.window {
		for _, w := range r.watches {
			if !w.Distrust {
				w.distrust()
				m.changes.watch(&w.Watch)
			}
		}
	}
	if r.muted != by.by {
		r.muted = by.by
		m.note(r, now, "silenced", by.by, "")
	}
	if !by.window && r.Silenced != by.by {
		r.Silenced = by.by
		m.store(r)
	}
}

// inWindow reports whether a maintenance window of the integration is open.
func (n *node) inWindow(at time.Time) bool {
	for _, w := range n.windows {
		if open, _ := w.Open(at); open {
			return true
		}
	}
	return false
}
