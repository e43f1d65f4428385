package alerts

import (
	"fmt"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/policies"
	"vega/policies/alert"
)

// reported reports an alert on a metric of the configuration that can never fire or
// never clear. Its values may be negative, so no bound is out of reach.
func (d *alertBuilder) reported(s *bind.Section, a *alert.Alert) {
	if !d.clears(s, a, allValues) {
		return
	}
	if name, found := strings.CutPrefix(a.Metric, policies.MetricPrefix); found {
		for _, m := range d.Root.All("metric") {
			if every := d.Ev.Duration(m, "interval"); m.Name == name {
				d.timing(s, a, max(every, sampled), max(every, sampled))
			}
		}
		return
	}
	of := d.owner(a.Metric)
	switch {
	case of.total == 0: // not known
	case of.enabled == 0:
		d.Out.Warn(diag.NeverFires, s.Place("metric"), "The integration that reports this metric is disabled, so the alert never fires.", "enable the integration, or remove the alert")
	case of.most > 0:
		d.timing(s, a, max(of.least, sampled), max(of.most, sampled))
	case a.For > 0:
		d.Out.Warn(diag.NeverFires, s.Place("for"), fmt.Sprintf("What reports this metric runs only on request (%s), so no time is covered by evaluations, and the alert never fires.", diag.Among(of.idle)), "use after in place of for, or set an interval")
	}
}

// owner returns the integration that reports a metric, or the instances that do.
func (d *alertBuilder) owner(path string) (of selection) {
	policies.IntegrationFigure(path, func(name string) bool {
		of = *d.pick.pick(alert.Selector(name))
		return of.total > 0
	})
	return of
}
