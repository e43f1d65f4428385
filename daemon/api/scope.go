package api

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
)

// Scope is what a key may be used for. Each route needs one.
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

// allows reports whether a key with these scopes may use a route. A key without
// scopes may use every route.
func allows(scopes []Scope, needed Scope) bool {
	return len(scopes) == 0 || slices.Contains(scopes, needed) || slices.Contains(scopes, Admin)
}

// authorize returns the handler that rejects keys without a scope.
func (a *API) authorize(needed Scope) handler {
	return func(c *gin.Context) error {
		k, why := a.keyOf(c.Request)
		if k == nil { // revoked or expired since authenticate
			return unauthorized(c, why)
		}
		if allows(k.scopes, needed) {
			return nil
		}
		return &problem{http.StatusForbidden, fmt.Sprintf("the key %q lacks the scope %q, which %s %s needs; add it to scopes of this key, or use another key", k.name, needed, c.Request.Method, cmp.Or(c.FullPath(), c.Request.URL.Path))}
	}
}
