package schema

import (
	"slices"
	"time"
)

// vega's default timing, used where neither the operator nor the probe sets
// one.
const (
	DefaultInterval = time.Minute
	DefaultTimeout  = 10 * time.Second
)

// Scopes are what an API key can be used for.
var Scopes = []string{"read", "write", "conversations", "metrics", "probe", "relay", "admin"}

// IdleScopes are those of Scopes that no route of this version needs. They are
// accepted, so that a key can be prepared, but give nothing.
var IdleScopes = []string{"relay"}

// LiveScopes returns those of Scopes that give something.
func LiveScopes() []string {
	return slices.DeleteFunc(slices.Clone(Scopes), func(s string) bool { return slices.Contains(IdleScopes, s) })
}
