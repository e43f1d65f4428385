// Package policies judges results. It converts the result of a run to the status of
// an integration, and the readings of a machine to warnings. It performs no input or
// output.
//
// Start with Judge (one run), Worst (many integrations) and Thresholds (resources).
// Figures lists what a threshold may name, and Defaults holds the built-in
// thresholds.
package policies

import (
	"time"

	"vega/policies/check"
)

// Judge returns the status of an integration, given the status that its probe
// reported and the cause. A broken checker is never reported as a broken target. The
// status of a failure that is caused neither by the target nor by waiting for it is
// Unknown.
func Judge(reported check.Status, cause check.Cause) check.Status {
	switch {
	case reported == check.Healthy:
		return check.Healthy
	case cause == check.Target && (reported == check.Degraded || reported == check.Unhealthy):
		return reported
	case cause == check.Timeout && reported == check.Degraded:
		return check.Degraded
	case cause == check.Timeout:
		return check.Unhealthy
	default:
		return check.Unknown
	}
}

// starvedShare is the divisor that yields a fraction of the deadline. If vega could
// not run for that fraction, a timeout says nothing about the target.
const starvedShare = 10 // a tenth

// Reclassify returns the cause of a run that lasted took, and during which vega
// itself could not run for late. If late is at least a tenth of the deadline, the
// cause of a run that was cut off by its deadline is Host, because the response may
// have arrived unseen, or the probe may have needed only a little more time.
func Reclassify(cause check.Cause, took, late, deadline time.Duration) check.Cause {
	if late < deadline/starvedShare {
		return cause
	}
	if cause == check.Timeout || cause == check.Probe && took >= deadline-deadline/starvedShare {
		return check.Host
	}
	return cause
}

// Worst returns the worst of the given statuses: unhealthy, then degraded, then
// unknown, then healthy. Disabled is ignored. If there is no other status, Worst
// returns Healthy.
func Worst(all ...check.Status) check.Status {
	worst := check.Healthy
	for _, s := range all {
		if rank[s] > rank[worst] {
			worst = s
		}
	}
	return worst
}

var rank = map[check.Status]int{check.Disabled: 0, check.Healthy: 1, check.Unknown: 2, check.Degraded: 3, check.Unhealthy: 4}
