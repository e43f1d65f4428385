package daemon

import (
	"context"
	"sync"
	"time"

	"vega/daemon/config"
	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/uptime"
	"vega/store/sqlite/rollups"
)

// defaultSpeaks is how long a run of an integration speaks that runs only on request.
const defaultSpeaks = 2 * time.Minute

// UptimeReport says which part of a period an integration was up. A run speaks until the
// next one, for two intervals at most; what no run speaks for is unknown. The percentages
// are of all time but maintenance.
type UptimeReport struct {
	Name string `json:"name"`
	// Since is when the period begins: as asked for, or with the first run that is stored.
	Since         time.Time `json:"since"`
	Until         time.Time `json:"until"`
	MinPercent    *float64  `json:"uptime_percent_min"` // up for certain; null if no time counts
	MaxPercent    *float64  `json:"uptime_percent_max"` // up, or unknown
	UpMS          int64     `json:"up_ms"`
	DownMS        int64     `json:"down_ms"`
	UnknownMS     int64     `json:"unknown_ms"`
	MaintenanceMS int64     `json:"maintenance_ms"`
	Runs          int       `json:"runs"`
}

// beginning returns when a period begins: as asked for, or with the first run. A period
// that ends before the first run is empty.
func beginning(first, since, until time.Time) time.Time {
	switch {
	case !first.After(since):
		return since
	case first.After(until):
		return until
	default:
		return first
	}
}

// Uptime reports on one integration, even if it is no longer configured. The error is an
// *engine.UnknownError if the name is neither configured nor in the history.
func (h *history) Uptime(ctx context.Context, name string, since, until time.Time) (UptimeReport, error) {
	patience, cancel := context.WithTimeout(ctx, flushPatience)
	defer cancel()
	if err := h.daemon.store.FlushRuns(patience); err != nil && ctx.Err() != nil {
		return UptimeReport{}, ctx.Err() // any other error: a store that can't write can still be read
	}
	t := uptime.Tally{Since: since, Until: until, Limit: defaultSpeaks}
	var of *alert.Integration
	c := h.daemon.inForce().Config
	for _, i := range c.Watched() {
		if i.Name == name {
			of = &i
		}
	}
	if of != nil {
		t.Limit = speaksFor(of)
	}
	first, err := h.daemon.store.Statuses(ctx, name, time.Time{}, until, func(time.Time, check.Status) bool { return false })
	if err != nil {
		return UptimeReport{}, err
	}
	if first.IsZero() {
		if err := expectKnown(ctx, h.daemon, name); err != nil {
			return UptimeReport{}, err
		}
	}
	t.Since = beginning(first, since, until)
	if of != nil {
		t.Maintenance = openPeriods(windowsOf(c, of), t.Since, until)
	}
	_, err = h.daemon.store.Statuses(ctx, name, t.Since.Add(-t.Limit), until, func(began time.Time, s check.Status) bool {
		t.Add(began, s)
		return true
	})
	return newUptimeReport(name, &t), err
}

func newUptimeReport(name string, t *uptime.Tally) UptimeReport {
	r := t.Report()
	out := UptimeReport{
		Name: name, Since: t.Since.UTC(), Until: t.Until.UTC(), Runs: r.Runs,
		UpMS: r.Up.Milliseconds(), DownMS: r.Down.Milliseconds(), UnknownMS: r.Unknown.Milliseconds(), MaintenanceMS: r.Maintenance.Milliseconds(),
	}
	if low, high, ok := r.Percent(); ok {
		out.MinPercent, out.MaxPercent = &low, &high
	}
	return out
}

// historyRules tells the store what roll-ups depend on besides the runs, by the
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

// newHistoryRules returns the rules of a daemon that begins with a configuration.
func newHistoryRules(d *Daemon, begins *config.Config) rollups.Policy {
	h := &historyRules{config: func() *config.Config {
		if now := d.inForce(); now != nil {
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
