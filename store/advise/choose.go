package advise

import (
	"math"
	"slices"
	"strings"
)

const (
	maxIndexes = 3
	// few rows are read from one or two pages. An index that finds fewer is no
	// faster.
	few = 20
	// unknownRows is what SQLite assumes for a table that was never analyzed.
	unknownRows = 1_048_576
	candidateAs = "vega_candidate_"

	// maxMeasured is the number of candidates that are tried on data.
	maxMeasured = 8
	// worthwhile is the part of the cost that may be left with an index.
	worthwhile = 0.7
	// similar is how much the cost of two indexes may differ before the size of
	// the smaller does not matter.
	similar = 1.15
	// unharmed is how much the cost for some values may grow, unless that for
	// others shrinks to muchBetter.
	unharmed, muchBetter = 1.1, 0.1
	// fewer is how much the estimates of the rows read must differ to matter.
	fewer = 3
)

// option is a plan with some candidates created.
type option struct {
	made   []candidate
	steps  []step
	score  int
	effort int     // number of rows read, in powers of four
	costs  []int64 // measured, of each form
	rows   float64 // read, as estimated
	bytes  float64 // of the indexes, per row
}

// less reports whether a is the better advice. It compares first the plans,
// then the rows read, then the sizes of the indexes.
func (a option) less(b option) bool {
	switch {
	case a.score != b.score:
		return a.score < b.score
	case a.effort != b.effort:
		return a.effort < b.effort
	case a.bytes != b.bytes:
		return a.bytes < b.bytes
	}
	return terms(a) < terms(b)
}

func terms(o option) (n int) {
	for _, c := range o.made {
		n += len(c.terms)
	}
	return n
}

// search tries candidates in the copy of the schema.
type search struct {
	*query
	clone   *clone
	samples map[*table]*sample
	trial   *trial
	forms   []string // the statement with values
	costs   []int64  // of the statement as it is
	fast    int64    // the cost of a form up to which it is fast enough
}

// best adds the index that saves most until none saves enough. What an index
// saves is measured in the copy of the data; before that, the plans rule out the
// candidates that SQLite would not use. If no single one helps, as with OR, it
// tries all together.
func (s *search) best(steps []step, list []candidate) (option, error) {
	now := option{steps: steps, score: score(s.judge(steps)), costs: s.costs}
	for len(now.made) < maxIndexes && slices.Max(now.costs) > s.fast {
		found, err := s.next(now, list)
		if err != nil {
			return now, err
		}
		if len(found.made) == 0 && len(now.made) == 0 {
			if found, err = s.together(list); err != nil {
				return now, err
			}
		}
		if len(found.made) == 0 || !found.saves(now.costs, s.searches()) {
			break
		}
		now = found
	}
	return now, nil
}

// next returns the cheapest plan with one more candidate, or none.
func (s *search) next(now option, list []candidate) (best option, err error) {
	var options []option
	for _, c := range list {
		if s.trial.over() {
			break
		}
		o, err := s.try(append(slices.Clip(now.made), c))
		if err != nil {
			return best, err
		}
		if len(o.made) == len(now.made)+1 {
			options = append(options, o)
		}
	}
	slices.SortStableFunc(options, func(a, b option) int {
		switch {
		case a.less(b):
			return -1
		case b.less(a):
			return 1
		}
		return 0
	})
	for _, o := range options[:min(len(options), maxMeasured)] {
		if s.trial.over() {
			break
		}
		if o.costs, err = s.trial.measure(s.forms, o.made); err != nil {
			continue // for example an expression that is not deterministic
		}
		if len(best.made) == 0 || o.cheaper(best) {
			best = o
		}
	}
	return best, nil
}

// saves reports whether an option is worth its cost. One that is worse for some
// values must be much better for others, or none if harmless is set.
func (a option) saves(costs []int64, harmless bool) bool {
	mean, best, worst := relative(a.costs, costs)
	return mean <= worthwhile && (worst <= unharmed || best <= muchBetter && !harmless)
}

// cheaper reports whether a is the better choice: of those that save about the
// same, the one with the better plan, or else the smaller.
func (a option) cheaper(b option) bool {
	switch mean, _, _ := relative(a.costs, b.costs); {
	case mean > similar || mean < 1/similar:
		return mean < 1
	case a.score != b.score:
		return a.score < b.score // for other values, the worse plan may cost more
	case a.rows > fewer*b.rows || b.rows > fewer*a.rows:
		return a.rows < b.rows // in the whole table, of which the copy is a part
	}
	return a.bytes < b.bytes
}

// together creates all candidates and keeps those that the planner uses.
func (s *search) together(list []candidate) (option, error) {
	slices.SortStableFunc(list, func(a, b candidate) int { return len(a.terms) - len(b.terms) })
	o, err := s.try(list)
	if err != nil || len(o.made) == 0 || len(o.made) > maxIndexes {
		return option{}, err
	}
	kept, err := s.try(o.made)
	if err != nil || len(kept.made) < len(o.made) {
		return option{}, err
	}
	kept.costs, err = s.trial.measure(s.forms, kept.made)
	if err != nil {
		return option{}, nil //nolint:nilerr // it cannot be tried
	}
	return kept, nil
}

// try plans the statement with the candidates created, and keeps those that the
// planner uses.
func (s *search) try(list []candidate) (o option, err error) {
	made := make([]bool, len(list))
	defer func() {
		for i := range list {
			if made[i] && err == nil {
				err = s.clone.exec("DROP INDEX " + candidateName(i))
			}
		}
	}()
	for i, c := range list {
		// Some candidates cannot be an index, for example on a function that is
		// not deterministic.
		made[i] = s.clone.exec(c.sql(candidateName(i))) == nil
	}
	if o.steps, err = s.clone.explain(s.forms[0], 0); err != nil {
		return o, err
	}
	o.score = score(s.judge(o.steps))
	for i, c := range list {
		if l, ok := usedIn(o.steps, candidateName(i)); ok {
			o.made = append(o.made, c)
			o.bytes += s.bytes(c)
			o.rows += s.rowsRead(c, l)
		}
	}
	if o.rows > few {
		o.effort = int(math.Ceil(math.Log(o.rows/few) / math.Log(4)))
	}
	return o, nil
}

func candidateName(i int) string {
	return candidateAs + string(rune('a'+i/26)) + string(rune('a'+i%26))
}

func usedIn(steps []step, index string) (loop, bool) {
	for _, st := range steps {
		if l, ok := readLoop(st.detail); ok && strings.EqualFold(l.index, index) {
			return l, true
		}
	}
	return loop{}, false
}

func (s *search) sample(t *table) *sample {
	if known := s.samples[t]; known != nil {
		return known
	}
	return &sample{}
}

// rowsRead estimates how many rows a loop reads with c.
func (s *search) rowsRead(c candidate, l loop) float64 {
	known := s.sample(c.table)
	rows := float64(known.rows)
	if rows == 0 {
		rows = unknownRows
	}
	if c.where != nil {
		f, _ := known.fraction(c.where.text)
		rows *= f
	}
	for i, t := range c.terms {
		switch {
		case i < l.equal:
			rows *= s.equals(known, t)
		case i == l.equal && l.ranged:
			rows /= 4
		case i == l.equal && slices.Contains(s.hints.extremes[c.table], t.column):
			rows = min(rows, 1)
		}
	}
	return rows
}

// equals returns the fraction of the rows that have one value.
func (s *search) equals(known *sample, t term) float64 {
	for _, k := range s.hints.conditions {
		if k.column == t.column && k.equal {
			if f, ok := known.fraction(k.text); ok {
				return f
			}
		}
	}
	if d := known.of(t).distinct; d > 0 {
		return 1 / d
	}
	return 1.0 / 10
}

// bytes estimates the size of c per row: its terms, the rowid, and their
// headers.
func (s *search) bytes(c candidate) float64 {
	known := s.sample(c.table)
	sum := 8.0
	for _, t := range c.terms {
		sum += 1 + known.of(t).width
	}
	if c.where != nil {
		f, _ := known.fraction(c.where.text)
		sum *= f
	}
	return sum
}
