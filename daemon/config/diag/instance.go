package diag

import (
	"fmt"
	"strings"
)

// Instance is one of several instances of a block. While one is judged, a
// problem with a value that differs between them is reported at the place of
// that value.
type Instance struct {
	Name   string
	Within Place // of all values that only this instance has
	Block  Place // of the block
	// Filled has, for each template in the block, the place of a value that it
	// was filled with. From has, for each such value, where it is used.
	Filled, From map[Place]Place
}

// minAlike is from how many instances on a problem that all of them have is
// reported once, in the block: it is most likely a mistake there.
const minAlike = 4

// Enter begins an instance. Leave ends it and those before.
func (c *Collector) Enter(i *Instance) {
	if c.instance == nil {
		c.before = [2]int{len(c.errs), len(c.warnings)}
		c.tallies = map[alike]*tally{}
	}
	c.instance = i
}

// Leave ends the instances of a block, of which there were total. It merges the
// problems that several of them have.
func (c *Collector) Leave(block string, total int) {
	if c.instance == nil {
		return
	}
	c.instance = nil
	m := merger{block: block, total: total, tallies: c.tallies}
	c.errs = m.merge(c.errs, c.before[0])
	c.warnings = m.merge(c.warnings, c.before[1])
	for of, t := range c.tallies {
		if of.moved && !m.everywhere(t) {
			c.drop(of.severity, t.dropped)
		}
	}
	c.tallies = nil
}

// placed moves a problem of an instance to the value that caused it.
func (c *Collector) placed(p Problem) Problem {
	i := c.instance
	if i == nil {
		return p
	}
	p.of, p.origin = i.Name, p.at
	if to, ok := i.Filled[p.at]; ok {
		p.at, p.moved, p.unfixable = to, true, true
	} else if from, ok := i.From[p.at]; ok {
		p.origin, p.moved = from, true
	} else if p.at.within(i.Within) {
		p.origin, p.moved = i.Block, true
	}
	return p
}

func (p Place) within(o Place) bool {
	return p.Source == o.Source && p.Start >= o.Start && p.End <= o.End
}

// alike identifies problems that several instances have in common.
type alike struct {
	severity Severity
	code     Code
	origin   Place
	moved    bool
	detail   string // without the name of the instance; "" if the problem is in a value of its own
}

func (p *Problem) alike() alike {
	of := alike{severity: p.severity, code: p.code, origin: p.origin, moved: p.moved}
	if !p.moved {
		of.detail = strings.ReplaceAll(p.detail, p.of, "")
	}
	return of
}

// tally counts problems that are alike.
type tally struct {
	first     Problem
	last      string // the last instance that has one
	instances int
	kept      int
	dropped   int
	differ    bool // the details differ
}

// counted counts a problem of an instance. It returns false if there are enough
// of its kind already.
func (c *Collector) counted(p Problem) bool {
	of := p.alike()
	t := c.tallies[of]
	if t == nil {
		t = &tally{first: p}
		c.tallies[of] = t
	}
	if t.last != p.of {
		t.last, t.instances = p.of, t.instances+1
	}
	t.differ = t.differ || p.detail != t.first.detail
	if t.kept > MaxDiagnostics {
		t.dropped++
		return false
	}
	t.kept++
	return true
}

// merger merges the problems of the instances of a block.
type merger struct {
	block   string
	total   int
	tallies map[alike]*tally
}

// everywhere reports whether all instances have a problem, so that it is most
// likely in the block.
func (m merger) everywhere(t *tally) bool { return t.instances == m.total && m.total >= minAlike }

// merge merges the problems from an index on.
func (m merger) merge(all []Problem, from int) []Problem {
	out := all[:from:from]
	merged := map[*tally]bool{}
	for _, p := range all[from:] {
		switch t := m.tallies[p.alike()]; {
		case p.moved && !m.everywhere(t):
			out = append(out, p.named())
		case !merged[t]:
			merged[t] = true
			out = append(out, m.common(p, t))
		}
	}
	return out
}

// named returns a problem with the name of its instance.
func (p Problem) named() Problem {
	p.detail = fmt.Sprintf("%s (%s): %s", Clip(p.of), p.origin, p.detail)
	return p
}

// common returns a problem that several instances have, at its place in the
// block.
func (m merger) common(p Problem, t *tally) Problem {
	p.at = p.origin
	if p.moved {
		p.edits = nil
	}
	switch {
	case t.instances < m.total:
		p.detail += fmt.Sprintf(" %d of the %d instances of %s have this problem, such as %s.", t.instances, m.total, Clip(m.block), Clip(p.of))
	case p.moved || t.differ:
		p.detail += fmt.Sprintf(" All %d instances of %s have this problem; this is about %s.", m.total, Clip(m.block), Clip(p.of))
	}
	return p
}
