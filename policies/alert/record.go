package alert

import (
	"slices"
	"strconv"
	"time"

	"vega/policies/incident"
)

// record is an incident, and what the machine keeps to decide who is notified of it.
type record struct {
	incident.Incident
	node       *node    // the integration that it is about; nil: none
	watches    []*watch // that are firing or recovering
	deliveries []*delivery
	root       *record // the open incident that explains this one
	below      []*record
	storm      bool      // stands for incidents that a pager had too many of
	covered    int       // incidents that a storm stands for
	waiting    *node     // that it waits for
	awaited    bool      // the timeline has that it is held
	muted      string    // what the timeline has about a mute
	trust      bool      // an alert was confirmed when the last one ended
	flaps      int       // changes between good and bad
	unnoted    int       // of these, since the last one in the timeline
	flapped    time.Time // when that was
}

// trusted reports whether one of the alerts is confirmed by evaluations that count.
func (r *record) trusted() bool {
	for _, w := range r.watches {
		if !w.Distrust {
			return true
		}
	}
	return r.storm
}

func (m *board) store(r *record) { m.changes.incidents[r.ID] = &r.Incident }

func (m *board) note(r *record, at time.Time, kind, text, by string) {
	m.changes.event(incident.Event{Incident: r.ID, At: at, Kind: kind, Text: text, By: by})
}

const (
	maxFlaps  = 50        // changes between good and bad that the timeline has one by one
	flapEvery = time.Hour // then one in this time
)

// noteFlap notes that an open incident is good or bad for the moment. It leaves most of
// them out if there are many: an incident that flaps may stay open for months.
func (m *board) noteFlap(r *record, at time.Time, kind, text string) {
	if r.flaps++; r.flaps > maxFlaps {
		if passed := at.Sub(r.flapped); passed >= 0 && passed < flapEvery {
			r.unnoted++
			return
		}
		if r.unnoted > 0 {
			text += "; " + strconv.Itoa(r.unnoted) + " such changes before are left out"
		}
	}
	r.flapped, r.unnoted = at, 0
	m.note(r, at, kind, text, "")
}

// apply evaluates a watch and acts on what that changes.
func (m *incidents) apply(w *watch, e *evaluation) {
	effect := w.evaluate(e)
	if effect != nothing {
		m.changes.watch(&w.Watch)
	}
	switch effect {
	case fired:
		m.fire(w, e)
	case calmed:
		m.settle(w, e.at)
	case relapsed:
		m.noteFlap(w.record, e.at, "relapsed", w.rule.Name+": bad again before it was clear")
	case improving:
		m.noteFlap(w.record, e.at, "recovering", w.rule.Name+": good again, not confirmed yet")
	case confirmed:
		m.confirm(w.record, e.at)
	case resolved:
		m.release(w, e.at, incident.Recovered)
		m.settle(w, e.at)
	case nothing:
		m.settle(w, e.at)
	case counted:
	}
	if e.verdict == bad && w.record != nil {
		m.judgeDown(w.record, e)
	}
}

// judgeDown notes whether an incident explains those below it: after a bad evaluation.
func (m *incidents) judgeDown(r *record, e *evaluation) {
	if r.node == nil || r.Subject.Kind != incident.OfIntegration || r.Unhealthy == e.down {
		return
	}
	r.Unhealthy = e.down
	m.store(r)
	if r.Unhealthy {
		m.setDown(r.node, r, e.at)
	} else {
		m.setDown(r.node, nil, e.at)
	}
}

// settle forgets an inactive watch that remembers nothing.
func (m *board) settle(w *watch, now time.Time) {
	if w.Phase != incident.Inactive {
		return
	}
	if w.remembers(now) {
		m.sweepAt(w.Resolved.Add(w.window()))
		return
	}
	m.forget(w)
}

func (m *board) addWatch(a *rule, s incident.Subject, n *node) *watch {
	w := &watch{rule: a, node: n}
	w.Alert, w.Subject, w.Phase, w.Condition = a.Name, s, incident.Inactive, a.condition
	m.watches[watchKey{a.Name, s}] = w
	if n == nil {
		a.watches = append(a.watches, w)
		w.addFigure(m.of(s))
	}
	return w
}

// forget drops a watch that is not part of an open incident.
func (m *board) forget(w *watch) {
	k := keyOf(&w.Watch)
	if m.watches[k] != w {
		return
	}
	delete(m.watches, k)
	m.changes.forget(k)
	if n := w.node; n != nil {
		n.unset(w)
		return
	}
	if i := slices.Index(w.rule.watches, w); i >= 0 {
		w.rule.watches = slices.Delete(w.rule.watches, i, i+1)
	}
	if n := w.of; n != nil {
		n.figures = slices.DeleteFunc(n.figures, func(other *watch) bool { return other == w })
	}
}

// watch returns the watch of the rule with index i, or nil.
func (n *node) watch(i int) *watch {
	if n.active == 0 {
		return nil
	}
	return n.watches[i]
}

func (n *node) set(i int, w *watch) {
	if n.watches == nil {
		n.watches = make([]*watch, len(n.rules))
	}
	n.watches[i] = w
	n.active++
}

func (n *node) unset(w *watch) {
	if i := slices.Index(n.watches, w); i >= 0 {
		n.watches[i] = nil
		n.active--
	}
}

// fire makes a watch part of the open incident of its subject, or of the one that it
// ended shortly before, or opens one.
func (m *incidents) fire(w *watch, e *evaluation) {
	again := w.remembers(e.at)
	if again {
		w.Reopened++
	} else {
		w.Reopened = 0
	}
	w.Fired = e.at
	r := m.current[w.Subject]
	if r == nil && again {
		if r = m.records[w.Incident]; r != nil {
			m.reopen(r, w, e)
		}
	}
	if r == nil {
		r = m.open(w, e)
	} else if !slices.Contains(r.watches, w) {
		w.record, w.Incident = r, r.ID
		r.watches = append(r.watches, w)
		m.note(r, e.at, joined, because(w, e), "")
	}
	m.refresh(r, e.at)
	if e.down && r.node != nil {
		r.Unhealthy = true
		m.setDown(r.node, r, e.at)
	}
}

func because(w *watch, e *evaluation) string { return w.rule.Name + ": " + summary(w, e) }

// open opens an incident.
func (m *incidents) open(w *watch, e *evaluation) *record {
	m.lastRecord++
	r := &record{node: w.about(), watches: []*watch{w}}
	r.Incident = incident.Incident{
		ID: m.lastRecord, Key: dedupKey(m.config.ID, w.Subject), Subject: w.Subject,
		Summary: summary(w, e), Runbook: w.rule.Runbook,
		Opened: e.at, Ready: e.at, Evidence: m.evidence(w, e),
	}
	if n := r.node; n != nil {
		r.Group = n.Group
		if n.Runbook != "" {
			r.Runbook = n.Runbook
		}
	}
	w.record, w.Incident = r, r.ID
	m.records[r.ID], m.current[w.Subject] = r, r
	m.noteOpened(r)
	m.note(r, e.at, "opened", because(w, e), "")
	if root := w.explainedBy(); root != nil {
		m.attach(r, root, e.at)
	}
	return r
}

// maxOpened limits what Opened returns if it is not called.
const maxOpened = 10_000

func (m *incidents) noteOpened(r *record) {
	if len(m.opened) < maxOpened {
		m.opened = append(m.opened, r.ID)
	}
}

// reopen continues an incident that ended shortly before. What is wrong may be something
// else now, so it gets a new summary and new evidence.
func (m *incidents) reopen(r *record, w *watch, e *evaluation) {
	r.Summary, r.Evidence = summary(w, e), m.evidence(w, e)
	r.Ended, r.End, r.Ready, r.Silenced = time.Time{}, incident.StillOpen, e.at, ""
	r.Reopened++
	r.Root, r.Below, r.waiting, r.awaited, r.muted = 0, 0, nil, false, ""
	r.watches = []*watch{w}
	r.node = w.about()
	w.record = r
	m.current[r.Subject] = r
	m.noteOpened(r)
	m.note(r, e.at, "reopened", because(w, e), "")
	for _, d := range r.deliveries {
		m.revive(d, e.at)
	}
	if root := w.explainedBy(); root != nil {
		m.attach(r, root, e.at)
	}
}

// refresh derives from the firing watches how severe an incident is and who is notified.
func (m *incidents) refresh(r *record, now time.Time) {
	if len(r.watches) > 0 {
		worst := incident.Severity("")
		for _, w := range r.watches {
			if w.rule.Severity.Rank() >= worst.Rank() {
				worst = w.rule.Severity
			}
			if !slices.Contains(r.Alerts, w.rule.Name) {
				r.Alerts = append(r.Alerts, w.rule.Name)
			}
		}
		if a := r.Acknowledged; a != nil && worst.Rank() > r.Severity.Rank() {
			m.unacknowledge(r, now, "the severity rose to "+string(worst), "")
		}
		r.Severity = worst
	}
	m.store(r)
	m.address(r, now)
}

// confirm notes that an incident is bad again as often as needed for a notification.
func (m *incidents) confirm(r *record, at time.Time) {
	r.Ready = at
	m.store(r)
	m.note(r, at, "confirmed", "still bad", "")
	for _, d := range r.deliveries {
		d.ready(at)
	}
	m.address(r, at)
}

// release takes a watch out of its incident, which ends with the last one.
func (m *incidents) release(w *watch, at time.Time, how incident.End) {
	r := w.record
	w.record = nil
	if r == nil {
		return
	}
	r.trust = r.trusted()
	w.Distrust = false
	if i := slices.Index(r.watches, w); i >= 0 {
		r.watches = slices.Delete(r.watches, i, i+1)
	}
	if len(r.watches) > 0 {
		m.refresh(r, at)
		return
	}
	m.close(r, at, how)
}

// close ends an incident.
func (m *incidents) close(r *record, at time.Time, how incident.End) {
	r.Ended, r.End, r.Acknowledged = at, how, nil
	delete(m.current, r.Subject)
	m.store(r)
	m.note(r, at, string(how), "after "+at.Sub(r.Opened).Round(time.Second).String(), "")
	m.detach(r)
	if r.node != nil && r.node.down == r {
		m.setDown(r.node, nil, at)
	}
	r.Unhealthy = false
	for _, d := range slices.Clone(r.deliveries) {
		m.finish(d, r.trust, at)
	}
	m.sweepAt(at)
}

// withdraw drops a watch because its alert or its subject is gone.
func (m *incidents) withdraw(w *watch, at time.Time, why string) {
	if r := w.record; r != nil {
		m.note(r, at, "withdrawn", w.rule.Name+": "+why, "")
	}
	m.release(w, at, incident.Withdrawn)
	m.forget(w)
}

// attach makes root explain r; nil: nothing does.
func (m *incidents) attach(r, root *record, at time.Time) {
	if r.root == root || r == root {
		return
	}
	m.detach(r)
	r.root = root
	if root != nil {
		r.Root = root.ID
		root.below = append(root.below, r)
		root.Below = len(root.below)
		m.store(root)
		m.note(r, at, "suppressed", "explained by "+root.Subject.Label()+", incident "+strconv.FormatInt(root.ID, 10), "")
		m.address(root, at)
	}
	m.store(r)
	m.address(r, at)
}

// detach removes the root of r.
func (m *incidents) detach(r *record) {
	root := r.root
	if root == nil {
		return
	}
	if i := slices.Index(root.below, r); i >= 0 {
		last := len(root.below) - 1
		root.below[i] = root.below[last]
		root.below = root.below[:last]
	}
	r.root = nil
	if root.Open() {
		root.Below = len(root.below)
		m.store(root)
	}
	if r.Open() {
		r.Root = 0
	}
}
