package metrics

import (
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"

	"vega/daemon/telemetry/blackbox"
	"vega/policies"
	"vega/policies/check"
)

// The families with series of integrations.
const (
	familyBlackbox = 0 // the first of those of blackbox_exporter
	familyInterval = iota + len(blackbox.All) - 1
	familyLastRun
	familyRuns
	familyStatus
	familyValue
	familyDropped
	familyCount
)

// sheet holds the families with series of integrations, for one configuration. Between
// two scrapes only the values change, unless a probe reports other metrics.
type sheet struct {
	generation uint64
	slots      []*slot
	pairs      map[[2]string]*dto.LabelPair // that several integrations share
	families   [familyCount]*dto.MetricFamily
}

// slot has the series of an integration.
type slot struct {
	name  string
	cell  *cell
	label []*dto.LabelPair // integration="NAME"

	status            [len(statuses)]gauge
	interval, lastRun gauge
	runs              []*counter
	values            []*value
	exchange          []*observed
	dropped           *counter
}

// The values of the label status, in order.
var statuses = [...]check.Status{check.Degraded, check.Disabled, check.Healthy, check.Unhealthy, check.Unknown}

// gauge is a series whose value changes in place.
type gauge struct {
	metric dto.Metric
	of     dto.Gauge
	value  float64
}

func (g *gauge) init(labels []*dto.LabelPair) *gauge {
	g.metric.Label, g.metric.Gauge, g.of.Value = labels, &g.of, &g.value
	return g
}

// counter is like gauge.
type counter struct {
	metric dto.Metric
	of     dto.Counter
	value  float64
}

func newCounter(labels ...*dto.LabelPair) *counter {
	c := &counter{}
	c.metric.Label, c.metric.Counter, c.of.Value = labels, &c.of, &c.value
	return c
}

// value is the series of a metric that a probe reports.
type value struct {
	gauge
	name, unit string
}

// observed is a series that blackbox_exporter has, too.
type observed struct {
	gauge
	id    blackbox.ID
	label string
}

// fill sets all values and returns the families that have a series.
func (s *sheet) fill(e *Exporter) []*dto.MetricFamily {
	generation, limit := e.current()
	if s.pairs == nil || s.generation != generation {
		*s = sheet{generation: generation, pairs: map[[2]string]*dto.LabelPair{}, families: newFamilies()}
	}
	for _, f := range s.families {
		f.Metric = f.Metric[:0]
	}
	n := 0
	e.sources.Each(func(state State) {
		if n == len(s.slots) {
			s.slots = append(s.slots, nil)
		}
		if s.slots[n] == nil || s.slots[n].name != state.Integration {
			s.slots[n] = s.newSlot(state.Integration, e.cellOf(state.Integration))
		}
		s.put(s.slots[n], &state, limit)
		n++
	})
	clear(s.slots[n:])
	s.slots = s.slots[:n]
	out := make([]*dto.MetricFamily, 0, familyCount)
	for _, f := range s.families {
		clear(f.Metric[len(f.Metric):cap(f.Metric)])
		if len(f.Metric) > 0 {
			out = append(out, f)
		}
	}
	return out
}

func newFamilies() (all [familyCount]*dto.MetricFamily) {
	for n := range blackbox.All {
		f := &blackbox.All[n]
		all[n] = &dto.MetricFamily{Name: &f.Name, Help: &f.Help, Type: dto.MetricType_GAUGE.Enum()}
	}
	for n, f := range map[int]struct {
		name, help string
		kind       dto.MetricType
	}{
		familyInterval: {"vega_integration_interval_seconds", "Interval between runs of the integration, or 0 if it runs only on request.", dto.MetricType_GAUGE},
		familyLastRun:  {"vega_integration_last_run_timestamp_seconds", "When the last run of the integration began, in seconds since 1970.", dto.MetricType_GAUGE},
		familyRuns:     {"vega_integration_runs_total", "Runs of the integration since the start of vega, by status and cause.", dto.MetricType_COUNTER},
		familyStatus:   {"vega_integration_status", "Whether the integration has the status (1) or not (0).", dto.MetricType_GAUGE},
		familyValue:    {"vega_probe_value", "What the probe of the integration measured in its last run, in the unit of the label.", dto.MetricType_GAUGE},
		familyDropped:  {"vega_series_dropped_total", "Values of the integration that are not exported, because it has more metrics than metrics.max_series.", dto.MetricType_COUNTER},
	} {
		all[n] = &dto.MetricFamily{Name: &f.name, Help: &f.help, Type: f.kind.Enum()}
	}
	return all
}

func (s *sheet) newSlot(name string, c *cell) *slot {
	own := pair("integration", name)
	t := &slot{name: name, cell: c, label: []*dto.LabelPair{own}}
	for n, status := range statuses {
		t.status[n].init([]*dto.LabelPair{own, s.pair("status", string(status))})
	}
	for _, g := range []*gauge{&t.interval, &t.lastRun} {
		g.init(t.label)
	}
	return t
}

// put sets the values of an integration and adds its series to the families.
func (s *sheet) put(t *slot, state *State, limit int) {
	for n, status := range statuses {
		t.status[n].value = 0
		if status == state.Status {
			t.status[n].value = 1
		}
		s.add(familyStatus, &t.status[n].metric)
	}
	t.interval.value = state.Interval.Seconds()
	s.add(familyInterval, &t.interval.metric)
	if !state.At.IsZero() && state.Status != check.Disabled {
		t.lastRun.value = float64(state.At.UnixMilli()) / 1000
		s.add(familyLastRun, &t.lastRun.metric)
		s.putExchange(t, state)
	}
	t.cell.mu.Lock()
	defer t.cell.mu.Unlock()
	s.putRuns(t)
	s.putValues(t, state.Metrics, limit)
}

// putExchange adds what blackbox_exporter would have of the last run.
func (s *sheet) putExchange(t *slot, state *State) {
	n := 0
	blackbox.Each(&check.Run{Status: state.Status, Took: state.Took, Exchange: state.Exchange}, func(one blackbox.Sample) {
		if n == len(t.exchange) {
			t.exchange = append(t.exchange, nil)
		}
		o := t.exchange[n]
		if o == nil || o.id != one.ID || o.label != one.Label {
			o = &observed{id: one.ID, label: one.Label}
			o.init(s.labels(t, blackbox.All[one.ID].Label, one.Label))
			t.exchange[n] = o
		}
		o.value = one.Value
		s.add(familyBlackbox+int(one.ID), &o.metric)
		n++
	})
}

// labels returns the label of an integration and another one, in order of name, or only
// the first if the other has no name.
func (s *sheet) labels(t *slot, name, value string) []*dto.LabelPair {
	switch {
	case name == "":
		return t.label
	case name < "integration":
		return []*dto.LabelPair{s.pair(name, value), t.label[0]}
	default:
		return []*dto.LabelPair{t.label[0], s.pair(name, value)}
	}
}

// putRuns adds the counters. The caller holds the cell's mutex.
func (s *sheet) putRuns(t *slot) {
	if len(t.runs) != len(t.cell.runs) { // a run ended in a way that is new
		t.runs = make([]*counter, len(t.cell.runs))
		for n, c := range t.cell.runs {
			t.runs[n] = newCounter(s.pair("cause", string(c.cause)), t.label[0], s.pair("status", string(c.status)))
		}
	}
	for n := range t.runs {
		t.runs[n].value = float64(t.cell.runs[n].n)
		s.add(familyRuns, &t.runs[n].metric)
	}
	if t.cell.dropped > 0 {
		if t.dropped == nil {
			t.dropped = newCounter(t.label...)
		}
		t.dropped.value = float64(t.cell.dropped)
		s.add(familyDropped, &t.dropped.metric)
	}
}

// putValues adds the metrics of the last run. The caller holds the cell's mutex.
func (s *sheet) putValues(t *slot, metrics []check.Metric, limit int) {
	kept := 0
	for i := range metrics {
		m := &metrics[i]
		if !t.cell.keeps(m.Name, limit) || slices.ContainsFunc(t.values[:kept], func(v *value) bool { return v.name == m.Name }) {
			continue // a probe may report a name twice, and a series has one value
		}
		if kept == len(t.values) {
			t.values = append(t.values, nil)
		}
		v := t.values[kept]
		unit, factor := policies.BaseUnit(m.Unit)
		if v == nil || v.name != m.Name || v.unit != m.Unit {
			v = &value{name: m.Name, unit: m.Unit}
			v.init([]*dto.LabelPair{t.label[0], s.pair("metric", m.Name), s.pair("unit", unit)})
			t.values[kept] = v
		}
		v.value = m.Value * factor
		s.add(familyValue, &v.metric)
		kept++
	}
}

func (s *sheet) add(family int, m *dto.Metric) {
	s.families[family].Metric = append(s.families[family].Metric, m)
}

// pair returns a label that several integrations share.
func (s *sheet) pair(name, value string) *dto.LabelPair {
	key := [2]string{name, value}
	p := s.pairs[key]
	if p == nil {
		p = pair(name, value)
		s.pairs[key] = p
	}
	return p
}

func pair(name, value string) *dto.LabelPair {
	value = valid(value)
	return &dto.LabelPair{Name: &name, Value: &value}
}

// valid returns a value that every format can represent.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
