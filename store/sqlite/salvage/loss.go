package salvage

import (
	"cmp"
	"context"
	"math"
	"slices"

	"vega/store/sqlite/pages"
)

// loss records which rows of a table could not be read.
type loss struct {
	rootless bool           // the table may have been anywhere
	listed   bool           // lost has all pages that can't be read
	lost     map[int64]bool // pages that can't be read
	gaps     []pages.Span   // numbers of rows on pages that can't be read, in order
	open     []pages.Span   // those of the gaps that may be on other pages
	found    []pages.Span   // numbers of rows on pages that were found without a tree
	cells    int64          // that can't be read on pages that can
	rows     int64          // that were read
	of       int64          // pages from which they were read
}

func newLoss() *loss { return &loss{lost: map[int64]bool{}} }

func (l *loss) none() bool { return !l.rootless && len(l.lost) == 0 && l.cells == 0 }

// lose records that a page can't be read.
func (l *loss) lose(p pages.Lost) {
	l.lost[p.Number] = true
	l.gaps = append(l.gaps, p.Span)
	if !p.Leaf {
		l.open = append(l.open, p.Span)
	}
}

// misses reports whether rows with these numbers may have been below a page that
// can't be read.
func (l *loss) misses(s pages.Span) bool {
	return l.rootless || slices.ContainsFunc(l.open, func(gap pages.Span) bool { return gap.After <= s.After && s.Last <= gap.Last })
}

// read records a page with all rows, n of them read. ids are their numbers, if rows
// have numbers.
func (l *loss) read(n, all int, ids []int64, s pages.Span) {
	l.rows += int64(n)
	l.of++
	if n == all {
		return
	}
	l.cells += int64(all - n)
	for _, id := range ids {
		if s.After == math.MinInt64 || id-s.After > 1 {
			l.gaps = append(l.gaps, pages.Span{After: s.After, Last: id - 1})
		}
		s.After = id
	}
	if s.Last > s.After {
		l.gaps = append(l.gaps, s)
	}
}

// find records a page that was found without a tree, with all rows, n of them read.
// ids are their numbers.
func (l *loss) find(n, all int, ids []int64) {
	l.rows += int64(n)
	l.of++
	l.cells += int64(all - n)
	if n == all && len(ids) > 0 {
		l.found = append(l.found, pages.Span{After: ids[0] - 1, Last: ids[n-1]})
		return
	}
	for _, id := range ids {
		l.found = append(l.found, pages.Span{After: id - 1, Last: id})
	}
}

// lost reports whether a part of a table can't be read from its root.
func (c *recovery) lost() bool {
	for _, l := range c.losses {
		if !l.none() {
			return true
		}
	}
	return false
}

// missing returns the gaps without what was found.
func (l *loss) missing() (all []pages.Span) {
	slices.SortFunc(l.found, func(a, b pages.Span) int { return cmp.Compare(a.After, b.After) })
	gaps := l.gaps
	if l.rootless {
		gaps = []pages.Span{pages.All}
	}
	for _, g := range gaps {
		at, _ := slices.BinarySearchFunc(l.found, g.After, func(f pages.Span, after int64) int { return cmp.Compare(f.Last, after) })
		for ; at < len(l.found) && l.found[at].After < g.Last; at++ {
			f := l.found[at]
			if f.After > g.After {
				all = append(all, pages.Span{After: g.After, Last: f.After})
			}
			g.After = max(g.After, f.Last)
		}
		if g.After < g.Last {
			all = append(all, g)
		}
	}
	slices.SortFunc(all, func(a, b pages.Span) int { return cmp.Compare(a.After, b.After) })
	return all
}

// Range is a range of the numbers of rows. 0 stands for an unknown end.
type Range struct {
	First int64 `json:"first"`
	Last  int64 `json:"last"`
}

// count sets how many rows are lost: by an index that still lists their numbers,
// or else by an estimate.
func (c *recovery) count(ctx context.Context) error {
	if !c.lost() {
		return nil
	}
	complete := c.file.Parents(func(number int64) {
		for _, t := range c.sink.tables {
			if !t.keyed {
				delete(c.losses[t.name].lost, number) // it led to others, and had no rows
			}
		}
	})
	for _, t := range c.sink.tables {
		l, to := c.losses[t.name], c.sink.report.table(t.name)
		if l.none() {
			continue
		}
		missing := l.missing()
		if t.keyed {
			missing = nil
		}
		if l.listed = complete && !l.rootless; l.listed && len(l.lost) == 0 && l.cells == 0 {
			continue // every page was found without those that led to it
		}
		counted, err := c.countByIndex(ctx, t, missing, to)
		if err != nil {
			return err
		}
		if !counted {
			l.estimate(missing, t.keyed, to)
		}
	}
	return nil
}

// countByIndex counts the missing rows that an index of the table lists. It
// returns false if no index can be read completely.
func (c *recovery) countByIndex(ctx context.Context, t *table, missing []pages.Span, to *Table) (bool, error) {
	if t.number < 0 || len(missing) == 0 {
		return false, nil
	}
	for _, x := range c.indexes {
		root := c.rootOf(x.name)
		if x.table != t.name || x.partial || root == 0 {
			continue
		}
		ranges, n := make([]Range, len(missing)), int64(0)
		whole := true
		err := c.file.Walk(root, pages.Visitor{
			Page: func(p *pages.Page, _ pages.Span) error {
				read := 0
				err := p.Records(func(r pages.Record) error {
					id, ok := r.Values[len(r.Values)-1].(int64)
					if ok && len(r.Values) == len(x.columns)+1 {
						read++
						n += note(missing, ranges, id)
					}
					return nil
				})
				whole = whole && read == p.Rows()
				return cmp.Or(err, ctx.Err())
			},
			Lost: func(pages.Lost) error { whole = false; return nil },
		})
		if err != nil {
			return false, err
		}
		if whole {
			to.Lost, to.Counted = n, true
			to.Ranges = join(slices.DeleteFunc(ranges, func(r Range) bool { return r.First == 0 }))
			return true, nil
		}
	}
	return false, nil
}

// note extends the range of the gap that a number lies in. It returns 1 if there
// is one.
func note(missing []pages.Span, ranges []Range, id int64) int64 {
	at, _ := slices.BinarySearchFunc(missing, id, func(s pages.Span, id int64) int { return cmp.Compare(s.Last, id) })
	if at == len(missing) || id <= missing[at].After {
		return 0
	}
	r := &ranges[at]
	if r.First == 0 || id < r.First {
		r.First = id
	}
	r.Last = max(r.Last, id)
	return 1
}

// estimate sets the number of lost rows from what neighbouring pages hold.
func (l *loss) estimate(missing []pages.Span, keyed bool, to *Table) {
	perPage := int64(1)
	if l.of > 0 {
		perPage = max(1, l.rows/l.of)
	}
	n, open := int64(0), l.rootless
	for _, s := range missing {
		r := Range{First: s.After + 1, Last: s.Last}
		switch {
		case s.After == math.MinInt64 && s.Last == math.MaxInt64:
			r, open = Range{}, true
		case s.After == math.MinInt64:
			r.First, open = 0, true
			n += min(perPage, s.Last)
		case s.Last == math.MaxInt64:
			r.Last, open = 0, true
			n += perPage
		default:
			n += s.Last - s.After
		}
		to.Ranges = append(to.Ranges, r)
	}
	to.Ranges = join(to.Ranges)
	to.Lost = max(n, l.cells)
	if open || keyed {
		to.Lost = max(n, int64(len(l.lost))*perPage+l.cells)
	}
	to.More = !l.listed && (open && len(l.lost) > 0 || l.rootless)
}

// join joins ranges that follow each other.
func join(ranges []Range) (all []Range) {
	for _, r := range ranges {
		if n := len(all) - 1; n >= 0 && all[n].Last != 0 && all[n].Last+1 == r.First {
			all[n].Last = r.Last
			continue
		}
		all = append(all, r)
	}
	return all
}
