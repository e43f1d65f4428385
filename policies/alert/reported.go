package alert

import (
	"maps"
	"strings"
	"time"

	"vega/policies"
	"vega/policies/incident"
)

// of returns the integration that a figure is of, or nil. Its maintenance windows, silences
// and dependencies also count for what its probe reports.
func (m *board) of(s incident.Subject) *node {
	if s.Kind != incident.OfMetric {
		return nil
	}
	name, _, ok := policies.IntegrationFigure(s.Name, func(name string) bool { return m.nodes[name] != nil })
	if !ok {
		return nil
	}
	return m.nodes[name]
}

// interval returns how often a figure is evaluated: as often as it is measured, and at most
// with each sample. n is the integration that it is of, or nil.
func (m *board) interval(s incident.Subject, n *node) time.Duration {
	switch every := m.config.Measures[s.Name]; {
	case every > 0:
		return max(every, SampleInterval)
	case n == nil:
		return SampleInterval
	case n.Interval > 0:
		return max(n.Interval, SampleInterval)
	default:
		return defaultInterval
	}
}

// maxGood limits the subjects whose last good value is kept for evidence. Rows of a query
// may have other labels each time.
const maxGood = 10_000

func (m *board) noteGood(s incident.Subject, v reading) {
	if _, known := m.lastGood[s]; !known && len(m.lastGood) >= maxGood {
		maps.DeleteFunc(m.lastGood, func(_ incident.Subject, old reading) bool { return v.at.Sub(old.at).Abs() > time.Hour })
		if len(m.lastGood) >= maxGood {
			return
		}
	}
	m.lastGood[s] = v
}

// about returns the integration that the watch is about: its status, or a metric of it.
func (w *watch) about() *node {
	if w.node != nil {
		return w.node
	}
	return w.of
}

// explainedBy returns the open incident that explains the watch, or nil. The metrics of an
// integration are explained by what explains its status, and by its own outage: one fault
// is one message.
func (w *watch) explainedBy() *record {
	switch {
	case w.node != nil:
		return w.node.root
	case w.of != nil:
		return w.of.explains()
	default:
		return nil
	}
}

// explains returns the open incident that explains the metrics of n, or nil.
func (n *node) explains() *record {
	if n.root != nil {
		return n.root
	}
	return n.down
}

// addFigure notes that a watch is on a metric of an integration.
func (w *watch) addFigure(n *node) {
	if w.of = n; n != nil {
		n.figures = append(n.figures, w)
	}
}

// rerootFigures applies a change of what explains the metrics of n.
func (n *node) rerootFigures(m *incidents, before *record, at time.Time) {
	root := n.explains()
	if root == before {
		return
	}
	for _, w := range n.figures {
		if before != nil && !w.Distrust {
			w.distrust()
			m.changes.watch(&w.Watch)
		}
		if w.record != nil {
			m.attach(w.record, root, at)
		}
	}
}

// reportable returns why a metric is not reported any longer, or "".
func (m *board) reportable(s incident.Subject) string {
	if !strings.HasPrefix(s.Name, policies.IntegrationPrefix) {
		return ""
	}
	switch n := m.of(s); {
	case n == nil:
		return "the integration was removed"
	case !n.Enabled:
		return "the integration was disabled"
	default:
		return ""
	}
}

// sameFigure reports whether a subject may be one of a metric: their paths are equal, or
// end alike, as those of database.app.pool.percent and databases.pool.percent. A metric of
// an integration with for_each is that of each instance.
func sameFigure(metric, name string) bool {
	at := strings.LastIndexByte(metric, '.') + 1
	switch {
	case metric == "" || metric[at:] != name[strings.LastIndexByte(name, '.')+1:]:
		return false
	case strings.HasPrefix(metric, policies.IntegrationPrefix):
		return strings.HasPrefix(name, metric[:at])
	case strings.HasPrefix(metric, policies.MetricPrefix):
		return metric == name
	default:
		return true
	}
}
