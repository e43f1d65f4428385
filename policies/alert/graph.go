package alert

import (
	"slices"
	"time"

	"vega/policies/check"
)

// node is an integration and its place among the dependencies.
type node struct {
	Integration
	rules    []*rule
	watches  []*watch // one for each of rules, or nil; empty if all are nil
	active   int      // watches that are not nil
	figures  []*watch // on metrics that it reports
	parents  []*node  // that it depends on; without those that would close a cycle
	children []*node
	windows  []*Window

	looked       time.Time    // when the last run began
	status       check.Status // of the last run
	good         *check.Run   // the last healthy run
	asked        time.Time    // when it was last wanted as an ancestor
	wanted       bool
	healthyIsBad bool      // for an alert
	explain      bool      // an alert is on its status unhealthy
	down         *record   // the open incident that explains those of its children
	root         *record   // the incident of an ancestor that explains its own
	waiting      []*record // incidents that are held until it is evaluated
	visited      int       // number of the last walk that came here
}

// link connects integrations with those they depend on. A dependency that would close a
// cycle, or that does not exist, is left out.
func link(nodes map[string]*node, order []*node) {
	const (
		open = 1
		done = 2
	)
	state := map[*node]int{}
	var visit func(n *node)
	visit = func(n *node) {
		state[n] = open
		for _, name := range n.DependsOn {
			p := nodes[name]
			if p == nil || state[p] == open || slices.Contains(n.parents, p) {
				continue
			}
			if state[p] == 0 {
				visit(p)
			}
			n.parents = append(n.parents, p)
			p.children = append(p.children, n)
		}
		state[n] = done
	}
	for _, n := range order {
		if state[n] == 0 {
			visit(n)
		}
	}
}

// explained returns the topmost open incident of an ancestor that explains the state
// of n, or nil.
func (n *node) explained() *record {
	for _, p := range n.parents {
		if p.root != nil && p.root.node.down == p.root {
			return p.root
		}
		if p.down != nil {
			return p.down
		}
	}
	return nil
}

// setDown sets the incident with which n explains those below it, and applies that to
// all of them.
func (m *incidents) setDown(n *node, r *record, at time.Time) {
	if n.down == r {
		return
	}
	before := n.explains()
	n.down = r
	n.rerootFigures(m, before, at)
	work := slices.Clone(n.children)
	for len(work) > 0 {
		c := work[0]
		work = work[1:]
		root := c.explained()
		if root == c.root {
			continue
		}
		before, figures := c.root, c.explains()
		c.root = root
		m.reroot(c, before, at)
		c.rerootFigures(m, figures, at)
		work = append(work, c.children...)
	}
}

// reroot applies a change of the incident that explains n. What was seen while the
// former one was open does not count.
func (m *incidents) reroot(n *node, before *record, at time.Time) {
	if before != nil {
		for _, w := range n.watches {
			if w != nil && !w.Distrust {
				w.distrust()
				m.changes.watch(&w.Watch)
			}
		}
	}
	if r := m.current[n.subject()]; r != nil {
		m.attach(r, n.root, at)
	}
}

// distrust discards the evaluations that speak for a notification.
func (w *watch) distrust() {
	w.Distrust = true
	if w.Phase != "recovering" {
		w.Streak, w.Observed = 0, 0
	}
}

// doubtful returns an ancestor of n that may explain its state but is not confirmed: it
// is pending, or it was not evaluated since a time. An unknown one is not doubtful.
func (m *board) doubtful(n *node, since time.Time) *node {
	var found *node
	m.ancestors(n, func(p *node) bool {
		if p.inDoubt(since) {
			found = p
		}
		return found == nil
	})
	return found
}

func (n *node) inDoubt(since time.Time) bool {
	if !n.explain || n.status == check.Unknown || n.down != nil {
		return false
	}
	return n.looked.Before(since) || n.isPending()
}

func (n *node) isPending() bool {
	if n.active == 0 {
		return false
	}
	for _, w := range n.watches {
		if w != nil && w.Phase == "pending" && w.rule.has(check.Unhealthy) {
			return true
		}
	}
	return false
}

// ancestors calls f with each integration that n depends on, directly or indirectly,
// until f returns false.
func (m *board) ancestors(n *node, f func(*node) bool) {
	m.walk(n, func(n *node) []*node { return n.parents }, f)
}

// walk visits everything that is reached from n by next, without n, each once.
func (m *board) walk(n *node, next func(*node) []*node, f func(*node) bool) {
	if len(next(n)) == 0 {
		return
	}
	m.walks++
	n.visited = m.walks
	work := slices.Clone(next(n))
	for len(work) > 0 {
		p := work[len(work)-1]
		work = work[:len(work)-1]
		if p.visited == m.walks {
			continue
		}
		p.visited = m.walks
		if !f(p) {
			return
		}
		work = append(work, next(p)...)
	}
}

// askEvery is how often an ancestor is asked to run because of those below it.
const askEvery = 10 * time.Second

// ask notes that n, which is pending, should run again soon, and its ancestors that are
// in doubt too.
func (m *incidents) ask(n *node, since, at time.Time) {
	if !n.wanted {
		n.wanted = true
		m.pendings = append(m.pendings, n)
	}
	if n.root == nil {
		m.askAncestors(n, since, at)
	}
}

// askAncestors notes that the ancestors of n that are in doubt should run now, unless
// they were asked to shortly before.
func (m *board) askAncestors(n *node, since, at time.Time) {
	m.ancestors(n, func(p *node) bool {
		passed := at.Sub(p.asked)
		if p.Enabled && p.inDoubt(since) && (passed >= askEvery || passed < 0) {
			p.asked = at
			m.askedFor = append(m.askedFor, p)
		}
		return true
	})
}

// Wanted returns integrations that should run again soon, and forgets them: those that are
// pending, and the ancestors that are in doubt. Call it after Run and after Next.
func (m *Machine) Wanted() (pending, ancestors []string) {
	for _, n := range m.pendings {
		n.wanted = false
		pending = append(pending, n.Name)
	}
	for _, n := range m.askedFor {
		ancestors = append(ancestors, n.Name)
	}
	m.pendings, m.askedFor = nil, nil
	return pending, ancestors
}

// below returns names of integrations that depend on n, in order; at most
// incident.MaxNames, of the first maxWalk that are found.
func (m *board) below(n *node, limit int) []string {
	const maxWalk = 5000
	var names []string
	m.walk(n, func(n *node) []*node { return n.children }, func(c *node) bool {
		names = append(names, c.Name)
		return len(names) < maxWalk
	})
	slices.Sort(names)
	return names[:min(len(names), limit)]
}
