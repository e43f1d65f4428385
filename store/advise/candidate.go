package advise

import (
	"slices"

	"modernc.org/sqlite/vtab"
)

const (
	maxCandidates = 32
	maxTerms      = 4
	rare          = 0.2 // of the rows: what a partial index is worth it for
)

// candidate is an index that may help.
type candidate struct {
	table *table
	terms []term
	where *condition // of a partial index
}

func (c candidate) sql(name string) string {
	where := ""
	if c.where != nil {
		where = c.where.text
	}
	return createIndex(name, c.table, c.terms, where)
}

// candidates are collected without repetition, best guesses first.
type candidates struct {
	list []candidate
	seen map[string]bool
}

func (cs *candidates) add(c candidate) {
	c.terms = slices.Clip(c.terms)
	if len(c.terms) == 0 || len(c.terms) > maxTerms || len(cs.list) == maxCandidates {
		return
	}
	if cs.seen == nil {
		cs.seen = map[string]bool{}
	}
	if key := c.sql("x"); !cs.seen[key] {
		cs.seen[key] = true
		cs.list = append(cs.list, c)
	}
}

// candidates of the places where q uses the tables that bad holds.
func (q *query) candidates(bad func(*table) bool, samples map[*table]*sample) []candidate {
	var plain candidates
	for _, u := range q.uses {
		if !u.table.virtual && bad(u.table) {
			u.candidates(&plain, q.hints)
		}
	}
	var all candidates
	for _, c := range plain.list {
		for _, v := range append(q.collated(c), c) {
			for _, k := range q.hints.conditions {
				if f, ok := fractionOf(samples, k); ok && f <= rare {
					q.partial(&all, v, k)
				}
			}
			all.add(v)
		}
	}
	return all.list
}

func fractionOf(samples map[*table]*sample, k condition) (float64, bool) {
	s := samples[k.table]
	if s == nil {
		return 1, false
	}
	return s.fraction(k.text)
}

// candidates begin with what is compared for equality, whose values lie side
// by side in the index; then comes the order, or one range: behind a range
// nothing is in order.
func (u *use) candidates(cs *candidates, h hints) {
	for _, alone := range []bool{false, true} { // with the values of other tables, and without
		equal, ranges, byRowid := u.split(alone)
		if byRowid {
			continue
		}
		sorted := u.sorted(equal)
		add := func(parts ...[]term) { cs.add(candidate{table: u.table, terms: slices.Concat(parts...)}) }
		add(equal, sorted)
		for _, r := range ranges {
			add(equal, []term{r})
		}
		for _, e := range h.expressions {
			if e.table != u.table {
				continue
			}
			x := []term{{expression: e.text}}
			if e.order {
				add(equal, x)
				continue
			}
			add(x, sorted)
			add(x)
			add(equal, x)
		}
		add(equal)
		for _, e := range equal {
			one := []term{e}
			add(one, u.sorted(one))
			for _, r := range ranges {
				add(one, []term{r})
			}
			add(one)
		}
		add(u.sorted(nil))
		for _, r := range ranges {
			add([]term{r})
		}
	}
}

// split sorts out the constraints that an index can serve. byRowid: the table
// itself is ordered by what is compared.
func (u *use) split(alone bool) (equal, ranges []term, byRowid bool) {
	add := func(list []term, c *column) []term {
		if !slices.Contains(list, term{column: c}) {
			list = append(list, term{column: c})
		}
		return list
	}
	for _, c := range u.constraints {
		switch {
		case alone && !c.alone || !servable(c.op):
		case c.column == nil:
			byRowid = byRowid || equality(c.op)
		case equality(c.op):
			equal = add(equal, c.column)
		default:
			ranges = add(ranges, c.column)
		}
	}
	return equal, ranges, byRowid
}

// sorted is the order as index terms, without what has one value anyway. An
// index is read in both directions, so that only terms against the grain are
// descending; the rowid, which every index ends with, ascends.
func (u *use) sorted(equal []term) []term {
	grain := len(u.order) > 0 && u.order[0].desc
	end := slices.IndexFunc(u.order, func(o order) bool { return o.column == nil })
	if end < 0 {
		end = len(u.order)
	} else {
		grain = u.order[end].desc
	}
	var terms []term
	for _, o := range u.order[:end] {
		if !slices.Contains(equal, term{column: o.column}) {
			terms = append(terms, term{column: o.column, desc: o.desc != grain})
		}
	}
	return terms
}

// collated are versions of c that are kept by the collation that the statement
// compares by.
func (q *query) collated(c candidate) []candidate {
	var versions []candidate
	for i, t := range c.terms {
		if t.column == nil {
			continue
		}
		by := q.hints.collations[t.column]
		if by == "" {
			by = q.pattern(t.column)
		}
		if by != "" && by != t.column.collation {
			v := candidate{table: c.table, terms: slices.Clone(c.terms)}
			v.terms[i].collation = by
			versions = append(versions, v)
		}
	}
	return versions
}

// pattern is the collation that LIKE and GLOB compare by.
func (q *query) pattern(c *column) string {
	for _, u := range q.uses {
		for _, k := range u.constraints {
			if k.column == c && k.op == vtab.OpLIKE {
				return "NOCASE"
			}
			if k.column == c && k.op == vtab.OpGLOB {
				return "BINARY"
			}
		}
	}
	return ""
}

// partial are versions of c that hold only the rows that meet k.
func (q *query) partial(cs *candidates, c candidate, k condition) {
	if k.table != c.table {
		return
	}
	has := func(t term) bool { return t.column == k.column }
	if k.equal && !slices.ContainsFunc(c.terms, has) {
		return
	}
	terms := c.terms
	if k.equal && len(terms) > 1 { // it has one value there
		terms = slices.DeleteFunc(slices.Clone(terms), has)
	}
	cs.add(candidate{table: c.table, terms: terms, where: &k})
}
