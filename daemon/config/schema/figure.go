package schema

import "vega/policies"

// FindFigure returns the metric of a path such as "system.memory.percent",
// "database.app.pool.percent" or "databases.pool.percent".
func FindFigure(resource string) (policies.Figure, bool) {
	if kind := policies.Kind(resource); kind != resource {
		return policies.FigureOf(policies.DatabaseFigures(), kind)
	}
	return policies.FigureOf(policies.Figures(), resource)
}

// IsFigure reports whether a string is the path of a metric.
func IsFigure(s string) bool {
	_, ok := FindFigure(s)
	return ok
}
