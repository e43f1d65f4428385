package policies

import "strings"

// The prefixes of the figures that the configuration defines.
const (
	MetricPrefix      = "metric."      // metric.NAME: what a metric block measures
	IntegrationPrefix = "integration." // integration.NAME.METRIC: what a probe reports
)

// StaleIntervals is the number of intervals after which a value of these figures says
// nothing about the present.
const StaleIntervals = 3

// IntegrationFigure splits the path of a metric that an integration reports into the two
// names. Both may contain dots, so known says which integrations there are; the longest
// name counts. ok is false for any other path.
func IntegrationFigure(path string, known func(name string) bool) (name, metric string, ok bool) {
	rest, found := strings.CutPrefix(path, IntegrationPrefix)
	if !found {
		return "", "", false
	}
	for at := len(rest); at > 0; {
		if at = strings.LastIndexByte(rest[:at], '.'); at > 0 && at < len(rest)-1 && known(rest[:at]) {
			return rest[:at], rest[at+1:], true
		}
	}
	return "", "", false
}
