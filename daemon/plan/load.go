package plan

import (
	"time"

	"vega/daemon/config"
)

// Load is what a configuration asks of vega.
type Load struct {
	Integrations int `json:"integrations"`
	Enabled      int `json:"enabled"`
	// RunsPerSecond are those that are due.
	RunsPerSecond float64 `json:"runs_per_second"`
	// AtWorst is how many runs want to be at work at once if no target answers.
	AtWorst float64 `json:"at_worst"`
	// AtOnce is how many may be.
	AtOnce int `json:"at_once"`
}

func loadOf(c *config.Config) Load {
	l := Load{Integrations: len(c.Integrations), AtOnce: config.MaxRunning}
	for _, i := range c.Integrations {
		if !i.Enabled {
			continue
		}
		l.Enabled++
		if i.Interval >= time.Second { // else it is checked when asked only
			l.RunsPerSecond += 1 / i.Interval.Seconds()
			l.AtWorst += min(1, float64(i.Timeout)/float64(i.Interval))
		}
	}
	return l
}
