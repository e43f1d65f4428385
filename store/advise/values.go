package advise

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// witnesses is the number of rows whose values stand in for parameters.
const witnesses = 3

// operand is what a parameter is compared with: a column, or an expression of
// columns of one table.
type operand struct {
	table *table
	from  string // the table, with its alias
	sql   string
	op    string
	place int // among the values of a list
}

// forms returns the statement with values in place of its parameters: those of
// rows of the copy, so that it finds something. Each form has another row's, the
// last one those of a row with a rare value, because programs look for jobs that
// are ready more often than for those that are done. A statement without
// parameters has one form.
func (q *query) forms(t *trial) ([]string, error) {
	if q.params == 0 {
		return []string{q.plain}, nil
	}
	v := values{query: q, trial: t, rows: map[*table]rareRows{}, ranges: map[string]int{}}
	if err := v.look(); err != nil {
		return nil, err
	}
	var forms []string
	for v.n = range witnesses {
		form, err := v.form()
		if err != nil {
			return nil, err
		}
		forms = append(forms, form)
	}
	return forms, nil
}

// values chooses values for the parameters of a query.
type values struct {
	*query
	trial  *trial
	n      int // the form
	rows   map[*table]rareRows
	ranges map[string]int // by operand: 1 if something is greater than a parameter, 2 if less, 3 both
}

// rareRows are rows with a rare value.
type rareRows struct {
	n         int
	condition string
}

// look reads what all parameters are compared with.
func (v *values) look() error {
	for i, tk := range v.tokens {
		if tk.kind != param {
			continue
		}
		o, ok := v.comparedWith(i)
		if !ok || v.pageValue(i) != "" {
			continue
		}
		switch o.op {
		case ">", ">=":
			v.ranges[o.from+o.sql] |= 1
		case "<", "<=":
			v.ranges[o.from+o.sql] |= 2
		case "=", "==", "is", "in":
			if err := v.rare(o); err != nil {
				return err
			}
		}
	}
	return nil
}

// rare notes the condition of the rarest value of the operands of a table that
// have few values.
func (v *values) rare(o operand) error {
	found, err := v.trial.value(fmt.Sprintf("SELECT n || ' ' || quote(x) FROM (SELECT x, count(*) AS n, count(*) OVER () AS d FROM (SELECT %s AS x FROM %s NOT INDEXED) WHERE x IS NOT NULL GROUP BY x) WHERE d < %d ORDER BY n, x LIMIT 1",
		o.sql, o.from, v.trial.rows[o.table]/20))
	number, value, ok := strings.Cut(found, " ")
	if !ok {
		return err
	}
	n, err := strconv.Atoi(number)
	if known, ok := v.rows[o.table]; err == nil && (!ok || n < known.n) {
		v.rows[o.table] = rareRows{n, fmt.Sprintf("(%s) IS %s", o.sql, value)}
	}
	return err
}

func (v *values) form() (string, error) {
	known := map[string]string{} // by the parameter's name
	var b strings.Builder
	for i, tk := range v.tokens {
		if i > 0 && tk.start > v.tokens[i-1].end {
			b.WriteByte(' ')
		}
		if tk.kind != param {
			b.WriteString(v.sql[tk.start:tk.end])
			continue
		}
		value, ok := known[tk.s]
		if !ok || tk.s == "?" {
			var err error
			if value, err = v.value(i); err != nil {
				return "", err
			}
			known[tk.s] = value
		}
		b.WriteString(value)
	}
	return b.String(), nil
}

// value returns a literal for the parameter at token i, or several in place of
// IN (?), which stands for a list.
func (v *values) value(i int) (string, error) {
	if number := v.pageValue(i); number != "" {
		return number, nil
	}
	o, ok := v.comparedWith(i)
	if !ok || v.trial.rows[o.table] == 0 {
		return "NULL", nil
	}
	if o.op != "in" || !v.at(i-1).is("(") || !v.at(i+1).is(")") {
		return v.of(o)
	}
	var list []string
	for o.place = range 3 {
		value, err := v.of(o)
		if err != nil {
			return "", err
		}
		list = append(list, value)
	}
	return strings.Join(list, ", "), nil
}

// of returns the value of an operand in the form's row, or an end of its range.
func (v *values) of(o operand) (string, error) {
	rows := v.trial.rows[o.table]
	part, ranged := quantiles[o.op]
	if v.ranges[o.from+o.sql] == 3 {
		part = map[string][witnesses]int64{">": quantiles["between"], ">=": quantiles["between"], "<": quantiles["and"], "<=": quantiles["and"]}[o.op]
	}
	row := fmt.Sprintf("LIMIT 1 OFFSET %d", rows*int64((2*v.n+o.place)%7+1)/8)
	if rare, ok := v.rows[o.table]; ok && v.n == witnesses-1 {
		row = fmt.Sprintf("WHERE %s LIMIT 1 OFFSET %d", rare.condition, o.place%rare.n)
	}
	query := fmt.Sprintf("SELECT quote(%s) FROM %s NOT INDEXED %s", o.sql, o.from, row)
	switch {
	case ranged:
		query = fmt.Sprintf("SELECT quote(x) FROM (SELECT %s AS x FROM %s NOT INDEXED) WHERE x IS NOT NULL ORDER BY x LIMIT 1 OFFSET %d", o.sql, o.from, rows*part[v.n]/100)
	case matchers[o.op] != "":
		return v.pattern(o, row)
	}
	value, err := v.trial.value(query)
	if value == "" {
		value = "NULL"
	}
	return value, err
}

// matchers are the operators that compare with a pattern, and what stands for any
// text in it.
var matchers = map[string]string{"like": "%", "glob": "*"}

// pattern returns a pattern like those that programs search with: two beginnings
// of the value in the form's row, of which one matches a small part of the rows
// and one only a few, and an ending, which no index supports.
func (v *values) pattern(o operand, row string) (string, error) {
	text := o.sql
	if o.op == "like" {
		text = "lower(" + text + ")" // as LIKE compares
	}
	value, err := v.trial.value(fmt.Sprintf("SELECT %s FROM %s NOT INDEXED %s", text, o.from, row))
	if err != nil || value == "" {
		return "NULL", err
	}
	any := matchers[o.op]
	if v.n == witnesses-1 {
		_, first := utf8.DecodeRuneInString(value)
		return literal(any + value[first:]), nil
	}
	matching := []int64{v.trial.rows[o.table] / 20, few}[v.n]
	length, err := v.trial.distinctive(fmt.Sprintf("SELECT %s FROM %s NOT INDEXED", text, o.from), value, matching)
	return literal(value[:length] + any), err
}

// distinctive returns the length of the shortest beginning of value that at most
// a number of the texts that query returns have, or the length of value.
func (e *engine) distinctive(query, value string, most int64) (int, error) {
	r, err := e.prepare(query)
	if err != nil {
		return 0, err
	}
	defer r.close()
	begin := make([]int64, len(value)+1) // how many texts have exactly this length in common with value
	for {
		more, err := r.next()
		if err != nil {
			return 0, err
		}
		if !more {
			break
		}
		begin[common(r.text(0), value)]++
	}
	length := len(value)
	for matches := begin[length]; length > 1 && matches+begin[length-1] <= most; length-- {
		matches += begin[length-1]
	}
	for length < len(value) && !utf8.RuneStart(value[length]) {
		length++
	}
	return length, nil
}

// common returns the length of the longest common beginning.
func common(a, b string) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// quantiles are the values, in percent of the rows, that a range begins or ends
// with: queries usually ask for a small part.
var quantiles = map[string][witnesses]int64{
	"<": {2, 5, 10}, "<=": {2, 5, 10}, ">": {98, 95, 90}, ">=": {98, 95, 90}, "between": {45, 50, 55}, "and": {48, 55, 60},
}

// pageValue returns a usual value of LIMIT or OFFSET, if token i is one.
func (q *query) pageValue(i int) string {
	switch before := q.at(i - 1); {
	case before.is("limit") && q.at(i+1).is(","), before.is("offset"):
		return "40"
	case before.is("limit"), before.is(",") && q.at(i-3).is("limit"):
		return "20"
	}
	return ""
}

func (q *query) at(i int) token {
	if i < 0 || i >= len(q.tokens) {
		return token{kind: text}
	}
	return q.tokens[i]
}

var mirrored = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "==": "=", "is": "="}

// comparedWith finds what the parameter at token i is compared with.
func (q *query) comparedWith(i int) (operand, bool) {
	place := 0 // among several in parentheses
	j := i - 1
	for j >= 0 {
		t := q.tokens[j]
		switch {
		case t.in("=", "==", "<", ">", "<=", ">=", "<>", "!=", "is", "like", "glob", "between"):
			return q.operandBefore(j, place, t.s)
		case t.is("and"):
			return q.betweenBefore(j)
		case t.is("in"):
			return q.operandBefore(j, place, "in")
		case t.is(",") || t.kind == param || t.constant():
			if t.is(",") {
				place++
			}
		case t.is("(") || t.in("not", "-", "+", "||") || t.kind == word && q.at(j+1).is("("):
		default:
			return q.operandAfter(i)
		}
		j--
	}
	return operand{}, false
}

// betweenBefore finds the operand of BETWEEN whose AND is token j.
func (q *query) betweenBefore(j int) (operand, bool) {
	for k := j - 1; k >= 0 && k >= j-4; k-- {
		if q.tokens[k].is("between") {
			return q.operandBefore(k, 0, "and")
		}
	}
	return q.operandAfter(j + 1)
}

// operandAfter finds the column in ? = column.
func (q *query) operandAfter(i int) (operand, bool) {
	op, ok := mirrored[q.at(i+1).s]
	if !ok {
		return operand{}, false
	}
	t, c, n := q.reference(q.tokens, i+2)
	if n == 0 {
		return operand{}, false
	}
	return q.operand(t, identifier(c.name), op), true
}

func (q *query) operand(t *table, sql, op string) operand {
	return operand{table: t, from: identifier(t.name), sql: sql, op: op}
}

// operandBefore finds the column or expression that ends before token j. Of
// several in parentheses, it takes the one at a place.
func (q *query) operandBefore(j, place int, op string) (operand, bool) {
	if q.at(j - 1).is("not") {
		j--
	}
	if t, c := q.referenceBefore(q.tokens, j); c != nil {
		o := q.operand(t, identifier(c.name), op)
		o.place = place
		return o, true
	}
	if q.at(j - 1).is(")") {
		return q.operandOf(q.opening(j-1), j-1, place, op)
	}
	if q.at(j-1).constant() && q.at(j-2).in("->", "->>") { // column ->> 'path'
		if t, c := q.referenceBefore(q.tokens, j-2); c != nil {
			return q.operand(t, identifier(c.name)+" "+q.at(j-2).s+" "+q.at(j-1).s, op), true
		}
	}
	return operand{}, false
}

// opening returns the parenthesis that token i closes.
func (q *query) opening(i int) int {
	for j := i - 1; j >= 0; j-- {
		if q.tokens[j].is("(") && q.tokens[j].depth == q.tokens[i].depth {
			return j
		}
	}
	return -1
}

// operandOf reads a call or a row of columns between two parentheses.
func (q *query) operandOf(open, end, place int, op string) (operand, bool) {
	if open < 0 {
		return operand{}, false
	}
	if call := q.at(open - 1); call.kind == word && !reserved[call.s] && !functionless[call.s] {
		e := expression{}
		if columns := q.inside(q.statement, open-1, end, &e); len(columns) > 0 {
			return q.operand(e.table, e.text, op), true
		}
		return operand{}, false
	}
	for i := open + 1; i < end; i++ {
		if q.tokens[i].is(",") {
			place--
		}
		if t, c, n := q.reference(q.tokens, i); n > 0 && place == 0 {
			return q.operand(t, identifier(c.name), op), true
		}
	}
	return operand{}, false
}
