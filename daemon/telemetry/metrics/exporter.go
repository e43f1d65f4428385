package metrics

import (
	"cmp"
	"compress/gzip"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"vega/policies/check"
)

// State is the last known state of an integration.
type State struct {
	Integration string
	Status      check.Status
	At          time.Time // when the run began; zero: it has not run
	Took        time.Duration
	Interval    time.Duration // between runs; 0: on request only
	Metrics     []check.Metric
	Exchange    *check.Exchange // nil: vega saw none
}

// Sources are where an Exporter reads what is not a run. All but Each may be nil.
type Sources struct {
	// Each calls f with the state of each integration, in order of name.
	Each func(f func(State))
	// Sinks returns how many runs each sink did not record.
	Sinks func() []Sink
	// Reloaded reports whether the configuration on disk was accepted when it was last
	// read.
	Reloaded func() bool
	// Incidents returns how many incidents are open, by severity.
	Incidents func() map[string]int
	// Figures returns figures about the host, this process and databases.
	Figures func(ctx context.Context) []Figure
	// Custom returns the metrics of the configuration.
	Custom func() []Custom
}

// Figure is a figure by its path in diagnostics, such as system.disks.percent.
type Figure struct {
	Path    string
	Subject string // one of several that have the figure, or ""
	Value   float64
}

// Custom is a metric that the configuration defines.
type Custom struct {
	Name, Help string
	Up, Known  bool // whether its last query succeeded, and whether that is known
	Samples    []Sample
}

// Sample is a series of such a metric.
type Sample struct {
	Labels []string // names and values, in order of name
	Value  float64
}

// Sink is the name of a sink and how many runs it did not record.
type Sink struct {
	Name    string
	Dropped int64 // its queue was full
	Failed  int64
}

// Exporter holds counters, and exports them with what the sources have. It is safe for
// concurrent use.
type Exporter struct {
	sources  Sources
	registry *prometheus.Registry
	timings  timings
	turn     chan struct{} // holds a token while a scrape is encoded
	waiting  atomic.Int32  // scrapes in progress
	sheet    sheet         // used with the token
	gzip     *gzip.Writer  // used with the token; nil: none yet

	mu         sync.RWMutex // guards the fields below
	notifiers  []string
	notified   map[notification]float64
	databases  map[string]bool
	cells      map[string]*cell
	maxSeries  int
	generation uint64 // of the configuration
}

// New returns an Exporter. Until Configure is called, it exports no integrations.
func New(release Release, s Sources) *Exporter {
	e := &Exporter{sources: s, registry: prometheus.NewRegistry(), turn: make(chan struct{}, 1), cells: map[string]*cell{}, notified: map[notification]float64{}}
	e.timings = newTimings()
	e.register(release)
	return e
}

// Settings is what an Exporter needs of a configuration.
type Settings struct {
	Integrations []string // names
	Databases    []string // names, without vega's own
	Notifiers    []string // names
	// Changed lists integrations that may now have other metrics than before.
	Changed   []string
	MaxSeries int // metrics of an integration that are exported
}

// Configure applies a configuration. Counters of integrations that stay continue, and
// those of others end.
func (e *Exporter) Configure(s Settings) {
	e.mu.Lock()
	defer e.mu.Unlock()
	next := make(map[string]*cell, len(s.Integrations))
	for _, name := range s.Integrations {
		c := e.cells[name]
		if c == nil {
			c = &cell{}
		}
		next[name] = c
	}
	for _, name := range s.Changed {
		if c := next[name]; c != nil {
			c.forget()
		}
	}
	e.cells, e.maxSeries = next, s.MaxSeries
	e.configureNotifiers(s.Notifiers)
	e.configureDatabases(s.Databases)
	e.generation++
}

// Record counts a run. It implements engine.Sink, and returns no error.
func (e *Exporter) Record(ctx context.Context, r check.Run) error {
	e.timings.observeRun(ctx, &r)
	e.mu.RLock()
	c, limit := e.cells[r.Integration], e.maxSeries
	e.mu.RUnlock()
	if c != nil { // it was not removed meanwhile
		c.record(&r, limit)
	}
	return nil
}

// Gatherer returns a Gatherer of all families, in order of name. It is for one user: what
// Gather returns is valid until the next call.
func (e *Exporter) Gatherer() prometheus.Gatherer { return &gatherer{exporter: e} }

type gatherer struct {
	exporter *Exporter
	mu       sync.Mutex
	sheet    sheet
}

// Gather implements prometheus.Gatherer.
func (g *gatherer) Gather() ([]*dto.MetricFamily, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.exporter.gather(context.Background(), &g.sheet)
}

// gather returns all families in order of name. Those with series of integrations belong
// to the sheet.
func (e *Exporter) gather(ctx context.Context, s *sheet) ([]*dto.MetricFamily, error) {
	all, err := e.registry.Gather()
	if err != nil {
		return nil, err
	}
	all = append(all, e.general(ctx)...)
	all = append(all, s.fill(e)...)
	slices.SortFunc(all, func(a, b *dto.MetricFamily) int { return cmp.Compare(a.GetName(), b.GetName()) })
	return all, nil
}

// cellOf returns the counters of an integration, and the generation that they belong to.
func (e *Exporter) cellOf(name string) *cell {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if c := e.cells[name]; c != nil {
		return c
	}
	return &cell{} // the integration is not configured yet, or not any longer
}

func (e *Exporter) current() (generation uint64, maxSeries int) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.generation, e.maxSeries
}
