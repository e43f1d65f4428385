package advise

import (
	"fmt"
	"strings"
)

// step is a row of EXPLAIN QUERY PLAN.
type step struct {
	id, parent int
	detail     string
}

func details(steps []step) []string {
	lines := make([]string, len(steps))
	for i, s := range steps {
		lines[i] = s.detail
	}
	return lines
}

// loop is a step that reads a table.
type loop struct {
	search    bool
	target    string // the alias of the table, or its name
	index     string
	using     bool // any index
	automatic bool
	virtual   bool
	equal     int // leading terms of the index compared for equality
	ranged    bool
	terms     string // as SQLite writes them
}

// readLoop parses SQLite's description of a loop.
func readLoop(detail string) (loop, bool) {
	verb, rest, _ := strings.Cut(detail, " ")
	if verb != "SCAN" && verb != "SEARCH" || strings.HasSuffix(rest, "CONSTANT ROW") || strings.HasSuffix(rest, "CONSTANT ROWS") {
		return loop{}, false
	}
	l := loop{search: verb == "SEARCH"}
	rest = strings.TrimSuffix(rest, " LEFT-JOIN")
	var how string
	l.target, how, l.using = strings.Cut(rest, " USING ")
	if target, _, ok := strings.Cut(l.target, " VIRTUAL TABLE INDEX "); ok {
		l.target, l.virtual = target, true
	}
	if open := strings.LastIndex(how, " ("); open >= 0 && strings.HasSuffix(how, ")") {
		l.terms, how = how[open+2:len(how)-1], how[:open]
		l.equal = strings.Count(l.terms, "=?") - strings.Count(l.terms, ">=?") - strings.Count(l.terms, "<=?")
		l.ranged = strings.ContainsAny(l.terms, "<>")
	}
	l.automatic = strings.HasPrefix(how, "AUTOMATIC ")
	if name, ok := strings.CutPrefix(strings.TrimPrefix(how, "COVERING "), "INDEX "); ok {
		l.index = name
	}
	return l, true
}

// Weights of what a plan does. Only their order matters: an inner loop runs for
// every row of the outer one; a sort reads all rows found once more; sorting
// within groups costs less.
const (
	worstInnerScan = 1000
	worstScan      = 100
	worstAutomatic = 80
	worstIndexScan = 60
	worstSort      = 30
	worstPartSort  = 15
)

const unsupported = ": an index does not support its conditions as they are"

// problem describes what is wrong with a plan. Its weight is what an index may
// save.
type problem struct {
	text   string
	weight int
	table  *table
}

func score(problems []problem) (sum int) {
	for _, p := range problems {
		sum += p.weight
	}
	return sum
}

// judge returns the problems of a plan.
func (q *query) judge(steps []step) []problem {
	var problems []problem
	outer := map[int]bool{} // parents whose first loop has been seen
	correlated := map[int]bool{}
	for _, s := range steps {
		if strings.HasPrefix(s.detail, "CORRELATED ") {
			correlated[s.id] = true
		}
		if l, ok := readLoop(s.detail); ok {
			if p, bad := q.judgeLoop(l, outer[s.parent] || correlated[s.parent]); bad {
				problems = append(problems, p)
			}
			outer[s.parent] = true
		}
		if what, ok := strings.CutPrefix(s.detail, "USE TEMP B-TREE FOR "); ok {
			weight := worstSort
			if strings.HasPrefix(what, "LAST ") {
				weight, what = worstPartSort, "the "+strings.ToLower(strings.TrimSuffix(what, " OF ORDER BY"))+" of ORDER BY"
			}
			problems = append(problems, problem{text: "temporary B-tree for " + what, weight: weight})
		}
	}
	return problems
}

func (q *query) judgeLoop(l loop, inner bool) (problem, bool) {
	t := q.aliases[strings.ToLower(l.target)]
	if t == nil || t.virtual || l.virtual {
		return problem{}, false // a subquery, a function or a module cannot be indexed
	}
	p := problem{table: t}
	filtered := q.filtered(t, inner)
	switch {
	case l.automatic:
		p.weight = worstAutomatic
		p.text = fmt.Sprintf("automatic index on %s(%s), rebuilt by every execution", t.name, columnsOf(l.terms))
	case l.search && l.using:
		return p, false
	case l.using && !filtered:
		return p, false // it reads an index in its order, as requested
	case l.using:
		p.weight = worstIndexScan
		p.text = fmt.Sprintf("scan of all of index %s of %s%s", l.index, t.name, q.rows(t))
	case filtered || l.search: // to SQLite, min() and max() are searches
		p.weight = worstScan
		p.text = "full scan of " + t.name + q.rows(t)
	case q.limited:
		return p, false
	case q.conditional():
		p.text = "full scan of " + t.name + q.rows(t) + unsupported
	default:
		p.text = "full scan of " + t.name + q.rows(t) + ": the statement selects every row"
	}
	if inner && p.weight >= worstScan {
		p.weight = worstInnerScan
		p.text += " for each row of the outer loop"
	}
	return p, true
}

// columnsOf turns "a=? AND b>?" into "a, b".
func columnsOf(terms string) string {
	parts := strings.Split(terms, " AND ")
	for i, p := range parts {
		parts[i] = strings.TrimRight(p, "=<>?")
	}
	return strings.Join(parts, ", ")
}
