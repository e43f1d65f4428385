package publish

import (
	g "maragu.dev/gomponents"

	"vega/daemon/web/ui"
	"vega/policies/check"
)

// bar draws the days of an entry.
func bar(days []Day) g.Node {
	all := make([]ui.Day, len(days))
	for n, d := range days {
		all[n].Worst = check.Healthy
		if d.Down > 0 {
			all[n].Worst = check.Unhealthy
		}
		all[n].Up, all[n].Known = Uptime(days[n : n+1])
	}
	return ui.Uptime(all)
}
