package schema

import "time"

// vega's default timing, used where neither the operator nor the probe sets
// one.
const (
	DefaultInterval = time.Minute
	DefaultTimeout  = 10 * time.Second
)

// Scopes are what an API key can be used for.
var Scopes = []string{"read", "write", "conversations", "metrics", "probe", "relay", "admin"}
