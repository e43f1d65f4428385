// Package alert decides who is notified of what, and when. It turns runs into watches,
// incidents and deliveries; package incident defines these. It performs no input or
// output, and reads no clock: every method that needs the time is given it.
//
// Start with New. Call Run for each run, Next for what is to be sent, and Done for how
// that ended; Take returns what is to be stored.
package alert

import (
	"maps"
	"slices"
	"strings"
	"time"

	"vega/policies"
	"vega/policies/check"
	"vega/policies/incident"
)

// Machine is the state machine of alerting. It is not safe for concurrent use.
//
// It consists of three layers: board has the records, outbox decides what is sent, and
// incidents evaluates watches and opens and ends incidents.
type Machine struct{ incidents }

// board has the records and the configuration.
type board struct {
	config     Config
	nodes      map[string]*node
	rules      map[string]*rule
	metrics    map[string][]*rule // by path
	events     map[string][]*rule // by event
	watches    map[watchKey]*watch
	records    map[int64]*record
	current    map[incident.Subject]*record // open ones
	silences   []*silence                   // in order of ID
	lastGood   map[incident.Subject]reading
	lastRecord int64 // the highest ID of an incident
	lastQuiet  int64 // the highest ID of a silence
	walks      int
	askedFor   []*node   // see Wanted
	sweep      time.Time // when something may be forgotten; zero: never
	lapse      time.Time // when a silence, an acknowledgement or the wait of an event ends
	changes    changes
}

// outbox decides what notifiers are sent.
type outbox struct {
	board
	recipients []*recipient // in order of name
	latest     time.Time    // that Next was called with
	byName     map[string]*recipient
	faults     []string // see Faults
}

// incidents evaluates watches, and opens and ends incidents.
type incidents struct {
	outbox
	pendings []*node // see Wanted
	opened   []int64
}

// reading is the value of a figure at a time.
type reading struct {
	at    time.Time
	value float64
}

// Run evaluates a run. Call it in the order in which runs are stored. The machine keeps
// the last healthy run of each integration, which must not change.
func (m *Machine) Run(r *check.Run) {
	n := m.nodes[r.Integration]
	if n == nil || !n.Enabled {
		return
	}
	n.looked, n.status = r.Began, r.Status
	if r.Status == check.Healthy {
		n.good = r
		if n.active == 0 && len(n.waiting) == 0 && !n.healthyIsBad {
			return
		}
	}
	m.judgeRun(n, r)
}

// judgeRun evaluates a run that may change something.
func (m *incidents) judgeRun(n *node, r *check.Run) {
	if r.Status == check.Disabled {
		return
	}
	at := end(r)
	e := evaluation{at: at, began: r.Began, interval: n.Interval, down: r.Status == check.Unhealthy}
	if e.interval <= 0 {
		e.interval = defaultInterval
	}
	var since time.Time
	for i, a := range n.rules {
		e.verdict = a.judgeStatus(r.Status)
		w := n.watch(i)
		if w == nil {
			if e.verdict != bad {
				continue
			}
			w = m.addWatch(a, n.subject(), n)
			n.set(i, w)
		}
		if e.verdict == bad && e.observed == nil {
			e.message = statusText(r)
			e.muted = n.inWindow(at)
			e.observed = func() *incident.Observation { return observe(r) }
		}
		m.apply(w, &e)
		if w.Phase == incident.Pending && (since.IsZero() || w.Bad.Before(since)) {
			since = w.Bad
		}
	}
	if !since.IsZero() {
		m.ask(n, since, at)
	}
	m.wake(n)
}

// statusText describes a run in one line.
func statusText(r *check.Run) string {
	text := "is " + string(r.Status)
	if r.Message != "" {
		text += ": " + check.Clip(r.Message, maxField)
	}
	return text
}

// Metrics returns the paths of the figures that alerts name, in order.
func (m *Machine) Metrics() []string { return slices.Sorted(maps.Keys(m.metrics)) }

// maxAbsent is the number of samples in a row, an hour's, after which a subject that is
// not among the readings any longer is withdrawn.
const maxAbsent = int(time.Hour / SampleInterval)

// Sample evaluates readings of one of the figures in Metrics.
func (m *Machine) Sample(now time.Time, metric string, all []policies.Reading) {
	for _, a := range m.metrics[metric] {
		seen, unread := map[incident.Subject]bool{}, false
		for i := range all {
			unread = unread || all[i].Subject == "" && all[i].Unknown != ""
			s := subjectOf(&all[i])
			if !seen[s] {
				seen[s] = true
				m.sample(now, a, s, &all[i])
			}
		}
		for _, w := range slices.Clone(a.watches) {
			if !seen[w.Subject] && w.of == nil { // an integration always has a reading, or is withdrawn by a reload
				m.absent(now, w, unread)
			}
		}
	}
}

// sample evaluates one reading under one alert.
func (m *incidents) sample(now time.Time, a *rule, s incident.Subject, r *policies.Reading) {
	w, in := m.watches[watchKey{a.Name, s}], r.In(a.Unit)
	r = &in
	phase := incident.Inactive
	if w != nil {
		phase = w.Phase
		w.absent, w.missing = 0, time.Time{}
	}
	of := m.of(s)
	e := evaluation{at: now, began: r.Measured, interval: m.interval(s, of), verdict: a.judgeReading(r, phase), unit: a.Unit.Or(r.ReportedUnit)}
	if e.verdict == good {
		m.noteGood(s, reading{now, r.Value})
	}
	if w == nil {
		if e.verdict != bad {
			return
		}
		w = m.addWatch(a, s, nil)
	}
	if e.verdict == bad {
		value, text := r.Value, e.unit.Format(r.Value)
		e.value = &value
		e.message = "is " + text + " (" + a.boundIn(e.unit) + ")"
		e.muted = of != nil && of.inWindow(now)
		e.observed = func() *incident.Observation {
			return &incident.Observation{At: now, Value: text}
		}
	}
	m.apply(w, &e)
	if of != nil && w.Phase == incident.Pending {
		m.ask(of, w.Bad, now)
	}
}

// absent treats a subject without a reading as unknown, and withdraws it after some time.
// If the figure as a whole could not be read, that says nothing about the subject.
func (m *incidents) absent(now time.Time, w *watch, unread bool) {
	if every := m.config.Measures[w.Subject.Name]; unread {
		w.missing = time.Time{}
	} else if every > 0 {
		if w.missing.IsZero() || now.Before(w.missing) {
			w.missing = now
		}
		if now.Sub(w.missing) >= policies.StaleIntervals*every {
			m.withdraw(w, now, "the query returns no row for it any longer")
			return
		}
	} else if w.absent++; w.absent >= maxAbsent {
		m.withdraw(w, now, "it is not measured any longer")
		return
	}
	m.apply(w, &evaluation{at: now, interval: SampleInterval, verdict: unknown})
}

// subjectOf returns the subject of a reading. The name of a database is already in the
// path of its figures.
func subjectOf(r *policies.Reading) incident.Subject {
	s := incident.Subject{Kind: incident.OfMetric, Name: r.Resource, Instance: r.Subject}
	if r.Subject != "" && strings.HasPrefix(r.Resource, "database."+r.Subject+".") {
		s.Instance = ""
	}
	return s
}

// Event records that a condition of vega itself began or ended.
func (m *incidents) Event(now time.Time, s incident.Subject, active bool, message string) {
	s.Kind = incident.OfEvent
	for _, a := range m.events[s.Name] {
		m.event(now, a, s, active, message)
	}
}

// event applies an event to one alert. One event is enough to confirm or to clear, but
// it has to last for the time that the alert names.
func (m *incidents) event(now time.Time, a *rule, s incident.Subject, active bool, message string) {
	w := m.watches[watchKey{a.Name, s}]
	if w == nil {
		if !active {
			return
		}
		w = m.addWatch(a, s, nil)
	}
	e := evaluation{at: now, verdict: good, message: check.OneLine(check.Clip(message, maxField))}
	if active {
		e.verdict = bad
		e.observed = func() *incident.Observation {
			return &incident.Observation{At: now, Message: e.message}
		}
	}
	m.apply(w, &e)
	if w.Phase == incident.Pending {
		m.lapse = earliest(m.lapse, w.Since.Add(a.For))
	}
}
