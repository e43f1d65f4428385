package daemon

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"vega/daemon/config"
	"vega/daemon/trends"
	"vega/policies"
	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/uptime"
	"vega/store"
	"vega/store/sqlite/rollups"
)

// defaultSpeaks is how long a run of an integration speaks that runs only on request.
const defaultSpeaks = 2 * time.Minute

// Uptime reports on one integration, even if it is not configured now. The error is an
// *engine.UnknownError if the name is neither configured nor in the history.
func (h *history) Uptime(ctx context.Context, name string, since, until time.Time) (trends.UptimeReport, error) {
	if err := h.flush(ctx); err != nil {
		return trends.UptimeReport{}, err
	}
	q := trends.UptimeQuery{
		Name: name, Since: since, Until: until, Now: time.Now(), Limit: defaultSpeaks,
		Maintenance: func(time.Time, time.Time) []uptime.Period { return nil },
	}
	c := h.daemon.inForce().Config
	for _, i := range c.Watched() {
		if i.Name != name {
			continue
		}
		windows := windowsOf(c, &i)
		q.Maintenance = func(since, until time.Time) []uptime.Period { return openPeriods(windows, since, until) }
		q.Limit = speaksFor(&i)
	}
	last, err := h.daemon.store.Runs(ctx, store.RunQuery{Integration: name, Until: until, Limit: 1})
	if err != nil {
		return trends.UptimeReport{}, err
	}
	if len(last.Runs) > 0 {
		q.Last = last.Runs[0].Began
	}
	r, known, err := trends.Uptime(ctx, h.daemon.store, q)
	if err == nil && !known {
		err = expectKnown(ctx, h.daemon, name)
	}
	return r, err
}

// flush stores the runs that are still queued. The error is that of ctx: a store that can't
// be written can still be read.
func (h *history) flush(ctx context.Context) error {
	patience, cancel := context.WithTimeout(ctx, flushPatience)
	defer cancel()
	if err := h.daemon.store.FlushRuns(patience); err != nil {
		return ctx.Err()
	}
	return nil
}

// Trend returns a chart of an integration, even if it is not configured now: of a metric
// that it reports, or with "" of its status and response time. The error is an
// *engine.UnknownError or an *UnknownMetricError if there is nothing like that.
func (h *history) Trend(ctx context.Context, name, metric string, span trends.Span) (trends.IntegrationHistory, error) {
	out := trends.IntegrationHistory{Name: name, Metric: metric, Span: span, Points: []trends.Point{}}
	if err := h.flush(ctx); err != nil {
		return out, err
	}
	factor := 1.0
	if metric == "" {
		factor, out.Unit = 1000, string(policies.Milliseconds) // the store has seconds
	}
	var err error
	if out.Points, err = span.Chart(ctx, h.daemon.store, store.Series{Integration: name, Metric: metric}, factor); err != nil {
		return out, err
	}
	now, unknown := h.daemon.engine.Integration(name)
	if n := slices.IndexFunc(now.Metrics, func(m check.Metric) bool { return m.Name == metric }); n >= 0 {
		out.Unit = string(policies.UnitOf(now.Metrics[n].Unit))
		return out, nil
	}
	if len(out.Points) == 0 {
		err = h.expectSeries(ctx, name, metric, unknown)
	}
	return out, err
}

// expectSeries returns an error if an integration or its metric is neither configured nor in
// the history. unknown is the error of the engine.
func (h *history) expectSeries(ctx context.Context, name, metric string, unknown error) error {
	all, err := h.daemon.store.Series(ctx, name)
	if err != nil {
		return err
	}
	if len(all) == 0 && unknown != nil {
		return expectKnown(ctx, h.daemon, name)
	}
	if metric == "" || slices.ContainsFunc(all, func(s store.Series) bool { return s.Metric == metric }) {
		return nil
	}
	var known []string
	for _, s := range all {
		if s.Metric != "" {
			known = append(known, s.Metric)
		}
	}
	return &UnknownMetricError{Metric: metric, Of: name, Known: known}
}

// UnknownMetricError reports that no metric block, or no metric of an integration, has the
// given name.
type UnknownMetricError struct {
	Metric string
	Of     string // the integration; "" for a metric block
	Known  []string
}

// Error names the metrics that there are.
func (e *UnknownMetricError) Error() string {
	known := e.Known
	if len(known) > maxListed {
		known = append(known[:maxListed:maxListed], "…")
	}
	list := strings.Join(known, ", ")
	switch {
	case e.Of == "" && list == "":
		return fmt.Sprintf("there is no metric %q: the configuration has no metric block", e.Metric)
	case e.Of == "":
		return fmt.Sprintf("there is no metric %q; the configured ones are: %s", e.Metric, list)
	case list == "":
		return fmt.Sprintf("integration %q has not reported a metric yet", e.Of)
	default:
		return fmt.Sprintf("integration %q has no metric %q; it has: %s", e.Of, e.Metric, list)
	}
}

// MetricBlocks reports on every metric block, in order of name.
func (h *history) MetricBlocks() []trends.Metric {
	all := []trends.Metric{}
	for _, s := range h.daemon.measures.Status() {
		m := trends.Metric{
			Name: s.Name, Help: s.Help, Database: s.Database, IntervalMS: s.Interval.Milliseconds(), State: string(s.State), Error: s.Reason,
			LastRun: moment(s.LastRun), NextRun: moment(s.NextRun), TookMS: check.Milliseconds(s.Took), Values: []trends.Value{},
		}
		samples, _, _ := h.daemon.measures.Series(s.Name)
		for _, v := range samples {
			labels := make(map[string]string, len(v.Labels))
			for _, l := range v.Labels {
				labels[l.Name] = l.Value
			}
			m.Values = append(m.Values, trends.Value{Labels: labels, Value: v.Value, At: v.At.UTC().Truncate(time.Millisecond)})
		}
		all = append(all, m)
	}
	return all
}

// moment returns a time for JSON; nil if it is zero.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC().Truncate(time.Millisecond))
}

// MetricTrend returns charts of the series of a metric block that have the labels. The
// error is an *UnknownMetricError if the block is neither configured nor in the history.
func (h *history) MetricTrend(ctx context.Context, name string, labels map[string]string, span trends.Span) (trends.MetricHistory, error) {
	out, known, err := span.OfMetric(ctx, h.daemon.store, name, labels)
	if err != nil || known {
		return out, err
	}
	var names []string
	for _, s := range h.daemon.measures.Status() {
		names = append(names, s.Name)
	}
	if !slices.Contains(names, name) {
		return out, &UnknownMetricError{Metric: name, Known: names}
	}
	return out, nil
}

// historyRules gives the store what roll-ups depend on besides the runs, by the
// configuration in force.
type historyRules struct {
	config func() *config.Config

	mu  sync.Mutex
	of  *config.Config // that all was made for
	all map[string]historyRule
}

// historyRule says how long the runs of an integration speak, and lists its maintenance
// windows.
type historyRule struct {
	speaks  time.Duration
	windows []*alert.Window
}

// newHistoryRules returns the rules of a daemon that begins with a configuration. It is
// used from when the store is open, which is before it is installed.
func newHistoryRules(d *Daemon, begins *config.Config) rollups.Policy {
	before := d.inForce()
	h := &historyRules{config: func() *config.Config {
		if now := d.inForce(); now != before {
			return now.Config
		}
		return begins
	}}
	return rollups.Policy{
		Speaks: func(integration string) time.Duration { return h.rule(integration).speaks },
		Paused: func(integration string, from, to time.Time) []uptime.Period {
			return openPeriods(h.rule(integration).windows, from, to)
		},
	}
}

// rule returns the rule of an integration, which is zero if it is not configured.
func (h *historyRules) rule(integration string) historyRule {
	c := h.config()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.of != c {
		h.of, h.all = c, historyRulesOf(c)
	}
	return h.all[integration]
}

func historyRulesOf(c *config.Config) map[string]historyRule {
	watched := c.Watched()
	all := make(map[string]historyRule, len(watched))
	for n := range watched {
		i := &watched[n]
		all[i.Name] = historyRule{speaksFor(i), windowsOf(c, i)}
	}
	return all
}

// speaksFor returns how long a run of an integration speaks at most.
func speaksFor(i *alert.Integration) time.Duration {
	if i.Interval > 0 {
		return 2 * i.Interval
	}
	return defaultSpeaks
}

// windowsOf returns the maintenance windows of an integration.
func windowsOf(c *config.Config, i *alert.Integration) (all []*alert.Window) {
	for n := range c.Windows {
		if w := &c.Windows[n]; alert.NewMatcher(w.Integrations).Match(i) {
			all = append(all, w)
		}
	}
	return all
}

// openPeriods returns when one of some maintenance windows is open.
func openPeriods(windows []*alert.Window, since, until time.Time) []uptime.Period {
	var all []uptime.Period
	for _, w := range windows {
		for at := since; at.Before(until); {
			open, change := w.Open(at)
			if !change.After(at) {
				break // a window without a next change
			}
			if change.After(until) {
				change = until
			}
			if open {
				all = append(all, uptime.Period{From: at, To: change})
			}
			at = change
		}
	}
	return uptime.Merge(all)
}
