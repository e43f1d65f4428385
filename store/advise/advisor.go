package advise

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Advisor gives advice on one database. It is safe for concurrent use; calls
// run one at a time.
type Advisor struct {
	turn   chan struct{} // holds one token, whose holder may use the fields below
	budget *budget
	copies
	sampler
	closed bool
}

// copies are made from one snapshot of the database.
type copies struct {
	live  *snapshot
	clone *clone
	probe *probe
	scale *scale
	trial *trial // nil until advice is tried
}

// New returns an Advisor on the SQLite database of db, which may be read-only.
// It returns an error if the schema cannot be read or is too large to copy. The
// caller must close the Advisor; New does not take over db.
func New(ctx context.Context, db *sql.DB) (*Advisor, error) {
	a := &Advisor{turn: make(chan struct{}, 1), budget: &budget{}, sampler: sampler{db: db}}
	if err := a.refresh(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("advise on a database: %w", err), a.copies.close())
	}
	a.turn <- struct{}{}
	return a, nil
}

// Close frees the copies.
func (a *Advisor) Close() error {
	<-a.turn
	defer func() { a.turn <- struct{}{} }()
	a.closed = true
	return a.copies.close()
}

func (c *copies) close() error {
	var errs []error
	if c.clone != nil {
		errs = append(errs, c.clone.db.Close())
	}
	if c.probe != nil {
		errs = append(errs, c.probe.db.Close())
	}
	c.drop()
	*c = copies{}
	return errors.Join(errs...)
}

// drop frees the copy of the data.
func (c *copies) drop() {
	if c.trial != nil {
		c.trial.close()
		c.trial = nil
	}
}

// Rest frees the copied rows, which take up to 32 MB. The next Statement copies
// what it needs again.
func (a *Advisor) Rest() {
	<-a.turn
	defer a.leave()
	a.drop()
}

// Statement plans one statement and explains the problems of the plan. It
// returns an error only if the database cannot be read or ctx ends. If there is
// no advice on the statement, Advice.Reason says why.
func (a *Advisor) Statement(ctx context.Context, sql string) (Advice, error) {
	if err := a.enter(ctx); err != nil {
		return Advice{}, err
	}
	defer a.leave()
	s, err := parse(sql)
	if err != nil {
		return Advice{Reason: err.Error()}, nil
	}
	advice, err := a.statement(ctx, s)
	if err != nil {
		return Advice{}, fmt.Errorf("advise on a statement: %w", err)
	}
	return advice, nil
}

// enter waits for the turn and updates the copies.
func (a *Advisor) enter(ctx context.Context) error {
	select {
	case <-a.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	err := ctx.Err()
	switch {
	case err != nil:
	case a.closed:
		err = errors.New("the advisor is closed")
	default:
		err = a.refresh(ctx)
	}
	if err != nil {
		a.leave()
		return fmt.Errorf("advise on a database: %w", err)
	}
	return nil
}

func (a *Advisor) leave() { a.turn <- struct{}{} }

// refresh replaces the copies if the schema has changed, and loads the current
// statistics.
func (a *Advisor) refresh(ctx context.Context) error {
	live, err := look(ctx, a.db, a.live)
	if err != nil || live == a.live {
		return err
	}
	if a.live != nil && a.live.version == live.version {
		if err := a.clone.load(ctx, live.statistics); err != nil {
			return errors.Join(err, a.copies.close())
		}
		a.live = live
		a.drop()
		return nil
	}
	if err := a.copies.close(); err != nil {
		return err
	}
	if err := a.copies.make(ctx, live, a.budget); err != nil {
		return errors.Join(err, a.copies.close())
	}
	a.tables = map[*table]*sample{}
	return nil
}

func (c *copies) make(ctx context.Context, live *snapshot, b *budget) (err error) {
	if c.clone, err = newClone(ctx, live, b); err != nil {
		return err
	}
	if c.probe, err = newProbe(ctx, c.clone.schema, live.objects, b); err != nil {
		return err
	}
	c.live, c.scale = live, &scale{pageSize: live.pageSize, known: map[string]Cost{}}
	return nil
}

func (a *Advisor) statement(ctx context.Context, s statement) (Advice, error) {
	a.budget.begin(maxWork)
	q, steps, err := a.plan(s)
	if err != nil {
		return Advice{Reason: a.reason(s, err)}, nil
	}
	samples := map[*table]*sample{}
	looking, cancel := context.WithDeadline(ctx, a.budget.deadline)
	defer cancel()
	q.rows = func(t *table) string { return a.rows(looking, samples, t) }
	advice := Advice{Plan: details(steps)}
	target, targetSteps, others := q, steps, q.read()
	if sql, problems := q.rewrite(); len(problems) > 0 {
		others = append(others, problems...)
		if better, err := parse(sql); err == nil {
			if r, rSteps, err := a.plan(better); err == nil {
				r.rows, target, targetSteps, advice.Rewrite = q.rows, r, rSteps, sql
				r.read()
			}
		}
	}
	problems := q.judge(steps)
	for _, p := range append(problems, others...) {
		if !slices.Contains(advice.Problems, p.text) {
			advice.Problems = append(advice.Problems, p.text)
		}
	}
	if targetSteps, err = a.improve(ctx, target, targetSteps, samples, &advice); err != nil {
		return Advice{}, err
	}
	if a.budget.late() {
		return Advice{Plan: advice.Plan, Reason: errPatience.Error()}, ctx.Err()
	}
	if advice.Rewrite != "" || len(advice.Indexes) > 0 {
		advice.PlanAfter = details(targetSteps)
	}
	return advice, ctx.Err()
}

// plan explains a statement and records which constraints and orders it offers
// to indexes. If the probe cannot plan it, there is a plan but no advice on
// indexes.
func (a *Advisor) plan(s statement) (*query, []step, error) {
	steps, err := a.clone.explain(s.plain, s.params)
	if err != nil {
		return nil, nil, err
	}
	q := newQuery(s, a.clone.schema)
	if uses, err := a.probe.ask(s.reading(), s.params); err == nil {
		q.uses = uses
	}
	return q, steps, nil
}

// reason explains why a statement cannot be planned.
func (a *Advisor) reason(s statement, err error) string {
	for _, name := range a.clone.missing {
		if slices.ContainsFunc(s.tokens, func(t token) bool { return t.name() && t.s == name }) {
			return fmt.Sprintf("%s needs a function, collation or module that is not available here", name)
		}
	}
	return "the statement cannot be planned outside its database: " + strings.TrimPrefix(err.Error(), "SQL logic error: ")
}

// rows returns the approximate number of rows of t, in words.
func (a *Advisor) rows(ctx context.Context, samples map[*table]*sample, t *table) string {
	if samples[t] == nil {
		samples[t] = a.sample(ctx, t, a.live.statistics, nil, nil)
	}
	if n := samples[t].rows; n > 0 {
		return " (about " + count(n) + " rows)"
	}
	return ""
}

// columnsOf returns the columns of t that an index for q could contain.
func (q *query) columnsOf(t *table) (columns []*column) {
	add := func(c *column) {
		if c != nil && !slices.Contains(columns, c) {
			columns = append(columns, c)
		}
	}
	for _, u := range q.uses {
		if u.table != t {
			continue
		}
		for _, c := range u.constraints {
			if servable(c.op) {
				add(c.column)
			}
		}
		for _, o := range u.order {
			add(o.column)
		}
	}
	if t.withoutRowid {
		for _, c := range t.columns {
			if c.key > 0 {
				add(c)
			}
		}
	}
	return columns
}

func (q *query) conditionsOf(t *table) (conditions []condition) {
	for _, c := range q.hints.conditions {
		if c.table == t {
			conditions = append(conditions, c)
		}
	}
	return conditions
}

// describe names an index and measures its cost.
func (a *Advisor) describe(ctx context.Context, s *search, c candidate, taken map[string]bool) (Index, error) {
	x := Index{Table: c.table.name}
	name := c.table.name
	for _, t := range c.terms {
		x.Columns = append(x.Columns, t.sql())
		if t.column != nil {
			name += "_" + t.column.name
		} else {
			name += "_expression"
		}
	}
	fraction := 1.0
	if c.where != nil {
		x.Where = c.where.text
		if !slices.Contains(c.terms, term{column: c.where.column}) {
			name += "_" + c.where.column.name
		}
		fraction, _ = s.sample(c.table).fraction(x.Where)
	}
	x.Name = a.unused(name, taken)
	x.SQL = c.sql(x.Name)
	var err error
	x.Cost, err = a.scale.cost(ctx, c.table, s.sample(c.table), c.terms, fraction)
	return x, err
}

// unused returns name, with a number appended if it is taken.
func (a *Advisor) unused(name string, taken map[string]bool) string {
	used := func(name string) bool {
		return taken[strings.ToLower(name)] || slices.ContainsFunc(a.live.objects, func(o object) bool { return strings.EqualFold(o.name, name) })
	}
	unique := name
	for i := 2; used(unique); i++ {
		unique = fmt.Sprintf("%s_%d", name, i)
	}
	taken[strings.ToLower(unique)] = true
	return unique
}

// rename replaces the name of a candidate in a plan.
func rename(steps []step, from, to string) []step {
	steps = slices.Clone(steps)
	for i := range steps {
		steps[i].detail = strings.ReplaceAll(steps[i].detail, "INDEX "+from, "INDEX "+to)
	}
	return steps
}
