package advise

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Finding is an index that costs more than it is worth.
type Finding struct {
	Index string
	Table string
	// With is the index that makes this one redundant, or "" if no statement
	// uses this one. "the rowid" stands for the order of the table itself.
	With string
	SQL  string // DROP INDEX …
	Cost
}

// String returns one or two sentences on what is wrong and what to do.
func (f Finding) String() string {
	what := "No statement uses index " + f.Index + "."
	if f.With != "" {
		what = fmt.Sprintf("Index %s is redundant: %s begins with the same columns.", f.Index, f.With)
	}
	return fmt.Sprintf("%s %s saves %s.", what, f.SQL, f.Cost)
}

// Indexes returns the redundant indexes, and those that none of the statements
// uses. statements are all statements that are sent to the database, with
// parameters in place of values. Without statements, only redundant indexes are
// found.
//
// An index is reported as unused only if statements name its table and all of
// those could be planned. Indexes that enforce something, serve a foreign key,
// are partial or are on an expression are never reported: whether a statement
// uses them can depend on values, which are not known here.
func (a *Advisor) Indexes(ctx context.Context, statements []string) ([]Finding, error) {
	if err := a.enter(ctx); err != nil {
		return nil, err
	}
	defer a.leave()
	a.budget.begin(maxFindingWork)
	w := watch(a)
	for _, text := range statements {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if a.budget.over() {
			w.incomplete = true
			break
		}
		w.see(text)
	}
	var found []Finding
	for _, x := range a.clone.indexes {
		if x.origin != "c" {
			continue // belongs to a constraint and cannot be dropped
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

// price measures what dropping an index saves.
func (a *Advisor) price(ctx context.Context, x *index, f *Finding) (err error) {
	looking, cancel := context.WithTimeout(ctx, patience)
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

// usage records how statements use the indexes of a database.
type usage struct {
	*Advisor
	planned    []planned
	used       map[string]bool // indexes in a plan, by name in lower case
	named      map[*table]bool // tables that a statement names
	doubtful   map[*table]bool // tables of statements whose plan is inconclusive
	incomplete bool            // some statements were not seen
}

type planned struct {
	statement
	score int // how bad the plan is
}

func watch(a *Advisor) *usage {
	w := &usage{Advisor: a, used: map[string]bool{}, named: map[*table]bool{}, doubtful: map[*table]bool{}}
	w.doubt(a.clone.trigger) // no plan includes what triggers run
	return w
}

// see plans a statement and records the indexes that the plan uses.
func (w *usage) see(text string) {
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
	q.rows = noRows
	w.planned = append(w.planned, planned{s, score(q.judge(steps))})
	for _, t := range q.tables {
		w.named[t] = true
	}
	if slices.ContainsFunc(tokens, func(t token) bool { return t.in("like", "glob") }) {
		w.doubt(tokens) // an index supports only some patterns
	}
	for _, st := range steps {
		if l, ok := readLoop(st.detail); ok && l.index != "" {
			w.used[strings.ToLower(l.index)] = true
		}
	}
}

// noRows stands for the number of rows where no text needs it.
func noRows(*table) string { return "" }

func (w *usage) doubt(tokens []token) {
	for _, t := range tokens {
		if named := w.clone.tables[t.s]; t.name() && named != nil {
			w.doubtful[named] = true
		}
	}
}

func (w *usage) judge(x *index) (Finding, bool) {
	f := Finding{Index: x.name, Table: x.table.name, SQL: "DROP INDEX " + identifier(x.name)}
	if f.With = superseded(x); f.With != "" {
		return f, !w.worse(x)
	}
	return f, w.unused(x)
}

func (w *usage) unused(x *index) bool {
	special := x.unique || x.partial || slices.ContainsFunc(x.terms, func(t term) bool { return t.column == nil })
	return !special && !w.incomplete && w.named[x.table] && !w.doubtful[x.table] && !w.used[strings.ToLower(x.name)] && !x.forChildren()
}

// forChildren reports whether a foreign key uses the index to find rows when
// their parent is deleted. No plan shows this.
func (x *index) forChildren() bool {
	return slices.ContainsFunc(x.table.children, func(columns []string) bool {
		n := min(len(columns), len(x.terms))
		return slices.ContainsFunc(x.terms[:n], func(t term) bool {
			return t.column != nil && slices.Contains(columns, strings.ToLower(t.column.name))
		})
	})
}

// superseded returns the name of an index that makes x redundant, or "".
func superseded(x *index) string {
	if t := x.table; t.rowid != "" && !x.partial && !x.unique && x.terms[0].column != nil && strings.EqualFold(x.terms[0].column.name, t.rowid) {
		return "the rowid" // values are unique, so further columns do not affect the order
	}
	for _, y := range x.table.indexes {
		if y != x && y.partial == x.partial && y.where == x.where && y.covers(x) {
			return y.name
		}
	}
	return ""
}

// covers reports whether y can replace x. Of two equal indexes the one that
// enforces something stays, or else the first by name.
func (y *index) covers(x *index) bool {
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
			return false // its text could not be parsed
		}
	}
	if len(y.terms) > len(x.terms) || y.origin != "c" || y.unique && !x.unique {
		return true
	}
	return y.name < x.name
}

// worse reports whether some statement gets a worse plan without x. Rows with
// equal values come from x in the order of the rowid, but from a longer index
// in another order.
func (w *usage) worse(x *index) bool {
	if !w.used[strings.ToLower(x.name)] {
		return false
	}
	if w.clone.exec("SAVEPOINT finding") != nil {
		return true
	}
	worse := w.clone.exec("DROP INDEX "+identifier(x.name)) != nil || slices.ContainsFunc(w.planned, w.gotWorse)
	return w.clone.exec("ROLLBACK TO finding; RELEASE finding") != nil || worse
}

func (w *usage) gotWorse(p planned) bool {
	if w.budget.over() {
		return true // perhaps
	}
	q, steps, err := w.plan(p.statement)
	if err != nil {
		return true
	}
	q.rows = noRows
	return score(q.judge(steps)) > p.score
}
