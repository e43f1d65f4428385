package advise

import (
	"slices"

	"modernc.org/sqlite/vtab"
)

// query is a statement with the schema of the tables that it names.
type query struct {
	statement
	schema  *schema
	aliases map[string]*table // by their names in the statement, in lower case
	tables  []*table          // in the order they are named
	views   []statement       // the text of the views it reads
	limited bool              // it has a LIMIT
	uses    []*use
	hints   hints
	rows    func(*table) string // " (about 1,000 rows)"
}

func newQuery(s statement, schema *schema) *query {
	q := &query{statement: s, schema: schema, aliases: map[string]*table{}}
	q.limited = s.find("limit") >= 0
	q.name(s.tokens)
	for i := 0; i < len(q.views); i++ { // views may be nested
		q.name(q.views[i].tokens)
	}
	return q
}

// name records the tables that tokens read and their aliases.
func (q *query) name(tokens []token) {
	for i, t := range tokens {
		if !t.name() || i == 0 || !tokens[i-1].in("from", "join", ",", "(", "update", "into", ".", "ignore", "replace", "abort", "fail", "rollback") {
			continue
		}
		if v, ok := q.schema.views[t.s]; ok && !slices.ContainsFunc(q.views, func(s statement) bool { return s.sql == v.sql }) {
			q.views = append(q.views, v)
		}
		named := q.schema.tables[t.s]
		if named == nil {
			continue
		}
		if !slices.Contains(q.tables, named) {
			q.tables = append(q.tables, named)
		}
		q.alias(t.s, named)
		i++
		if i < len(tokens) && tokens[i].is("as") {
			i++
		}
		if i < len(tokens) && tokens[i].name() && !(tokens[i].kind == word && reserved[tokens[i].s]) {
			q.alias(tokens[i].s, named)
		}
	}
}

func (q *query) alias(name string, t *table) {
	if q.aliases[name] == nil {
		q.aliases[name] = t
	}
}

// conditional reports whether the statement selects some rows only.
func (q *query) conditional() bool {
	return slices.ContainsFunc(append([]statement{q.statement}, q.views...), func(s statement) bool {
		return slices.ContainsFunc(s.tokens, func(t token) bool { return t.in("where", "on", "using", "having", "natural") })
	})
}

// column resolves a column name in the statement.
func (q *query) column(qualifier, name string) (*table, *column) {
	if qualifier != "" {
		if t := q.aliases[qualifier]; t != nil {
			return t, t.column(name)
		}
		return nil, nil
	}
	for _, t := range q.tables {
		if c := t.column(name); c != nil {
			return t, c
		}
	}
	return nil, nil
}

// servable reports whether an index can support a comparison.
func servable(op vtab.ConstraintOp) bool { return equality(op) || ranging(op) }

func equality(op vtab.ConstraintOp) bool {
	return op == vtab.OpEQ || op == vtab.OpIS || op == vtab.OpISNULL
}

// matching reports whether an index can support a pattern that does not begin
// with a wildcard.
func matching(op vtab.ConstraintOp) bool { return op == vtab.OpLIKE || op == vtab.OpGLOB }

func ranging(op vtab.ConstraintOp) bool {
	return op == vtab.OpGT || op == vtab.OpGE || op == vtab.OpLT || op == vtab.OpLE
}

// filtered reports whether the statement selects only some rows of t in a way
// that an index could support. In an inner loop, the values of outer tables are
// known.
func (q *query) filtered(t *table, inner bool) bool {
	for _, u := range q.uses {
		for _, c := range u.constraints {
			if u.table == t && servable(c.op) && (inner || c.alone) {
				return true
			}
		}
	}
	return slices.ContainsFunc(q.hints.expressions, func(e expression) bool { return e.table == t && !e.order })
}

// leading returns an index of t that begins with c, or nil.
func leading(t *table, c *column) *index {
	for _, x := range t.indexes {
		if len(x.terms) > 0 && x.terms[0].column == c {
			return x
		}
	}
	return nil
}

// reference parses a column name, qualified or not, at token i. n is the number
// of tokens, 0 if there is no column.
func (q *query) reference(tokens []token, i int) (t *table, c *column, n int) {
	if i < 0 || i >= len(tokens) || !tokens[i].name() || tokens[i].kind == word && reserved[tokens[i].s] {
		return nil, nil, 0
	}
	if i > 0 && tokens[i-1].is(".") {
		return nil, nil, 0
	}
	if i+2 < len(tokens) && tokens[i+1].is(".") && tokens[i+2].name() {
		if t, c = q.column(tokens[i].s, tokens[i+2].s); c != nil {
			return t, c, 3
		}
		return nil, nil, 0
	}
	if i+1 < len(tokens) && tokens[i+1].in("(", ".") {
		return nil, nil, 0
	}
	if t, c = q.column("", tokens[i].s); c != nil {
		return t, c, 1
	}
	return nil, nil, 0
}

// referenceBefore parses the column name that ends before token i.
func (q *query) referenceBefore(tokens []token, i int) (*table, *column) {
	for _, n := range []int{3, 1} {
		if t, c, length := q.reference(tokens, i-n); length == n {
			return t, c
		}
	}
	return nil, nil
}
