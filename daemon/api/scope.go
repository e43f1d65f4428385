package api

import (
	"cmp"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"vega/daemon/api/scope"
)

// Scope is what a key may be used for. Each route needs one.
type Scope = scope.Scope

// The scopes.
const (
	Public        = scope.Public
	Metrics       = scope.Metrics
	Probe         = scope.Probe
	Read          = scope.Read
	Write         = scope.Write
	Conversations = scope.Conversations
	Relay         = scope.Relay
	Admin         = scope.Admin
)

// authorize returns the handler that rejects keys without a scope.
func (a *API) authorize(needed Scope) handler {
	return func(c *gin.Context) error {
		k, why := a.keyOf(c.Request)
		if k == nil { // revoked or expired since authenticate
			return unauthorized(c, why)
		}
		if scope.Allows(k.scopes, needed) {
			return nil
		}
		return &problem{http.StatusForbidden, fmt.Sprintf("the key %q lacks the scope %q, which %s %s needs; add it to scopes of this key, or use another key", k.name, needed, c.Request.Method, cmp.Or(c.FullPath(), c.Request.URL.Path))}
	}
}
