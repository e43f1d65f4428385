package schema

import (
	"strings"

	"vega/policies"
)

// IsReported reports whether a path names a metric that the configuration defines. Its
// values can be negative, and its unit is not known.
func IsReported(path string) bool {
	return strings.HasPrefix(path, policies.MetricPrefix) || strings.HasPrefix(path, policies.IntegrationPrefix)
}

// FindFigure returns the metric of a path such as "system.memory.percent",
// "database.app.pool.percent", "databases.pool.percent" or "metric.orders_open".
func FindFigure(resource string) (policies.Figure, bool) {
	if IsReported(resource) {
		return policies.Figure{Path: resource, Unit: policies.Count}, true
	}
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
