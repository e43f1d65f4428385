// Package policies judges: it turns what a run brought home into the status an
// operator acts on, and what was read of a machine into warnings. It is pure,
// without input or output; what it needs is handed to it.
//
// Start at Judge (one run), Worst (many integrations) and Thresholds
// (resources). Figures are what thresholds may name; Defaults are those that
// vega comes with.
package policies

import (
	"time"

	"vega/policies/check"
)

// Judge turns the status a probe reported and the cause of it into the verdict
// on its integration. A broken checker is never reported as a broken target:
// whatever does not come from the target, or from waiting for it, is Unknown.
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

// starvedShare is the part of a deadline that vega may be kept from running
// for, and a timeout still speak about the target.
const starvedShare = 10 // a tenth

// Excuse is the cause of a run through which vega itself was kept from running
// for late. What it waited for may have come, with nobody there to see it, and
// what it computed may have lacked but a moment: that it did not end by its
// deadline is the host's doing then.
func Excuse(cause check.Cause, took, late, deadline time.Duration) check.Cause {
	if late < deadline/starvedShare {
		return cause
	}
	if cause == check.Timeout || cause == check.Probe && took >= deadline-deadline/starvedShare {
		return check.Host
	}
	return cause
}

// Worst is the status of the whole: the worst among the enabled, unhealthy
// before degraded before unknown before healthy. With nothing enabled there is
// nothing wrong: Healthy.
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
