package alerting

import (
	"context"
	"maps"
	"math"
	"time"

	"vega/policies"
	"vega/store"
)

const (
	// sampleInterval is how often figures are read.
	sampleInterval = 15 * time.Second
	// samplePatience limits how long reading the figures may take.
	samplePatience = 5 * time.Second
)

// sample evaluates figures and events every 15 seconds, until ctx ends.
func (a *Alerting) sample(ctx context.Context) {
	ticks := time.NewTicker(sampleInterval)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		a.sampleOnce(ctx)
	}
}

func (a *Alerting) sampleOnce(ctx context.Context) {
	err := a.options.Store.Degraded()
	message := ""
	if err != nil {
		message = err.Error()
	}
	a.Event(StoreFailing, "", err != nil, message)
	a.repeatEvents(time.Now())
	a.mu.Lock()
	paths := a.machine.Metrics()
	a.mu.Unlock()
	if len(paths) > 0 {
		a.sampleFigures(ctx, paths)
	}
	a.notify()
}

func (a *Alerting) sampleFigures(ctx context.Context, paths []string) {
	read, cancel := context.WithTimeout(ctx, samplePatience)
	defer cancel()
	all, err := a.options.Read(read, paths)
	if ctx.Err() != nil {
		return
	}
	now := time.Now()
	a.mu.Lock()
	for _, path := range paths {
		readings := all[path]
		if err != nil {
			readings = []policies.Reading{{Resource: path, Unknown: err.Error()}}
		}
		a.machine.Sample(now, path, readings)
		a.figures.add(now, readings)
	}
	rows := a.figures.finished(now)
	pending, ancestors := a.machine.Wanted()
	a.mu.Unlock()
	if len(pending)+len(ancestors) > 0 {
		a.options.Soon(pending, ancestors)
	}
	if len(rows) == 0 {
		return
	}
	if err := a.options.Store.AppendFigures(read, rows); err != nil && a.options.Store.Degraded() == nil {
		a.options.Log.Warn("can't store figures", "err", err)
	}
}

// minute collects the figures of a minute.
type minute struct {
	began time.Time
	rows  map[figure]*store.FigureRow
	// measured has when the figures that are not measured by reading them were measured last.
	measured map[figure]measured
}

type measured struct {
	at   time.Time
	read bool // in this minute
}

type figure struct{ resource, subject string }

// add adds readings. Those without a value are left out.
func (m *minute) add(now time.Time, all []policies.Reading) {
	if m.rows == nil {
		m.began, m.rows = now.Truncate(time.Minute), map[figure]*store.FigureRow{}
	}
	for _, r := range all {
		if r.Unknown != "" || math.IsNaN(r.Value) || math.IsInf(r.Value, 0) {
			continue
		}
		key := figure{r.Resource, r.Subject}
		if m.again(key, r.Measured) {
			continue
		}
		row := m.rows[key]
		if row == nil {
			row = &store.FigureRow{Minute: m.began, Resource: r.Resource, Subject: r.Subject, Min: r.Value, Max: r.Value}
			m.rows[key] = row
		}
		row.Last, row.Min, row.Max = r.Value, min(row.Min, r.Value), max(row.Max, r.Value)
	}
}

// again reports whether a value is the one that was read before: it is stored once.
func (m *minute) again(key figure, at time.Time) bool {
	if at.IsZero() {
		return false
	}
	if m.measured == nil {
		m.measured = map[figure]measured{}
	}
	before := m.measured[key]
	m.measured[key] = measured{at, true}
	return before.at.Equal(at)
}

// finished returns the rows of the minute if it is over, and begins the next one.
func (m *minute) finished(now time.Time) []store.FigureRow {
	if m.rows == nil || now.Truncate(time.Minute).Equal(m.began) {
		return nil
	}
	rows := make([]store.FigureRow, 0, len(m.rows))
	for _, r := range m.rows {
		rows = append(rows, *r)
	}
	m.rows = nil
	maps.DeleteFunc(m.measured, func(_ figure, v measured) bool { return !v.read })
	for key, v := range m.measured {
		m.measured[key] = measured{v.at, false}
	}
	return rows
}
