package advise

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// findingTime bounds one look at all indexes.
const findingTime = 200 * time.Millisecond

// Finding is an index that costs more than it gives.
type Finding struct {
	Index string
	Table string
	// With is the index that serves all that this one does, "" where nothing
	// uses this one. "the rowid" is the table's own order.
	With string
	SQL  string // DROP INDEX …
	Cost
}

// String says in a sentence or two what is wrong and what to do.
func (f Finding) String() string {
	what := "No statement uses index " + f.Index + "."
	if f.With != "" {
		what = fmt.Sprintf("Index %s is superfluous: %s begins with what it holds.", f.Index, f.With)
	}
	return fmt.Sprintf("%s %s saves %s.", what, f.SQL, f.Cost)
}

// Indexes finds those that are superfluous, and those that none of statements
// uses. statements are all that are sent to the database, with parameters for
// values; without them only the superfluous are found.
//
// An index is called unused only if its table is named by statements that all
// could be planned. Indexes that enforce something, that a foreign key is
// looked up by, that are partial or of an expression are not: whether a
// statement uses those can depend on values, which are not seen.
func (a *Advisor) Indexes(ctx context.Context, statements []string) ([]Finding, error) {
	if err := a.enter(ctx); err != nil {
		return nil, err
	}
	defer a.leave()
	deadline := time.Now().Add(a.indexes)
	w := watch(a)
	a.probe.deadline, a.clone.deadline = deadline, deadline
	for _, text := range statements {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if time.Now().After(deadline) {
			w.incomplete = true
			break
		}
		w.see(text)
	}
	var found []Finding
	for _, x := range a.clone.indexes {
		if x.origin != "c" {
			continue // made for a constraint: it can't be dropped
		}
		if f, bad := w.judge(x); bad {
			if err := a.price(ctx, x, &f); err != nil {
				return nil, fmt.Errorf("advise on an index: %w", err)
			}
			found = append(found, f)
		}
	}
	return found, nil
}

// price is what dropping an index saves.
func (a *Advisor) price(ctx context.Context, x *index, f *Finding) (err error) {
	looking, cancel := context.WithTimeout(ctx, a.budget)
	defer cancel()
	var columns []*column
	for _, t := range x.terms {
		if t.column != nil {
			columns = append(columns, t.column)
		}
	}
	var conditions []condition
	fraction := 1.0
	if x.partial {
		conditions = []condition{{table: x.table, text: x.where}}
	}
	known := a.sample(looking, x.table, a.live.statistics, columns, conditions)
	if x.partial {
		fraction, _ = known.fraction(x.where)
	}
	f.Cost, err = a.scale.cost(ctx, x.table, known, x.terms, fraction)
	return err
}

// watched is what statements do with the indexes of a database.
type watched struct {
	*Advisor
	planned    []planned
	used       map[string]bool // indexes in a plan, by name in lower case
	named      map[*table]bool // tables that a statement names
	doubtful   map[*table]bool // tables of statements whose plan does not tell
	incomplete bool            // there are statements that were not seen
}

type planned struct {
	statement
	score int // how bad its plan is
}

func watch(a *Advisor) *watched {
	w := &watched{Advisor: a, used: map[string]bool{}, named: map[*table]bool{}, doubtful: map[*table]bool{}}
	w.doubt(a.clone.trigger) // what a trigger runs is in no plan
	return w
}

// see plans a statement.
func (w *watched) see(text string) {
	tokens, err := lex(text)
	if err != nil {
		w.incomplete = true
		return
	}
	s, err := parse(text)
	if err != nil {
		w.doubt(tokens)
		return
	}
	q, steps, err := w.plan(s)
	if err != nil {
		w.doubt(tokens)
		return
	}
	q.rows = nobody
	w.planned = append(w.planned, planned{s, score(q.judge(steps))})
	for _, t := range q.tables {
		w.named[t] = true
	}
	if slices.ContainsFunc(tokens, func(t token) bool { return t.in("like", "glob") }) {
		w.doubt(tokens) // an index serves some patterns, and not others
	}
	for _, st := range steps {
		if l, ok := readLoop(st.detail); ok && l.index != "" {
			w.used[strings.ToLower(l.index)] = true
		}
	}
}

// nobody asks how many rows a table has.
func nobody(*table) string { return "" }

func (w *watched) doubt(tokens []token) {
	for _, t := range tokens {
		if named := w.clone.tables[t.s]; t.name() && named != nil {
			w.doubtful[named] = true
		}
	}
}

func (w *watched) judge(x *index) (Finding, bool) {
	f := Finding{Index: x.name, Table: x.table.name, SQL: "DROP INDEX " + identifier(x.name)}
	if f.With = superseded(x); f.With != "" {
		return f, !w.worse(x)
	}
	return f, w.unused(x)
}

func (w *watched) unused(x *index) bool {
	special := x.unique || x.partial || slices.ContainsFunc(x.terms, func(t term) bool { return t.column == nil })
	return !special && !w.incomplete && w.named[x.table] && !w.doubtful[x.table] && !w.used[strings.ToLower(x.name)] && !x.forChildren()
}

// forChildren is whether a foreign key's rows are found by the index when
// their parent goes, which no plan shows.
func (x *index) forChildren() bool {
	return slices.ContainsFunc(x.table.children, func(columns []string) bool {
		n := min(len(columns), len(x.terms))
		return slices.ContainsFunc(x.terms[:n], func(t term) bool {
			return t.column != nil && slices.Contains(columns, strings.ToLower(t.column.name))
		})
	})
}

// superseded names what begins with all that x holds, "" for nothing.
func superseded(x *index) string {
	if t := x.table; t.rowid != "" && !x.partial && !x.unique && x.terms[0].column != nil && strings.EqualFold(x.terms[0].column.name, t.rowid) {
		return "the rowid" // each value stands once: what follows orders nothing
	}
	for _, y := range x.table.indexes {
		if y != x && y.partial == x.partial && y.where == x.where && y.holds(x) {
			return y.name
		}
	}
	return ""
}

// holds is whether y does all that x does. Of two that are the same, one that
// enforces something stays, else the first by name.
func (y *index) holds(x *index) bool {
	if len(y.terms) < len(x.terms) || x.unique && (!y.unique || len(y.terms) > len(x.terms)) {
		return false
	}
	turned := x.terms[0].desc != y.terms[0].desc
	for i, a := range x.terms {
		b := y.terms[i]
		if a.column != b.column || a.expression != b.expression || a.collation != b.collation || (a.desc != b.desc) != turned {
			return false
		}
		if a.column == nil && a.expression == "" {
			return false // its text could not be read
		}
	}
	if len(y.terms) > len(x.terms) || y.origin != "c" || y.unique && !x.unique {
		return true
	}
	return y.name < x.name
}

// worse is whether the plan of some statement gets worse without x: rows of
// one value come out of x in the order of the rowid, and of a longer index in
// another.
func (w *watched) worse(x *index) bool {
	if !w.used[strings.ToLower(x.name)] {
		return false
	}
	if w.clone.exec("SAVEPOINT finding") != nil {
		return true
	}
	worse := w.clone.exec("DROP INDEX "+identifier(x.name)) != nil || slices.ContainsFunc(w.planned, w.gotWorse)
	return w.clone.exec("ROLLBACK TO finding; RELEASE finding") != nil || worse
}

func (w *watched) gotWorse(p planned) bool {
	q, steps, err := w.plan(p.statement)
	if err != nil {
		return true
	}
	q.rows = nobody
	return score(q.judge(steps)) > p.score
}
