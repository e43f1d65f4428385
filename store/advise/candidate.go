package advise

import (
	"slices"
	"strings"

	"modernc.org/sqlite/vtab"
)

const (
	maxCandidates = 32
	maxTerms      = 4
	rare          = 0.2 // fraction of the rows up to which a partial index is worth it
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

// candidates holds distinct candidates, best guesses first.
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

// candidates collects the candidates from all uses of the tables for which bad
// returns true.
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
				if f, ok := fractionOf(samples, k); ok && f <= rare && (!k.equal || flag(samples, k)) {
					q.partial(&all, v, k)
				}
			}
			all.add(v)
		}
	}
	for _, k := range q.hints.conditions {
		if f, ok := fractionOf(samples, k); ok && f <= rare && !k.equal && bad(k.table) {
			all.add(candidate{table: k.table, terms: []term{{column: k.column}}, where: &k})
		}
	}
	return all.list
}

// flag reports whether a condition is IS NULL, or on a column with few values:
// a literal in another one is data, and the next statement has another one.
func flag(samples map[*table]*sample, k condition) bool {
	distinct := samples[k.table].of(term{column: k.column}).distinct
	return strings.HasSuffix(k.text, "NULL") || distinct > 0 && distinct <= 3
}

func fractionOf(samples map[*table]*sample, k condition) (float64, bool) {
	s := samples[k.table]
	if s == nil {
		return 1, false
	}
	return s.fraction(k.text)
}

// candidates adds indexes that begin with the columns compared for equality,
// followed by the order or by one range. After a range, an index is no longer
// sorted by the next column.
func (u *use) candidates(cs *candidates, h hints) {
	for _, alone := range []bool{false, true} { // with and without the values of other tables
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
			if e.table != u.table || e.text == "" {
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
		for _, c := range h.extremes[u.table] {
			add(equal, []term{{column: c}})
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
		add(u.sorted(nil), equal)
		for _, r := range ranges {
			add([]term{r})
		}
	}
}

// split returns the constraints that an index can support. byRowid is set if
// the table's own order supports one.
func (u *use) split(alone bool) (equal, ranges []term, byRowid bool) {
	add := func(list []term, c *column) []term {
		if !slices.Contains(list, term{column: c}) {
			list = append(list, term{column: c})
		}
		return list
	}
	for _, c := range u.constraints {
		switch {
		case alone && !c.alone || !servable(c.op) && !matching(c.op):
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

// sorted returns the order as terms of an index, without columns that have a
// single value. An index can be read in both directions, so only terms against
// the main direction are descending. The rowid, which ends every index,
// ascends.
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

// collated returns variants of c with the collation that the statement compares
// with.
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

// pattern returns the collation with which LIKE and GLOB compare.
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

// partial adds variants of c that contain only the rows that meet k.
func (q *query) partial(cs *candidates, c candidate, k condition) {
	if k.table != c.table {
		return
	}
	has := func(t term) bool { return t.column == k.column }
	if k.equal && !slices.ContainsFunc(c.terms, has) {
		return
	}
	terms := c.terms
	if k.equal && len(terms) > 1 { // it has a single value there
		terms = slices.DeleteFunc(slices.Clone(terms), has)
	}
	cs.add(candidate{table: c.table, terms: terms, where: &k})
}
