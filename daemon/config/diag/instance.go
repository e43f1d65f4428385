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
	m := merger{block: block, total: total}
	c.errs = m.merge(c.errs, c.before[0])
	c.warnings = m.merge(c.warnings, c.before[1])
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
	code   Code
	origin Place
	detail string // without the name of the instance; "" if the problem is in a value of its own
}

func (p *Problem) alike() alike {
	if p.moved {
		return alike{code: p.code, origin: p.origin}
	}
	return alike{p.code, p.origin, strings.ReplaceAll(p.detail, p.of, "")}
}

// merger merges the problems of the instances of a block.
type merger struct {
	block string
	total int
}

// merge merges the problems from an index on.
func (m merger) merge(all []Problem, from int) []Problem {
	groups := map[alike][]*Problem{}
	for i := range all[from:] {
		p := &all[from+i]
		groups[p.alike()] = append(groups[p.alike()], p)
	}
	out := all[:from:from]
	for i := range all[from:] {
		p := &all[from+i]
		switch g := groups[p.alike()]; {
		case p.moved && (instances(g) < m.total || m.total < minAlike):
			out = append(out, p.named())
		case g[0] == p:
			out = append(out, m.common(g))
		}
	}
	return out
}

// instances counts the instances that have one of the problems.
func instances(g []*Problem) int {
	n, last := 0, ""
	for _, p := range g {
		if p.of != last {
			n, last = n+1, p.of
		}
	}
	return n
}

// named returns a problem with the name of its instance.
func (p Problem) named() Problem {
	p.detail = fmt.Sprintf("%s (%s): %s", Clip(p.of), p.origin, p.detail)
	return p
}

// common returns a problem that several instances have, at its place in the
// block.
func (m merger) common(g []*Problem) Problem {
	p := *g[0]
	p.at = p.origin
	if p.moved {
		p.edits = nil
	}
	switch n := instances(g); {
	case n < m.total:
		p.detail += fmt.Sprintf(" %d of the %d instances of %s have this problem, such as %s.", n, m.total, Clip(m.block), Clip(p.of))
	case p.moved || p.detail != g[len(g)-1].detail:
		p.detail += fmt.Sprintf(" All %d instances of %s have this problem; this is about %s.", m.total, Clip(m.block), Clip(p.of))
	}
	return p
}
