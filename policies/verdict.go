// Package policies judges: it turns what a run brought home into the status an
// operator acts on, and what was read of a machine into warnings. It is pure,
// without input or output; what it needs is handed to it.
//
// Start at Judge (one run), Worst (many integrations) and Thresholds
// (resources). Figures are what thresholds may name; Defaults are those that
// vega comes with.
package policies

import "time"

// Status is the standing of an integration.
type Status string

// The statuses of an integration. Unknown means that vega itself can't tell.
const (
	Healthy   Status = "healthy"
	Degraded  Status = "degraded"
	Unhealthy Status = "unhealthy"
	Unknown   Status = "unknown"
	Disabled  Status = "disabled"
)

// Cause is whose fault a run is that did not come out healthy.
type Cause string

// The causes. Only Target and Timeout speak about the thing that was checked.
const (
	NoCause Cause = ""
	Target  Cause = "target"  // the thing checked
	Timeout Cause = "timeout" // the deadline passed in a host call, waiting for the target
	Probe   Cause = "probe"   // the checker: a trap, bad output, its own CPU
	Denied  Cause = "denied"  // it asked for what it was not granted
	Host    Cause = "host"    // vega: starved, queued past the deadline, shutting down
)

// Judge turns the status a probe reported and the cause of it into the verdict
// on its integration. A broken checker is never reported as a broken target:
// whatever does not come from the target, or from waiting for it, is Unknown.
func Judge(reported Status, cause Cause) Status {
	switch {
	case reported == Healthy:
		return Healthy
	case cause == Target && (reported == Degraded || reported == Unhealthy):
		return reported
	case cause == Timeout && reported == Degraded:
		return Degraded
	case cause == Timeout:
		return Unhealthy
	default:
		return Unknown
	}
}

// starvedShare is the part of a deadline that vega may be kept from running
// for, and a timeout still speak about the target.
const starvedShare = 10 // a tenth

// Excuse is the cause of a run through which vega itself was kept from running
// for late. What it waited for may have come, with nobody there to see it, and
// what it computed may have lacked but a moment: that it did not end by its
// deadline is the host's doing then.
func Excuse(cause Cause, took, late, deadline time.Duration) Cause {
	if late < deadline/starvedShare {
		return cause
	}
	if cause == Timeout || cause == Probe && took >= deadline-deadline/starvedShare {
		return Host
	}
	return cause
}

// Worst is the status of the whole: the worst among the enabled, unhealthy
// before degraded before unknown before healthy. With nothing enabled there is
// nothing wrong: Healthy.
func Worst(all ...Status) Status {
	worst := Healthy
	for _, s := range all {
		if rank[s] > rank[worst] {
			worst = s
		}
	}
	return worst
}

var rank = map[Status]int{Disabled: 0, Healthy: 1, Unknown: 2, Degraded: 3, Unhealthy: 4}
