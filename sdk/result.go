package sdk

import "vega/sdk/abi"

// Result is the result of a probe. The message is one line for the operator:
// what is wrong and what to do. The zero Result, such as that of a probe that
// recovers from a panic and returns nothing, is unknown.
type Result struct {
	Status  abi.Status
	Message string

	given bool // by a function, so that Healthy("") is not the zero Result
}

// Healthy reports that the target works.
func Healthy(message string) Result { return Result{abi.Healthy, message, true} }

// Degraded reports that the target works, but not as it should.
func Degraded(message string) Result { return Result{abi.Degraded, message, true} }

// Unhealthy reports that the target does not work.
func Unhealthy(message string) Result { return Result{abi.Unhealthy, message, true} }

// Unknown reports that the probe could not determine the state: the target may
// not be at fault.
func Unknown(message string) Result { return Result{abi.Unknown, message, true} }

// Checked returns a result as the host gets it: the zero Result is unknown.
func (r Result) Checked() Result {
	if r == (Result{}) {
		return Unknown("the probe returned no result; return sdk.Healthy, Degraded, Unhealthy, Unknown or Failed in every case, also after a recover")
	}
	return r
}

// The host's limits on what a run may report. Longer text is truncated here,
// because the host treats an overflow as a fault of the probe.
const (
	maxMessage = 1 << 10
	maxDetail  = 4 << 10
	maxName    = 128
)

// clip truncates s to at most limit bytes, in whole characters.
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
