package trends

import (
	"context"
	"time"

	"vega/store"
)

// IntegrationHistory is a chart of an integration: of its status and response time, or of a
// metric that it reports.
type IntegrationHistory struct {
	Name   string `json:"name"`
	Metric string `json:"metric"` // "": the status and the response time
	Unit   string `json:"unit"`   // of mean, min and max; as reported last, or "" if that is not known
	Span
	Points []Point `json:"points"` // the oldest first
}

// MetricHistory is a chart of the series of a metric block.
type MetricHistory struct {
	Name string `json:"name"`
	Span
	Series []SeriesHistory `json:"series"`
	More   int             `json:"more"` // series that labels selects, too, and that are left out
}

// SeriesHistory is a chart of one series.
type SeriesHistory struct {
	Labels map[string]string `json:"labels"`
	Points []Point           `json:"points"` // the oldest first
}

// Metric is a metric block, with the outcome of its last query.
type Metric struct {
	Name       string     `json:"name"`
	Help       string     `json:"help"`
	Database   string     `json:"database"`
	IntervalMS int64      `json:"interval_ms"`
	State      string     `json:"state"`    // up, down or unknown
	Error      string     `json:"error"`    // why the state is not up
	LastRun    *time.Time `json:"last_run"` // when the last query began
	TookMS     float64    `json:"took_ms"`
	NextRun    *time.Time `json:"next_run"`
	Values     []Value    `json:"values"` // none that is older than three intervals
}

// Value is the last value of a series.
type Value struct {
	Labels map[string]string `json:"labels"`
	Value  float64           `json:"value"`
	At     time.Time         `json:"at"`
}

// MaxSeries limits the series of a chart.
const MaxSeries = 50

// SeriesStore is what Series reads.
type SeriesStore interface {
	Store
	Series(ctx context.Context, integration string) ([]store.Series, error)
}

// OfMetric returns the charts of the series of a metric block that have the labels. known
// is false if the block has no series at all.
func (s *Span) OfMetric(ctx context.Context, from SeriesStore, name string, labels map[string]string) (h MetricHistory, known bool, err error) {
	h = MetricHistory{Name: name, Span: *s, Series: []SeriesHistory{}}
	all, err := from.Series(ctx, "")
	if err != nil {
		return h, false, err
	}
	for _, series := range all {
		if series.Metric != name {
			continue
		}
		known = true
		has, err := ParseLabels(series.Labels)
		if err != nil || !selects(labels, has) {
			continue
		}
		points, err := s.Chart(ctx, from, series, 1)
		if err != nil {
			return h, known, err
		}
		switch {
		case len(points) == 0: // nothing in this period
		case len(h.Series) == MaxSeries:
			h.More++
		default:
			h.Series = append(h.Series, SeriesHistory{has, points})
		}
	}
	return h, known, nil
}
