package advise

import (
	"math"
	"slices"
	"strings"
	"time"
)

const (
	maxIndexes = 3
	// few rows are read from one or two pages. An index that finds fewer is no
	// faster.
	few = 20
	// unknownRows is what SQLite assumes for a table that was never analyzed.
	unknownRows = 1_048_576
	candidateAs = "vega_candidate_"
)

// option is a plan with some candidates created.
type option struct {
	made   []candidate
	steps  []step
	score  int
	effort int     // number of rows read, in powers of four
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
	clone    *clone
	samples  map[*table]*sample
	deadline time.Time
}

// best adds the best candidate until none improves the plan, and returns what
// it added. If no single candidate helps, as with OR, it tries all together.
func (s *search) best(steps []step, list []candidate) (option, error) {
	now := option{steps: steps, score: score(s.judge(steps))}
	for now.score > 0 && len(now.made) < maxIndexes {
		found, err := s.one(now, list)
		if err != nil {
			return now, err
		}
		if found.score == now.score && len(now.made) == 0 {
			if found, err = s.together(now, list); err != nil {
				return now, err
			}
		}
		if found.score >= now.score {
			break
		}
		now = found
	}
	return now, nil
}

// one returns the best plan with one more candidate.
func (s *search) one(now option, list []candidate) (option, error) {
	best := now
	for _, c := range list {
		if time.Now().After(s.deadline) {
			break
		}
		o, err := s.try(append(slices.Clip(now.made), c))
		if err != nil {
			return best, err
		}
		if len(o.made) == len(now.made)+1 && o.score < now.score && (len(best.made) == len(now.made) || o.less(best)) {
			best = o
		}
	}
	return best, nil
}

// together creates all candidates and keeps those that the planner uses.
func (s *search) together(now option, list []candidate) (option, error) {
	slices.SortStableFunc(list, func(a, b candidate) int { return len(a.terms) - len(b.terms) })
	o, err := s.try(list)
	if err != nil || len(o.made) > maxIndexes || o.score >= now.score {
		return now, err
	}
	kept, err := s.try(o.made)
	if err != nil || len(kept.made) < len(o.made) || kept.score >= now.score {
		return now, err
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
	if o.steps, err = s.clone.explain(s.plain, s.params); err != nil {
		return o, err
	}
	o.score = score(s.judge(o.steps))
	rows := 0.0
	for i, c := range list {
		if l, ok := usedIn(o.steps, candidateName(i)); ok {
			o.made = append(o.made, c)
			o.bytes += s.bytes(c)
			rows += s.rowsRead(c, l)
		}
	}
	if rows > few {
		o.effort = int(math.Ceil(math.Log(rows/few) / math.Log(4)))
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
