package daemon

import (
	"sync"
	"time"

	"vega/daemon/config"
	"vega/policies/alert"
	"vega/policies/uptime"
	"vega/store/sqlite/rollups"
)

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
