package schema

import "time"

// vega's own timing, where neither the operator nor the probe says.
const (
	DefaultInterval = time.Minute
	DefaultTimeout  = 10 * time.Second
)
