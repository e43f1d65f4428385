package check

// Status is the state of an integration.
type Status string

// The statuses of an integration.
const (
	Healthy   Status = "healthy"
	Degraded  Status = "degraded"  // works, but slower or worse than it should
	Unhealthy Status = "unhealthy" // failed, or did not respond in time
	Unknown   Status = "unknown"   // vega could not determine the status
	Disabled  Status = "disabled"  // disabled in the configuration
)

// Cause identifies what kept a run from being healthy.
type Cause string

// The causes of a run that is not healthy. Only Target and Timeout blame the
// target.
const (
	NoCause Cause = ""
	Target  Cause = "target"
	Timeout Cause = "timeout" // the deadline passed while a host call waited for the target
	Probe   Cause = "probe"   // the probe: a trap, out of memory, bad output, its own CPU time
	Denied  Cause = "denied"  // a capability or destination that was not granted
	Host    Cause = "host"    // vega: starved, short of a resource, queued past the deadline, shutting down
)
