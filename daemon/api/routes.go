package api

import "net/http"

// route is one row of the table. A public route needs no key and reveals only
// whether vega works.
type route struct {
	method, path string
	public       bool
	handler      handler
	body         int64 // maximum length of the body in bytes, 0 for a route without one
}

func (a *API) routes() []route {
	return []route{
		{http.MethodGet, "/healthz", true, a.healthz, 0},
		{http.MethodGet, "/readyz", true, a.readyz, 0},
		{http.MethodGet, "/admin/integrations/health", false, a.health, 0},
		{http.MethodGet, "/admin/integrations/:name", false, a.integration, 0},
		{http.MethodGet, "/admin/integrations/:name/runs", false, a.runs, 0},
		{http.MethodGet, "/admin/plugins", false, a.plugins, 0},
		{http.MethodGet, "/admin/config/validate", false, a.validate, 0},
		{http.MethodGet, "/admin/config/plan", false, a.plan, 0},
		{http.MethodPost, "/admin/config/reload", false, a.reload, 0},
		{http.MethodGet, "/admin/database/stats", false, a.databaseStats, 0},
		{http.MethodPost, "/admin/database/reset-stats", false, a.resetDatabaseStats, 0},
		{http.MethodGet, "/admin/diagnostics/system", false, a.system, 0},
		{http.MethodGet, "/admin/diagnostics/health-summary", false, a.systemSummary, 0},
		{http.MethodGet, "/v1/conversations", false, a.conversations, 0},
		{http.MethodPost, "/v1/conversations", false, a.logConversation, maxConversation},
		{http.MethodGet, "/v1/conversations/:id", false, a.conversation, 0},
		{http.MethodPatch, "/v1/conversations/:id", false, a.reviewConversation, maxPatch},
		{http.MethodDelete, "/v1/conversations/:id", false, a.deleteConversation, 0},
		{http.MethodGet, "/v1/memories", false, a.memories, 0},
		{http.MethodGet, "/v1/memories/:key", false, a.memory, 0},
		{http.MethodPut, "/v1/memories/:key", false, a.setMemory, maxMemory},
		{http.MethodDelete, "/v1/memories/:key", false, a.deleteMemory, 0},
	}
}

// Route is a route as callers see it. In its path, ":name" stands for one segment.
type Route struct {
	Method, Path string
	Public       bool // needs no key
}

// Routes returns all routes, in the order of the table.
func Routes() []Route {
	var all []Route
	for _, r := range new(API).routes() {
		all = append(all, Route{r.method, r.path, r.public})
	}
	return all
}
