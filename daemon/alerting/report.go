package alerting

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
)

// IncidentPage is a page of incidents, the last opened first.
type IncidentPage struct {
	Incidents []incident.Incident `json:"incidents"`
	Next      string              `json:"next"` // the cursor of the next page; "" on the last page
}

// IncidentReport is everything that is known of an incident.
type IncidentReport struct {
	incident.Incident
	DurationMS float64             `json:"duration_ms"` // until now, if it is open
	Timeline   []incident.Event    `json:"timeline"`    // oldest first
	Deliveries []incident.Delivery `json:"deliveries"`
	// Explains lists incidents that this one explains.
	Explains []incident.Incident `json:"explains"`
	Silences []incident.Silence  `json:"silences"` // that hold back its messages now
}

// AlertReport is an alert and its watches.
type AlertReport struct {
	Name      string            `json:"name"`
	Condition string            `json:"condition"` // in words
	Severity  incident.Severity `json:"severity"`
	Notify    []string          `json:"notify"`
	Subjects  int               `json:"subjects"` // that it watches
	BuiltIn   bool              `json:"built_in"`
	SetAt     string            `json:"set_at"`  // file:line
	Watches   []incident.Watch  `json:"watches"` // those that are not inactive
}

// NotifierReport is a notifier and how well it works.
type NotifierReport struct {
	Name      string     `json:"name"`
	Type      string     `json:"type"`
	Status    string     `json:"status"`  // idle, working, failing
	Waiting   int        `json:"waiting"` // incidents with something to send
	Dead      int        `json:"dead"`    // incidents whose message was given up
	Sent      int64      `json:"sent"`    // messages since the start
	Failed    int64      `json:"failed"`  // attempts since the start
	LastSent  *time.Time `json:"last_sent"`
	LastError string     `json:"last_error"`
	NextTry   *time.Time `json:"next_try"`
}

// TestReport is the result of a test of a notifier: an opening, then its resolve.
type TestReport struct {
	Notifier string     `json:"notifier"`
	Type     string     `json:"type"`
	Steps    []TestStep `json:"steps"`
	OK       bool       `json:"ok"`
}

// TestStep is one message of a test.
type TestStep struct {
	Kind       incident.NoticeKind `json:"kind"`
	OK         bool                `json:"ok"`
	Error      string              `json:"error,omitempty"`
	DurationMS float64             `json:"duration_ms"`
}

// The states of a notifier.
const (
	Idle    = "idle" // nothing was sent since the start
	Working = "working"
	Failing = "failing"
)

// Alerts reports on every alert, in order of name.
func (a *Alerting) Alerts() []AlertReport {
	a.mu.Lock()
	defer a.mu.Unlock()
	watches := map[string][]incident.Watch{}
	for _, w := range a.machine.Watches() {
		watches[w.Alert] = append(watches[w.Alert], w)
	}
	out := make([]AlertReport, 0, len(a.setup.Rules.Alerts))
	for n := range a.setup.Rules.Alerts {
		r := &a.setup.Rules.Alerts[n]
		report := AlertReport{
			Name: r.Name, Condition: r.Condition(), Severity: r.Severity, Notify: r.Notify, Subjects: a.setup.subjects(r),
			BuiltIn: r.BuiltIn, SetAt: r.At, Watches: watches[r.Name],
		}
		if len(r.Notify) == 0 {
			report.Notify = a.setup.notifierNames()
		}
		if report.Watches == nil {
			report.Watches = []incident.Watch{}
		}
		out = append(out, report)
	}
	return out
}

// subjects returns how many subjects an alert watches: integrations, or 1.
func (s *Setup) subjects(r *alert.Alert) int {
	if len(r.Integrations) == 0 {
		return 1
	}
	n, matcher := 0, alert.NewMatcher(r.Integrations)
	for i := range s.Rules.Integrations {
		if c := &s.Rules.Integrations[i]; c.Enabled && matcher.Match(c) {
			n++
		}
	}
	return n
}

func (s *Setup) notifierNames() []string {
	names := make([]string, 0, len(s.Rules.Notifiers))
	for _, n := range s.Rules.Notifiers {
		names = append(names, n.Name)
	}
	return names
}

// Severities returns how many incidents are open, by severity.
func Severities(a *Alerting) map[incident.Severity]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.machine.Severities()
}

// Open returns the open incidents, in order of ID, with what mutes them.
func Open(a *Alerting) []incident.Incident {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := a.machine.Open()
	for n := range all {
		all[n], _, _ = a.machine.Incident(all[n].ID, time.Now())
	}
	return all
}

// Notifiers reports on every notifier, in order of name.
func (a *Alerting) Notifiers() []NotifierReport {
	a.mu.Lock()
	defer a.mu.Unlock()
	now, out := time.Now(), make([]NotifierReport, 0, len(a.now))
	for _, name := range slices.Sorted(maps.Keys(a.now)) {
		n := a.now[name]
		waiting := a.machine.Deliveries(name)
		if n.gone && len(waiting) == 0 {
			continue
		}
		r := NotifierReport{Name: name, Type: n.Type, Status: Idle, Sent: n.sent, Failed: n.failed, LastError: n.lastError}
		if !n.lastSent.IsZero() {
			r.Status, r.LastSent = Working, utc(n.lastSent)
		}
		for _, d := range waiting {
			r.count(d, now)
		}
		if paused := a.machine.Paused(name, now); r.Waiting > 0 && paused.After(now) {
			r.NextTry = utc(paused)
		}
		if n.failing {
			r.Status = Failing
		}
		out = append(out, r)
	}
	return out
}

// count adds a delivery that is not done.
func (r *NotifierReport) count(d incident.Delivery, now time.Time) {
	switch {
	case d.Dead:
		r.Dead++
		r.Status = Failing
		r.LastError = cmp.Or(r.LastError, d.Error)
	case d.InFlight || !d.Next.IsZero():
		r.Waiting++
		if d.Next.After(now) && (r.NextTry == nil || d.Next.Before(*r.NextTry)) {
			r.NextTry = utc(d.Next)
		}
	}
}

// Silences returns the silences that hold, and those that begin later, in order of ID.
func Silences(a *Alerting) []incident.Silence {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.machine.Silences(time.Now())
}

func utc(t time.Time) *time.Time {
	t = t.UTC()
	return &t
}

// Page completes a page of the store. If it can't be written, so that it is late, what has
// changed since comes from memory.
func Page(a *Alerting, p store.IncidentPage, q *store.IncidentQuery, late bool) IncidentPage {
	a.mu.Lock()
	defer a.mu.Unlock()
	now, all := time.Now(), make([]incident.Incident, 0, len(p.Incidents))
	listed := map[int64]bool{}
	for n := range p.Incidents {
		stored := p.Incidents[n]
		listed[stored.ID] = true
		live, _, ok := a.machine.Incident(stored.ID, now)
		switch {
		case !ok || !late && !live.Open():
		case !late:
			stored.Muted = live.Muted
		case q.Open != nil && *q.Open != live.Open():
			continue
		default:
			stored = live
		}
		all = append(all, stored)
	}
	if late && q.Cursor == "" {
		all = add(a.machine, all, q, listed, now)
	}
	return IncidentPage{Incidents: all, Next: p.Next}
}

// add adds the open incidents that the store lacks to a first page.
func add(m *alert.Machine, all []incident.Incident, q *store.IncidentQuery, listed map[int64]bool, now time.Time) []incident.Incident {
	for _, open := range m.Open() {
		i, _, _ := m.Incident(open.ID, now)
		switch {
		case listed[i.ID], q.Open != nil && !*q.Open, q.Subject != "" && i.Subject.Name != q.Subject, q.Alert != "" && !slices.Contains(i.Alerts, q.Alert):
		case !q.Until.IsZero() && !i.Opened.Before(q.Until):
		default:
			all = append(all, i)
		}
	}
	slices.SortFunc(all, func(x, y incident.Incident) int { return cmp.Or(y.Opened.Compare(x.Opened), cmp.Compare(y.ID, x.ID)) })
	return all
}

// Live replaces what the store, which is late, knows of an incident by what is in memory.
// ok is false if neither has it.
func Live(a *Alerting, r *store.IncidentRecord, id int64) (ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i, deliveries, ok := a.machine.Incident(id, time.Now())
	if ok {
		r.Incident, r.Deliveries = i, deliveries
	}
	return ok || r.ID == id
}

// Incident completes what the store knows of an incident.
func (a *Alerting) Incident(r store.IncidentRecord, now time.Time) IncidentReport {
	out := IncidentReport{
		Incident: r.Incident, DurationMS: check.Milliseconds(cmpTime(r.Ended, now).Sub(r.Opened)),
		Timeline: append([]incident.Event{}, r.Timeline...), Deliveries: append([]incident.Delivery{}, r.Deliveries...),
		Explains: append([]incident.Incident{}, r.Below...), Silences: []incident.Silence{},
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if i, _, ok := a.machine.Incident(r.ID, now); ok {
		out.Muted = i.Muted
	}
	out.Silences = append(out.Silences, a.machine.SilencesOf(r.ID, now)...)
	return out
}

// cmpTime returns t, or otherwise if t is zero.
func cmpTime(t, otherwise time.Time) time.Time {
	if t.IsZero() {
		return otherwise
	}
	return t
}
