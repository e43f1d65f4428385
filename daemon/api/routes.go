package api

import "net/http"

// route is one row of the table. A public one needs no key, and tells nothing
// but whether vega is well.
type route struct {
	method, path string
	public       bool
	handler      handler
}

func (a *API) routes() []route {
	return []route{
		{http.MethodGet, "/healthz", true, a.healthz},
		{http.MethodGet, "/readyz", true, a.readyz},
		{http.MethodGet, "/admin/integrations/health", false, a.health},
		{http.MethodGet, "/admin/integrations/:name", false, a.integration},
		{http.MethodGet, "/admin/plugins", false, a.plugins},
		{http.MethodGet, "/admin/database/stats", false, a.databaseStats},
		{http.MethodPost, "/admin/database/reset-stats", false, a.resetDatabaseStats},
	}
}
