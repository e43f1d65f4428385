package sdk

import (
	"time"

	"vega/sdk/abi"
)

// Run is one execution of a probe: the way to its options and to the world.
type Run struct{}

// Detail adds evidence under a name; the same name again replaces it. At most
// 64 are kept, of 4 KiB each.
func (r *Run) Detail(name, value string) { abi.Detail(clip(name, maxName), clip(value, maxDetail)) }

// Metric adds a number that was measured, in a unit such as "ms" or "bytes".
// What is no finite number is left out.
func (r *Run) Metric(name string, value float64, unit string) {
	if value-value == 0 { // neither infinite nor NaN
		abi.Metric(clip(name, maxName), value, unit)
	}
}

// Millis adds a duration as a metric in milliseconds.
func (r *Run) Millis(name string, d time.Duration) {
	r.Metric(name, float64(d)/float64(time.Millisecond), "ms")
}

// Debug writes a line to vega's log.
func (r *Run) Debug(line string) { r.Log(abi.LevelDebug, line) }

// Info writes a line to vega's log.
func (r *Run) Info(line string) { r.Log(abi.LevelInfo, line) }

// Warn writes a line to vega's log.
func (r *Run) Warn(line string) { r.Log(abi.LevelWarn, line) }

// Error writes a line to vega's log.
func (r *Run) Error(line string) { r.Log(abi.LevelError, line) }

// Log writes a line to vega's log, which keeps 64 of a run.
func (r *Run) Log(level abi.Level, line string) { abi.Log(int32(level), clip(line, maxMessage)) }

// Deadline is how long the run may still wait. Host calls end by themselves
// with ErrTimeout when it has passed, early enough to still return a result.
func (r *Run) Deadline() time.Duration { return time.Duration(abi.Deadline()) }

// Now is the host's clock, in UTC.
func (r *Run) Now() time.Time { return time.Unix(0, abi.Now()).UTC() }

// Since is the time that passed since t, by the host's clock.
func (r *Run) Since(t time.Time) time.Duration { return r.Now().Sub(t) }
