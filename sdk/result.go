package sdk

import "vega/sdk/abi"

// Result is what a probe found. The message is one line for a person: what is
// wrong and what to do.
type Result struct {
	Status  abi.Status
	Message string
}

// Healthy says that the target does its job.
func Healthy(message string) Result { return Result{abi.Healthy, message} }

// Degraded says that the target works, but not as it should.
func Degraded(message string) Result { return Result{abi.Degraded, message} }

// Unhealthy says that the target does not do its job.
func Unhealthy(message string) Result { return Result{abi.Unhealthy, message} }

// Unknown says that the probe could not tell: the fault is not known to be the
// target's.
func Unknown(message string) Result { return Result{abi.Unknown, message} }

// Caps of the host on what a run may tell. Text beyond them is cut, since the
// host takes an overflow for a fault of the probe.
const (
	maxMessage = 1 << 10
	maxDetail  = 4 << 10
	maxName    = 128
)

// clip cuts s to at most limit bytes, at a character.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	const mark = "…"
	n := limit - len(mark)
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n] + mark
}
