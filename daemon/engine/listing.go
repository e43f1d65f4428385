package engine

import "iter"

// listing holds the reports of an answer. It copies one when it is read, so that an
// answer about thousands of integrations takes no memory for each.
type listing struct {
	roster  *roster
	reports []*Report // of the last runs; not changed
	roots   func(n int) []string
}

func newListing(r *roster, reports []*Report) *listing {
	return &listing{roster: r, reports: reports, roots: r.roots(reports)}
}

// at returns a report with its current age, its root causes and its annotations.
func (l *listing) at(n int) Report {
	r := l.reports[n].Aged()
	r.RootCause = l.roots(n)
	if i := l.roster.find(r.Name); i != nil {
		r.Annotations = i.noted()
	}
	return r
}

// all returns every report.
func (l *listing) all() iter.Seq[Report] {
	return func(yield func(Report) bool) {
		for n := range l.reports {
			if !yield(l.at(n)) {
				return
			}
		}
	}
}
