package advise

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// tried is a statement that can be run in the copy of the data.
type tried struct {
	*trial
	forms []string
	costs []int64 // as it is

	// Those forms whose result is most of the table: programs hardly ask for
	// that, so they do not decide.
	broad      []string
	broadCosts []int64

	fast int64 // the cost of a form up to which it is fast enough
}

// split separates the forms whose result is longer than length, unless all are.
func (t *tried) split(length int64) {
	var narrow tried
	for i, form := range t.forms {
		if t.lengths[i] > length {
			t.broad, t.broadCosts = append(t.broad, form), append(t.broadCosts, t.costs[i])
		} else {
			narrow.forms, narrow.costs = append(narrow.forms, form), append(narrow.costs, t.costs[i])
		}
	}
	if len(narrow.forms) > 0 {
		t.forms, t.costs = narrow.forms, narrow.costs
	} else {
		t.broad, t.broadCosts = nil, nil
	}
}

// try copies the rows that q reads and runs q there. It returns errUntried if
// that is not possible, or the tables are empty.
func (a *Advisor) try(ctx context.Context, q *query) (t tried, err error) {
	if a.trial != nil && time.Since(a.trial.made) > copyLife {
		a.drop()
	}
	if a.trial == nil {
		if a.trial, err = newTrial(ctx, a.live, a.budget); err != nil {
			return t, err
		}
	}
	a.trial.ctx = ctx
	spent := a.budget.spent
	total, most, part := int64(0), int64(0), 1.0
	for _, of := range q.tables {
		if of.virtual {
			return t, errUntried
		}
		if err := a.trial.copy(ctx, a.db, of); err != nil {
			return t, errors.Join(errUntried, err)
		}
		total += a.trial.rows[of]
		most = max(most, a.trial.rows[of])
		if live := a.sample(ctx, of, a.live.statistics, nil, nil).rows; live > 0 {
			part = min(part, float64(a.trial.rows[of])/float64(live))
		}
	}
	t.fast = max(lookup, int64(cheap*part))
	a.budget.spent = spent // rows that were copied for an earlier statement cost nothing either
	if total == 0 || q.costly() {
		return t, errUntried
	}
	t.trial = a.trial
	if t.forms, err = q.forms(a.trial); err != nil {
		return t, errors.Join(errUntried, err)
	}
	if t.costs, err = a.trial.measure(t.forms, nil); err == nil {
		t.split(most / 4)
	}
	return t, err
}

// costly reports whether running the statement may take much memory, whatever
// the rows are.
func (q *query) costly() bool {
	return slices.ContainsFunc(q.tokens, func(t token) bool {
		return t.in("recursive", "zeroblob", "randomblob", "printf", "format", "replace", "hex", "quote", "group_concat", "string_agg", "json_group_array", "json_group_object", "generate_series")
	})
}

// searches reports whether q compares with a pattern that is not known. Programs
// search for anything, so advice must not make one search slower to make another
// faster.
func (q *query) searches() bool {
	for i, t := range q.tokens {
		if t.kind == param {
			if o, ok := q.comparedWith(i); ok && matchers[o.op] != "" {
				return true
			}
		}
	}
	return false
}

// matches reports whether an index begins with a column that is compared with a
// pattern.
func (s *search) matches(c candidate) bool {
	return c.terms[0].column != nil && s.pattern(c.terms[0].column) != ""
}

// cheap is the cost of a form up to which it is fast enough, on a whole table. On
// part of one it finds fewer rows and costs less, but not less than a lookup.
const cheap, lookup = 300, 100

// improve tries new statistics and indexes for q on a copy of the data, adds
// what helps to the advice, and returns the plan with it.
func (a *Advisor) improve(ctx context.Context, q *query, steps []step, samples map[*table]*sample, advice *Advice) ([]step, error) {
	t, err := a.try(ctx, q)
	switch {
	case ctx.Err() != nil:
		return steps, ctx.Err()
	case err != nil || slices.Max(t.costs) <= t.fast:
		return steps, nil //nolint:nilerr // what cannot be tried is not recommended
	}
	s, err := a.search(ctx, q, t, samples)
	if err != nil {
		return steps, err
	}
	list := q.candidates(func(of *table) bool { return !of.virtual }, samples)
	found, err := s.best(steps, list)
	if err != nil {
		a.live = nil // the copy may still contain a candidate
		return steps, err
	}
	if analyzed := (option{costs: a.analyze(t)}); analyzed.costs != nil && analyzed.saves(t.costs, q.searches()) {
		if mean, _, _ := relative(analyzed.costs, found.costs); mean <= enough || slices.Max(analyzed.costs) <= t.fast {
			advice.Analyze = true
			advice.blame()
			advice.compare(t.costs, analyzed.costs)
			return steps, nil
		}
	}
	advice.Tried = len(list) > 0 && !a.budget.over()
	if len(found.made) == 0 {
		return steps, nil
	}
	advice.compare(t.costs, found.costs)
	advice.Prefix = s.searches() && slices.ContainsFunc(found.made, s.matches)
	if broad, err := t.measure(t.broad, found.made); err == nil && len(broad) > 0 {
		_, _, worst := relative(broad, t.broadCosts)
		advice.Mixed = advice.Mixed || worst > unharmed
	}
	return a.add(ctx, s, found, advice)
}

// compare notes the cost before and after. If it grows for some values, those of
// the form that gains most are shown.
func (a *Advice) compare(before, after []int64) {
	_, best, worst := relative(after, before)
	a.Mixed = worst > unharmed
	for i := range before {
		if _, ratio, _ := relative(after[i:i+1], before[i:i+1]); !a.Mixed || ratio == best {
			a.Before, a.After = a.Before+before[i], a.After+after[i]
		}
	}
}

// enough is how much more than with the best index a statement may cost for
// statistics alone to be the better advice.
const enough = 1.5

// search prepares the search for an index.
func (a *Advisor) search(ctx context.Context, q *query, t tried, samples map[*table]*sample) (*search, error) {
	looking, cancel := context.WithDeadline(ctx, a.budget.deadline)
	defer cancel()
	for _, of := range q.tables {
		samples[of] = a.sample(looking, of, a.live.statistics, q.columnsOf(of), q.conditionsOf(of))
	}
	return &search{query: q, clone: a.clone, samples: samples, trial: t.trial, forms: t.forms, costs: t.costs, fast: t.fast}, ctx.Err()
}

// add describes the indexes of an option, and renames them in its plan.
func (a *Advisor) add(ctx context.Context, s *search, found option, advice *Advice) ([]step, error) {
	taken := map[string]bool{}
	steps := found.steps
	for i, c := range found.made {
		x, err := a.describe(ctx, s, c, taken)
		if err != nil {
			return steps, err
		}
		advice.Indexes = append(advice.Indexes, x)
		steps = rename(steps, candidateName(i), x.Name)
	}
	for i := range advice.Problems { // a partial index does
		advice.Problems[i] = strings.TrimSuffix(advice.Problems[i], unsupported)
	}
	advice.blame()
	return steps, nil
}

// blame names the problem of a plan that looks good.
func (a *Advice) blame() {
	if len(a.Problems) == 0 {
		a.Problems = []string{"the plan reads more rows than it needs"}
	}
}
