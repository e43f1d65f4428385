package alert

import (
	"cmp"
	"slices"
	"time"

	"vega/policies/check"
	"vega/policies/incident"
)

// New returns a machine that continues from s. What was in flight has an unknown
// outcome. Records that contradict each other or c are corrected or dropped.
func New(c Config, s incident.State, now time.Time) *Machine {
	m := &Machine{}
	m.watches, m.records, m.current = map[watchKey]*watch{}, map[int64]*record{}, map[incident.Subject]*record{}
	m.byName, m.lastGood, m.changes = map[string]*recipient{}, map[incident.Subject]reading{}, newChanges()
	m.lastRecord, m.lastQuiet = max(s.LastIncident, 0), max(s.LastSilence, 0)
	m.build(c)
	m.restore(&s, now)
	m.reconcile(now)
	m.sweep, m.lapse = now, now
	return m
}

// Configure applies a new configuration. Pending watches of an alert whose condition
// changed start again; what is open stays open until it is clear, or ends as withdrawn
// if its alert or its subject is gone. A notifier that is gone is sent its resolves
// within a minute: keep it usable until Leaving does not list it.
func (m *Machine) Configure(c Config, now time.Time) {
	before := m.nodes
	m.build(c)
	for name, n := range m.nodes {
		if old := before[name]; old != nil {
			n.looked, n.status, n.good, n.asked = old.looked, old.status, old.good, old.asked
		}
	}
	m.pendings, m.askedFor = nil, nil
	for _, w := range m.watches {
		w.rule, w.node, w.of = nil, nil, nil
	}
	m.reconcile(now)
	m.lapse = earliest(m.lapse, now)
}

// build replaces what is derived from the configuration alone.
func (m *incidents) build(c Config) {
	m.config = c
	m.buildRecipients(c.Notifiers)
	m.nodes, m.rules = map[string]*node{}, map[string]*rule{}
	m.metrics, m.events = map[string][]*rule{}, map[string][]*rule{}
	var order []*node
	for _, i := range c.Integrations {
		if m.nodes[i.Name] == nil {
			n := &node{Integration: i}
			m.nodes[i.Name] = n
			order = append(order, n)
		}
	}
	link(m.nodes, order)
	for k := range c.Alerts {
		m.addRule(newRule(&c.Alerts[k], m.find), order)
	}
	for k := range c.Windows {
		match := NewMatcher(c.Windows[k].Integrations)
		for _, n := range order {
			if match.Match(&n.Integration) {
				n.windows = append(n.windows, &c.Windows[k])
			}
		}
	}
}

func (m *incidents) addRule(a *rule, order []*node) {
	if m.rules[a.Name] != nil {
		return
	}
	m.rules[a.Name] = a
	switch {
	case a.Event != "":
		m.events[a.Event] = append(m.events[a.Event], a)
	case a.Metric != "":
		m.metrics[a.Metric] = append(m.metrics[a.Metric], a)
	default:
		match := NewMatcher(a.Integrations)
		for _, n := range order {
			if n.Enabled && match.Match(&n.Integration) {
				n.rules = append(n.rules, a)
				n.explain = n.explain || a.has(check.Unhealthy)
				n.healthyIsBad = n.healthyIsBad || a.has(check.Healthy)
			}
		}
	}
}

// buildRecipients updates the notifiers. One that is gone is kept for its resolves.
func (m *outbox) buildRecipients(all []Notifier) {
	before := m.byName
	m.byName, m.recipients = map[string]*recipient{}, nil
	for _, v := range all {
		if m.byName[v.Name] != nil {
			continue
		}
		n := before[v.Name]
		if n == nil {
			n = &recipient{}
		}
		n.leaving, n.gone = time.Time{}, false
		if n.Name != "" && n.Digest != v.Digest {
			n.changed = true
		}
		n.Notifier = v
		m.byName[v.Name] = n
		m.recipients = append(m.recipients, n)
	}
	for name, n := range before {
		if m.byName[name] == nil {
			n.gone = true
			m.byName[name] = n
			m.recipients = append(m.recipients, n)
		}
	}
	slices.SortFunc(m.recipients, func(a, b *recipient) int { return cmp.Compare(a.Name, b.Name) })
}

// find returns the notifiers with some names; all, if there are none.
func (m *outbox) find(names []string) []*recipient {
	var found []*recipient
	for _, n := range m.recipients {
		if !n.gone && (len(names) == 0 || slices.Contains(names, n.Name)) {
			found = append(found, n)
		}
	}
	return found
}

// reconcile connects the records with the configuration.
func (m *incidents) reconcile(now time.Time) {
	gone := map[*watch]string{}
	all := m.sortedWatches()
	for _, w := range all {
		if why := m.rebind(w); why != "" {
			gone[w] = why
		}
	}
	m.reconnect(now)
	m.readdress()
	for _, w := range all {
		if why, ok := gone[w]; ok {
			m.withdraw(w, now, why)
		}
	}
	for _, r := range m.openRecords() {
		switch {
		case len(r.watches) > 0:
			m.refresh(r, now)
		case r.storm && r.covered <= 0:
			m.endStorm(r, now)
		case !r.storm:
			m.close(r, now, incident.Withdrawn)
		}
	}
	for _, n := range slices.Clone(m.recipients) {
		m.reviveAll(n, now)
	}
}

// rebind connects a watch with its alert and subject, or returns why that is not
// possible.
func (m *incidents) rebind(w *watch) string {
	a := m.rules[w.Alert]
	if why := m.bindable(w, a); why != "" {
		w.rule = cmp.Or(a, &rule{Alert: Alert{Name: w.Alert, After: 1, ClearAfter: 1}})
		return why
	}
	w.rule = a
	if w.node == nil {
		a.watches = append(a.watches, w)
		w.addFigure(m.of(w.Subject))
	}
	if w.Condition == a.condition {
		return ""
	}
	w.Condition = a.condition
	m.changes.watch(&w.Watch)
	switch w.Phase {
	case incident.Pending:
		m.forget(w)
	case incident.Firing, incident.Recovering:
		w.Phase, w.Streak, w.Observed = incident.Firing, 0, 0
	}
	return ""
}

// bindable places a watch, and returns why that is not possible.
func (m *incidents) bindable(w *watch, a *rule) string {
	s := w.Subject
	switch {
	case a == nil:
		return "the alert was removed"
	case s.Kind == incident.OfMetric && !sameFigure(a.Metric, s.Name), s.Kind == incident.OfEvent && a.Event != s.Name:
		return "the alert is about something else"
	case s.Kind == incident.OfEvent && s.Name == notifierFailing && (m.byName[s.Instance] == nil || m.byName[s.Instance].gone):
		return "the notifier was removed"
	case s.Kind == incident.OfMetric:
		return m.reportable(s)
	case s.Kind == incident.OfEvent:
		return ""
	}
	n := m.nodes[s.Name]
	if n == nil {
		return "the integration was removed"
	}
	if !n.Enabled {
		return "the integration was disabled"
	}
	i := slices.Index(n.rules, a)
	if i < 0 {
		return "the alert does not select the integration any longer"
	}
	w.node = n
	n.set(i, w)
	return ""
}

// reconnect finds again which incidents explain which.
func (m *incidents) reconnect(now time.Time) {
	all := m.openRecords()
	for _, r := range all {
		r.waiting = nil
		if r.node = m.of(r.Subject); r.Subject.Kind == incident.OfIntegration {
			r.node = m.nodes[r.Subject.Name]
		}
		if r.node != nil && r.Unhealthy {
			r.node.down = r
		}
		r.root, r.below, r.Below = nil, nil, 0
	}
	for _, n := range m.topological() {
		n.root = n.explained()
	}
	for _, r := range all {
		if r.node != nil {
			root := r.node.root
			if r.Subject.Kind == incident.OfMetric {
				root = r.node.explains()
			}
			m.rejoin(r, root, now)
		}
	}
}

// rejoin makes root explain r again, or nothing.
func (m *incidents) rejoin(r, root *record, now time.Time) {
	if root == nil {
		if r.Root != 0 {
			r.Root = 0
			for _, w := range r.watches {
				w.distrust()
				m.changes.watch(&w.Watch)
			}
		}
		return
	}
	r.root = root
	root.below = append(root.below, r)
	root.Below = len(root.below)
	if r.Root != root.ID {
		r.Root = root.ID
		m.note(r, now, "suppressed", "explained by "+root.Subject.Label(), "")
	}
}

// topological returns the integrations so that each comes after those it depends on.
func (m *board) topological() []*node {
	left := map[*node]int{}
	var order []*node
	for _, i := range m.config.Integrations {
		n := m.nodes[i.Name]
		if _, known := left[n]; known {
			continue
		}
		if left[n] = len(n.parents); left[n] == 0 {
			order = append(order, n)
		}
	}
	for k := 0; k < len(order); k++ {
		for _, c := range order[k].children {
			if left[c]--; left[c] == 0 {
				order = append(order, c)
			}
		}
	}
	return order
}

// readdress connects deliveries with notifiers of the same name that were added again.
func (m *incidents) readdress() {
	for _, r := range m.records {
		for _, d := range r.deliveries {
			if n := m.byName[d.Notifier]; n != nil && n != d.to {
				d.to, d.sending, d.active = n, false, false
				if d.Dead {
					n.dead++
				}
			}
		}
	}
}

// reviveAll starts the departure of a notifier that is gone, and sends what was given up
// for one whose settings changed.
func (m *incidents) reviveAll(n *recipient, now time.Time) {
	n.touch(long)
	if n.gone && n.leaving.IsZero() {
		n.leaving = now.Add(maxLeaving)
		m.lapse = earliest(m.lapse, n.leaving)
		for _, d := range n.active {
			if !d.maybe() {
				m.complete(d)
			}
		}
		return
	}
	if n.changed {
		n.changed = false
		m.retry(n, now)
		m.works(n, now)
	}
}

// leave drops notifiers that were removed, once their resolves are sent or a minute has
// passed.
func (m *outbox) leave(now time.Time) {
	m.sweepAt(now)
	m.recipients = slices.DeleteFunc(m.recipients, func(n *recipient) bool {
		if n.leaving.IsZero() {
			return false
		}
		rest := slices.ContainsFunc(n.active, func(d *delivery) bool { return !d.Done })
		if rest && n.leaving.After(now) {
			m.lapse = earliest(m.lapse, n.leaving)
			return false
		}
		if n.storm != nil {
			m.endStorm(n.storm, now)
		}
		for _, d := range n.active {
			d.setDead(false)
			m.complete(d)
		}
		delete(m.byName, n.Name)
		return true
	})
}

// Leaving returns the notifiers that are gone from the configuration, but still have to
// be sent resolves.
func (m *Machine) Leaving() []string {
	var names []string
	for _, n := range m.recipients {
		if n.gone {
			names = append(names, n.Name)
		}
	}
	return names
}
