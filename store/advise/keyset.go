package advise

import (
	"slices"
	"strconv"
	"strings"
)

// shallow is the largest OFFSET that is not reported.
const shallow = 100

const (
	orKeyset = "paging with x < ? OR (x = ? AND y < ?) reads every row up to the page: compare row values"
	offset   = "OFFSET reads and discards every row before the page: continue from the key of the last row"
)

// rewrite returns a statement that reads only its page, and the problems of the
// original. It returns "" if the statement already does that or is too complex
// to rewrite.
func (q *query) rewrite() (string, []problem) {
	s, rewritten := q.statement, ""
	var problems []problem
	if sql := rowValues(s); sql != "" {
		problems = append(problems, problem{text: orKeyset})
		rewritten = sql
		var err error
		if s, err = parse(sql); err != nil {
			return "", problems
		}
	}
	if deep(s) {
		problems = append(problems, problem{text: offset})
		if sql := q.keyset(s); sql != "" {
			rewritten = sql
		}
	}
	return rewritten, problems
}

// comparison is a column, an operator and a value.
type comparison struct {
	column, op, value string
	next              int // the token after it
}

func compare(s statement, i int) (c comparison, ok bool) {
	at := func(i int) token {
		if i < len(s.tokens) {
			return s.tokens[i]
		}
		return token{kind: operator}
	}
	start := i
	if !at(i).name() {
		return c, false
	}
	if i++; at(i).is(".") && at(i+1).name() {
		i += 2
	}
	c.column = s.sql[s.tokens[start].start:s.tokens[i-1].end]
	if c.op = at(i).s; !at(i).in("<", ">", "<=", ">=", "=", "==") {
		return c, false
	}
	i++
	value := i
	if at(i).is("-") {
		i++
	}
	if !at(i).constant() && at(i).kind != param {
		return c, false
	}
	c.value = s.sql[s.tokens[value].start:s.tokens[i].end]
	c.next = i + 1
	return c, true
}

// rowValues rewrites x < ? OR (x = ? AND y < ?) to a comparison of row values.
func rowValues(s statement) string {
	tokens := s.tokens
	at := func(i int, word string) bool { return i < len(tokens) && tokens[i].is(word) }
	for i := 1; i < len(tokens); i++ {
		if !tokens[i-1].in("where", "on", "(") {
			continue
		}
		first, ok := compare(s, i)
		start := i
		if at(i, "(") {
			if first, ok = compare(s, i+1); ok && !at(first.next, ")") {
				ok = false
			}
			first.next++
		}
		if !ok || first.op != "<" && first.op != ">" || !at(first.next, "or") || !at(first.next+1, "(") {
			continue
		}
		same, ok := compare(s, first.next+2)
		if !ok || !strings.HasPrefix(same.op, "=") || !at(same.next, "and") {
			continue
		}
		second, ok := compare(s, same.next+1)
		if !ok || !at(second.next, ")") || strings.TrimSuffix(second.op, "=") != first.op ||
			!strings.EqualFold(first.column, same.column) || first.value != same.value {
			continue
		}
		end := second.next
		enclosed := tokens[i-1].is("(") && at(end+1, ")")
		alone := tokens[i-1].in("where", "on") && (end+1 == len(tokens) || tokens[end+1].in(")", "order", "group", "limit", "returning", "union"))
		if !enclosed && !alone {
			continue // AND binds closer than OR
		}
		return s.sql[:tokens[start].start] + "(" + first.column + ", " + second.column + ") " + second.op +
			" (" + first.value + ", " + second.value + ")" + s.sql[tokens[end].end:]
	}
	return ""
}

// deep reports whether a statement skips many rows, or a number given by a
// parameter.
func deep(s statement) bool {
	limit := s.find("limit")
	if limit < 0 {
		return false
	}
	n := slices.IndexFunc(s.tokens[limit:], func(t token) bool { return t.depth == 0 && t.in("offset", ",") })
	if n < 0 {
		return false
	}
	dropped := limit + n + 1
	if s.tokens[limit+n].is(",") { // LIMIT offset, count
		dropped = limit + 1
	}
	if dropped >= len(s.tokens) {
		return false
	}
	n, err := strconv.Atoi(s.tokens[dropped].s)
	return err != nil || n > shallow
}

// keyset rewrites a page of one table that OFFSET finds into one found by the
// key of the previous row.
func (q *query) keyset(s statement) string {
	tokens := s.tokens
	orderAt, limitAt, whereAt := s.find("order"), s.find("limit"), s.find("where")
	if !tokens[0].is("select") || orderAt < 0 || limitAt < orderAt || len(q.tables) != 1 || len(q.views) > 0 ||
		s.find("group", "having", "distinct", "union", "intersect", "except", "join", "window") >= 0 {
		return ""
	}
	key, direction := q.key(s, orderAt+2, limitAt)
	if key == nil {
		return ""
	}
	columns, values := make([]string, len(key)), make([]string, len(key))
	positional := s.params == 0 || slices.ContainsFunc(tokens, func(t token) bool { return t.kind == param && t.s == "?" })
	for i, k := range key {
		columns[i], values[i] = k, "?"
		if !positional {
			values[i] = ":after_" + k[strings.LastIndexByte(k, '.')+1:]
		}
	}
	op := map[string]string{"": " > ", " DESC": " < "}[direction]
	condition := columns[0] + op + values[0]
	if len(key) > 1 {
		condition = "(" + strings.Join(columns, ", ") + ")" + op + "(" + strings.Join(values, ", ") + ")"
	}
	head := s.sql[:tokens[orderAt-1].end] + " WHERE " + condition
	if whereAt >= 0 {
		old := s.sql[tokens[whereAt].end:tokens[orderAt-1].end]
		if slices.ContainsFunc(tokens[whereAt:orderAt], func(t token) bool { return t.depth == 0 && t.is("or") }) {
			old = " (" + strings.TrimSpace(old) + ")"
		}
		head = s.sql[:tokens[whereAt].end] + old + " AND " + condition
	}
	kept := tokens[limitAt+1:]
	if n := slices.IndexFunc(kept, func(t token) bool { return t.depth == 0 && t.in("offset", ",") }); kept[n].is("offset") {
		kept = kept[:n]
	} else {
		kept = kept[n+1:]
	}
	if len(kept) == 0 {
		return ""
	}
	return head + " ORDER BY " + strings.Join(columns, direction+", ") + direction + " LIMIT " + s.sql[kept[0].start:kept[len(kept)-1].end]
}

// key parses ORDER BY terms that are columns in the same direction. It adds the
// rowid or the primary key to make them unique.
func (q *query) key(s statement, from, to int) (key []string, direction string) {
	t := q.tables[0]
	qualifier := ""
	var last *column
	for i := from; i < to; i++ {
		_, c, n := q.reference(s.tokens, i)
		if n == 0 {
			return nil, ""
		}
		key = append(key, s.sql[s.tokens[i].start:s.tokens[i+n-1].end])
		if n == 3 {
			qualifier = s.sql[s.tokens[i].start:s.tokens[i+1].end]
		}
		i += n
		down := ""
		if s.tokens[i].is("desc") {
			down = " DESC"
		}
		if s.tokens[i].in("asc", "desc") {
			i++
		}
		if last != nil && down != direction || i < to && !s.tokens[i].is(",") {
			return nil, ""
		}
		last, direction = c, down
	}
	if last == nil || last.name == t.rowid || uniqueAlone(t, last) {
		return key, direction
	}
	tie := t.rowid
	if tie == "" && !t.withoutRowid {
		tie = t.hidden()
	}
	if tie == "" {
		return nil, ""
	}
	return append(key, qualifier+identifier(tie)), direction
}

func uniqueAlone(t *table, c *column) bool {
	return slices.ContainsFunc(t.indexes, func(x *index) bool {
		return x.unique && !x.partial && len(x.terms) == 1 && x.terms[0].column == c
	})
}
