package plan

import (
	"time"

	"vega/daemon/config"
)

// Load is the load that a configuration causes.
type Load struct {
	Integrations int `json:"integrations"`
	Enabled      int `json:"enabled"`
	// RunsPerSecond is the rate of scheduled runs.
	RunsPerSecond float64 `json:"runs_per_second"`
	// AtWorst is the number of concurrent runs if no target responds.
	AtWorst float64 `json:"at_worst"`
	// AtOnce is the limit on concurrent runs.
	AtOnce int `json:"at_once"`
}

func loadOf(c *config.Config) Load {
	l := Load{Integrations: len(c.Integrations), AtOnce: config.MaxRunning}
	for _, i := range c.Integrations {
		if !i.Enabled {
			continue
		}
		l.Enabled++
		if i.Heartbeat == nil && i.Interval >= time.Second { // otherwise nothing runs, or only on request
			l.RunsPerSecond += 1 / i.Interval.Seconds()
			l.AtWorst += min(1, float64(i.Timeout)/float64(i.Interval))
		}
	}
	return l
}
