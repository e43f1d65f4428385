package replay

import (
	"context"
	"slices"
	"strings"
	"time"

	"vega/policies"
	"vega/policies/alert"
	"vega/store"
)

// samplesPerMinute is how often figures are read live.
const samplesPerMinute = int(time.Minute / alert.SampleInterval)

// minute holds the rows of a minute, by metric.
type minute struct {
	at time.Time
	of []metricRows
}

type metricRows struct {
	metric string
	rows   []store.FigureRow
}

// figures makes readings of minute rows, in order of time.
type figures struct {
	minutes []minute
	sample  int                   // the next one of the first minute
	last    map[[2]string]float64 // values, by resource and subject
}

// readFigures reads the minute rows of the metrics.
func readFigures(ctx context.Context, s Store, metrics []string, since, until time.Time) (*figures, error) {
	f := &figures{last: map[[2]string]float64{}}
	if len(metrics) == 0 {
		return f, nil
	}
	rows, err := s.Figures(ctx, store.FigureQuery{Since: since, Until: until})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(rows, func(a, b store.FigureRow) int { return a.Minute.Compare(b.Minute) })
	for _, r := range rows {
		for _, metric := range metrics {
			if names(metric, &r) {
				f.add(metric, r)
			}
		}
	}
	return f, nil
}

// add adds a row. Rows come in order of time.
func (f *figures) add(metric string, r store.FigureRow) {
	if n := len(f.minutes); n == 0 || !f.minutes[n-1].at.Equal(r.Minute) {
		f.minutes = append(f.minutes, minute{at: r.Minute})
	}
	last := &f.minutes[len(f.minutes)-1]
	n := slices.IndexFunc(last.of, func(m metricRows) bool { return m.metric == metric })
	if n < 0 {
		n, last.of = len(last.of), append(last.of, metricRows{metric: metric})
	}
	last.of[n].rows = append(last.of[n].rows, r)
}

// names reports whether a metric of an alert stands for the figure of a row: itself, one
// of the databases that databases. stands for, or an instance of the integration.
func names(metric string, r *store.FigureRow) bool {
	if metric == r.Resource {
		return true
	}
	if strings.HasPrefix(metric, policies.IntegrationPrefix) {
		at := strings.LastIndexByte(metric, '.')
		return strings.HasPrefix(r.Resource, metric[:at+1]) && strings.HasSuffix(r.Resource, metric[at:])
	}
	rest, ok := strings.CutPrefix(metric, "databases.")
	return ok && r.Resource == "database."+r.Subject+"."+rest
}

// next returns when the next readings are. ok is false if there are none left.
func (f *figures) next() (at time.Time, ok bool) {
	if len(f.minutes) == 0 {
		return at, false
	}
	return f.minutes[0].at.Add(time.Duration(f.sample) * alert.SampleInterval), true
}

// read hands the next readings over.
func (f *figures) read(to func(metric string, all []policies.Reading)) {
	first := &f.minutes[0]
	for _, m := range first.of {
		readings := make([]policies.Reading, len(m.rows))
		for n := range m.rows {
			readings[n] = f.reading(&m.rows[n])
		}
		to(m.metric, readings)
	}
	if f.sample++; f.sample < samplesPerMinute {
		return
	}
	for _, m := range first.of {
		for _, r := range m.rows {
			f.last[[2]string{r.Resource, r.Subject}] = r.Last
		}
	}
	f.minutes, f.sample = f.minutes[1:], 0
}

// reading returns what a figure was at the next sample. Of a minute, the extremes and the
// last value are known. The extreme that is closer to the last value of the minute before
// comes first, then the other one.
func (f *figures) reading(r *store.FigureRow) policies.Reading {
	near, far := r.Min, r.Max
	if last, ok := f.last[[2]string{r.Resource, r.Subject}]; ok && last > (r.Min+r.Max)/2 {
		near, far = far, near
	}
	out := policies.Reading{Resource: r.Resource, Subject: r.Subject, Value: r.Last}
	if strings.HasPrefix(r.Resource, policies.MetricPrefix) || strings.HasPrefix(r.Resource, policies.IntegrationPrefix) {
		out.Measured = r.Minute // a row is stored for a new measurement only
		if r.Min != r.Max {     // there were several
			out.Measured = r.Minute.Add(time.Duration(f.sample) * alert.SampleInterval)
		}
	}
	switch f.sample {
	case 0:
		out.Value = near
	case 1:
		out.Value = far
	}
	return out
}
