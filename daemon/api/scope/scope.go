// Package scope names what an API key may be used for.
package scope

import "slices"

// Scope is what a key may be used for. Each route and page needs one.
type Scope string

// The scopes. Those without a route yet are accepted, so that a key can be
// prepared for the version that has one.
const (
	Public        Scope = ""              // no key
	Metrics       Scope = "metrics"       // GET /metrics
	Probe         Scope = "probe"         // GET /probe
	Read          Scope = "read"          // states, history and statistics; no configuration
	Write         Scope = "write"         // run checks, acknowledge, silence, test notifiers
	Conversations Scope = "conversations" // conversations and memories
	Relay         Scope = "relay"         // no route yet
	Admin         Scope = "admin"         // everything, the configuration included
)

// Allows reports whether a key with these scopes may use what needs a scope. A key
// without scopes may use everything.
func Allows(scopes []Scope, needed Scope) bool {
	return len(scopes) == 0 || slices.Contains(scopes, needed) || slices.Contains(scopes, Admin)
}
