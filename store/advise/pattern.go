package advise

import (
	"fmt"
	"slices"
	"strings"
)

// hints are what the text of a statement shows besides the constraints that the
// planner offers.
type hints struct {
	expressions []expression
	conditions  []condition
	extremes    map[*table][]*column // in min() and max()
	collations  map[*column]string   // compared with, if not the column's own
}

// expression is a function of columns that the statement compares or sorts by.
type expression struct {
	table *table
	text  string // "" if it contains a parameter
	equal bool   // compared for equality
	order bool   // sorted or grouped by
}

// condition compares a column with a constant that is no data: NULL, or 0 and 1
// in a column that has few other values.
type condition struct {
	table  *table
	column *column
	text   string
	equal  bool // false: IS NOT NULL
}

// functionless lists the words other than functions that precede a parenthesis.
var functionless = set("by cast glob like match over filter recursive regexp escape offset any some with materialized")

var comparators = []string{"=", "==", "<", ">", "<=", ">=", "is", "in", "between"}

// read collects the hints, and the problems that an index cannot solve.
func (q *query) read() []problem {
	q.hints.collations, q.hints.extremes = map[*column]string{}, map[*table][]*column{}
	var problems []problem
	for _, s := range append([]statement{q.statement}, q.views...) {
		for i := range s.tokens {
			for _, look := range []func(statement, int) string{q.wildcard, q.collate, q.function, q.path, q.extreme, q.constant, q.mismatch} {
				if text := look(s, i); text != "" {
					problems = append(problems, problem{text: text})
				}
			}
		}
	}
	return problems
}

// wildcard finds LIKE '%…' with a literal pattern.
func (q *query) wildcard(s statement, i int) string {
	tokens := s.tokens
	if !tokens[i].in("like", "glob") || i+1 >= len(tokens) || tokens[i+1].kind != text {
		return ""
	}
	wild := "%_"
	if tokens[i].is("glob") {
		wild = "*?["
	}
	if p := tokens[i+1].s; p[0] != '\'' || strings.IndexByte(wild, p[1]) < 0 {
		return ""
	}
	on := ""
	if tokens[i-1].is("not") {
		i--
	}
	if t, c := q.referenceBefore(tokens, i); c != nil {
		on = " on " + t.name + "." + c.name
	}
	return "a pattern" + on + " that begins with a wildcard: no index supports it, but a full-text table (FTS5) does"
}

// collate finds x COLLATE name, which needs an index with that collation.
func (q *query) collate(s statement, i int) string {
	tokens := s.tokens
	if !tokens[i].is("collate") || i+1 >= len(tokens) || !tokens[i+1].name() {
		return ""
	}
	t, c := q.referenceBefore(tokens, i)
	if c == nil && i >= 3 && tokens[i-2].in(comparators...) { // column = value COLLATE name
		t, c = q.referenceBefore(tokens, i-2)
	}
	by := strings.ToUpper(tokens[i+1].s)
	if c == nil || by == c.collation {
		return ""
	}
	q.hints.collations[c] = by
	if x := leading(t, c); x != nil && x.terms[0].collation != by {
		return fmt.Sprintf("%s.%s is compared with collation %s, but index %s has collation %s", t.name, c.name, by, x.name, c.collation)
	}
	return ""
}

// function finds a function of columns that the statement compares or sorts by.
func (q *query) function(s statement, i int) string {
	tokens := s.tokens
	if tokens[i].kind != word || reserved[tokens[i].s] || functionless[tokens[i].s] || i+1 >= len(tokens) || !tokens[i+1].is("(") {
		return ""
	}
	end := closingParenthesis(tokens, i+1)
	if end < 0 {
		return ""
	}
	e := expression{}
	before, after := token{}, token{}
	if i > 0 {
		before = tokens[i-1]
	}
	if end+1 < len(tokens) {
		after = tokens[end+1]
	}
	switch {
	case after.in("=", "==", "is", "in") || before.in("=", "==", "is"):
		e.equal = true
	case before.is("by"):
		e.order = true
	case !after.in(comparators...) && !before.in(comparators...):
		return ""
	}
	columns := q.inside(s, i, end, &e)
	if len(columns) == 0 {
		if t := q.parameterized(s, i, end); t != nil && !e.order {
			q.hints.expressions = append(q.hints.expressions, expression{table: t})
			return variable(s, i, end)
		}
		return ""
	}
	q.hints.expressions = append(q.hints.expressions, e)
	if x := leading(e.table, columns[0]); x != nil && !e.order && !e.indexed() {
		return fmt.Sprintf("comparing %s instead of %s prevents the use of index %s: compare the column itself, or index the expression", e.text, columns[0].name, x.name)
	}
	return ""
}

// variable names an expression, tokens i to end, that an index cannot contain
// because of a parameter. In a statement of the profiler's, that was a constant.
func variable(s statement, i, end int) string {
	call := s.tokens[i : end+1]
	if !slices.ContainsFunc(call, func(t token) bool { return t.kind == param }) || slices.ContainsFunc(call, func(t token) bool { return t.is("select") }) {
		return ""
	}
	text := strings.Join(strings.Fields(s.sql[s.tokens[i].start:s.tokens[end].end]), " ")
	return "an index supports " + text + " only if the statement and the index have the same constant in place of the parameter"
}

// indexed reports whether an index begins with the expression.
func (e expression) indexed() bool {
	plain := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, " ", "")) }
	return slices.ContainsFunc(e.table.indexes, func(x *index) bool {
		return len(x.terms) > 0 && x.terms[0].column == nil && plain(x.terms[0].expression) == plain(e.text)
	})
}

// path finds column -> 'path' and column ->> 'path' that are compared.
func (q *query) path(s statement, i int) string {
	tokens := s.tokens
	if !tokens[i].in("->", "->>") || i+2 >= len(tokens) || !tokens[i+2].in(comparators...) {
		return ""
	}
	t, c := q.referenceBefore(tokens, i)
	if c == nil {
		return ""
	}
	e := expression{table: t, equal: tokens[i+2].in("=", "==", "is", "in")}
	if tokens[i+1].constant() {
		e.text = identifier(c.name) + " " + tokens[i].s + " " + tokens[i+1].s
	}
	q.hints.expressions = append(q.hints.expressions, e)
	return ""
}

// extreme finds min(column) and max(column).
func (q *query) extreme(s statement, i int) string {
	if s.tokens[i].in("min", "max") && i+1 < len(s.tokens) && s.tokens[i+1].is("(") {
		if t, c, n := q.reference(s.tokens, i+2); n > 0 && i+2+n < len(s.tokens) && s.tokens[i+2+n].is(")") {
			q.hints.extremes[t] = append(q.hints.extremes[t], c)
		}
	}
	return ""
}

// inside writes tokens i to end without qualifiers and returns the columns in
// them. It returns none unless all are of one table and everything else is
// constant.
func (q *query) inside(s statement, i, end int, e *expression) []*column {
	var columns []*column
	var b strings.Builder
	for ; i <= end; i++ {
		t := s.tokens[i]
		call := i < end && s.tokens[i+1].is("(")
		of, c, n := q.reference(s.tokens, i)
		switch {
		case t.kind == param || t.in("select", ";"):
			return nil
		case n > 0 && (e.table == nil || e.table == of):
			e.table = of
			columns = append(columns, c)
			b.WriteString(identifier(c.name))
			i += n - 1
			continue
		case t.name() && !call:
			return nil
		}
		b.WriteString(s.sql[t.start:t.end])
		if t.is(",") {
			b.WriteByte(' ')
		}
	}
	e.text = b.String()
	return columns
}

// parameterized returns the table of a column in a call that also has a
// parameter, such as the path of json_extract. An index needs the path itself.
func (q *query) parameterized(s statement, i, end int) *table {
	for ; i <= end; i++ {
		if t, _, n := q.reference(s.tokens, i); n > 0 {
			return t
		}
	}
	return nil
}

// closingParenthesis returns the end of the parenthesis at token i, or -1.
func closingParenthesis(tokens []token, i int) int {
	n := slices.IndexFunc(tokens[i+1:], func(t token) bool { return t.depth == tokens[i].depth && t.is(")") })
	if n < 0 {
		return -1
	}
	return i + 1 + n
}

// constant finds column = constant, and column IS [NOT] NULL.
func (q *query) constant(s statement, i int) string {
	tokens := s.tokens
	if !tokens[i].in("=", "==", "is") || i+1 >= len(tokens) {
		return ""
	}
	t, c := q.referenceBefore(tokens, i)
	if c == nil {
		return ""
	}
	j := i + 1
	equal := true
	if tokens[i].is("is") && tokens[j].is("not") {
		j, equal = j+1, false
	}
	if j >= len(tokens) || !(tokens[j].kind == number && (tokens[j].s == "0" || tokens[j].s == "1")) && !(tokens[i].is("is") && tokens[j].is("null")) || !equal && !tokens[j].is("null") {
		return ""
	}
	if j+1 < len(tokens) && tokens[j+1].kind == operator && !tokens[j+1].in(")", ",") || j+1 < len(tokens) && tokens[j+1].is("collate") {
		return ""
	}
	text := identifier(c.name) + " " + strings.ToUpper(s.sql[tokens[i].start:tokens[i].end]) + " " + s.sql[tokens[i+1].start:tokens[j].end]
	if !slices.ContainsFunc(q.hints.conditions, func(k condition) bool { return k.column == c && k.text == text }) {
		q.hints.conditions = append(q.hints.conditions, condition{t, c, text, equal})
	}
	return ""
}

// mismatch finds comparisons of columns with different affinities or
// collations.
func (q *query) mismatch(s statement, i int) string {
	if !s.tokens[i].in("=", "==") {
		return ""
	}
	t1, c1 := q.referenceBefore(s.tokens, i)
	t2, c2, n := q.reference(s.tokens, i+1)
	if c1 == nil || n == 0 || c1 == c2 {
		return ""
	}
	numeric := func(c *column) bool { return c.affinity != "TEXT" && c.affinity != "BLOB" }
	if c1.affinity == "TEXT" && numeric(c2) || c2.affinity == "TEXT" && numeric(c1) {
		if c1.affinity != "TEXT" {
			t1, c1, t2, c2 = t2, c2, t1, c1
		}
		return fmt.Sprintf("%s.%s is TEXT and %s.%s is %s: they are compared as numbers, which no index on %[2]s supports",
			t1.name, c1.name, t2.name, c2.name, c2.affinity)
	}
	if c1.collation != c2.collation && c1.affinity == "TEXT" && c2.affinity == "TEXT" {
		return fmt.Sprintf("%s.%s is %s and %s.%s is %s: they are compared with collation %[3]s, which no default index on %[5]s supports",
			t1.name, c1.name, c1.collation, t2.name, c2.name, c2.collation)
	}
	return ""
}
