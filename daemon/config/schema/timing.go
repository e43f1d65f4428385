package schema

import "time"

// vega's default timing, used where neither the operator nor the probe sets
// one.
const (
	DefaultInterval = time.Minute
	DefaultTimeout  = 10 * time.Second
)
