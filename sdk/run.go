package sdk

import (
	"vega/sdk/abi"
)

// Run is one execution of a probe. It gives access to options and host calls.
type Run struct {
	within string // the path of the object whose fields are the options, with a dot
}

// Detail adds evidence under a name; the same name replaces it. A run may add 64;
// with more it is unknown. Values are cut at 4 KiB.
func (r *Run) Detail(name, value string) { abi.Detail(clip(name, maxName), clip(value, maxDetail)) }

// Metric adds a measured value in a unit such as "ms" or "bytes". A run may add
// 64; with more it is unknown. Values that are not finite are ignored.
func (r *Run) Metric(name string, value float64, unit string) {
	if value-value == 0 { // neither infinite nor NaN
		abi.Metric(clip(name, maxName), value, unit)
	}
}

// Millis adds a duration as a metric in milliseconds.
func (r *Run) Millis(name string, d Duration) {
	r.Metric(name, float64(d)/float64(Millisecond), "ms")
}

// Debug writes a line to vega's log.
func (r *Run) Debug(line string) { r.Log(abi.LevelDebug, line) }

// Info writes a line to vega's log.
func (r *Run) Info(line string) { r.Log(abi.LevelInfo, line) }

// Warn writes a line to vega's log.
func (r *Run) Warn(line string) { r.Log(abi.LevelWarn, line) }

// Error writes a line to vega's log.
func (r *Run) Error(line string) { r.Log(abi.LevelError, line) }

// Log writes a line to vega's log, which keeps 64 lines per run.
func (r *Run) Log(level abi.Level, line string) { abi.Log(int32(level), clip(line, maxMessage)) }

// Deadline returns how long the run may still wait. When it has passed, host
// calls end with ErrTimeout, early enough to still return a result.
func (r *Run) Deadline() Duration { return Duration(abi.Deadline()) }

// Now returns the time of the host's clock.
func (r *Run) Now() Time { return UnixTime(0, abi.Now()) }

// Since returns the time elapsed since t, by the host's clock.
func (r *Run) Since(t Time) Duration { return r.Now().Sub(t) }
