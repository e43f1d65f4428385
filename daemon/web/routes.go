package web

import (
	"net/http"
	"slices"

	"vega/daemon/api/scope"
)

// Route is a row of the table of pages and forms.
type Route struct {
	Method, Path string      // in the path, ":name" stands for one segment
	Scope        scope.Scope // what the viewer's key must allow; Public: nobody needs to log in
	MaxBody      int64       // in bytes; 0: the route has no body
	Waits        bool        // may take as long as the longest check
	Streams      bool        // sets its own deadlines; the context ends when the site closes
	Published    bool        // for everyone, under every host name, and without the dashboard
	serve        func(*Request) error
}

const maxForm = 64 << 10

// Routes returns the table.
func (s *Site) Routes() []Route {
	rows := []Route{
		{Method: http.MethodGet, Path: "/static/:file", Published: true, serve: s.static},
		{Method: http.MethodGet, Path: "/login", serve: s.loginPage},
		{Method: http.MethodPost, Path: "/login", MaxBody: maxLogin, serve: s.login},
		{Method: http.MethodPost, Path: "/logout", MaxBody: maxForm, serve: s.logout},
		{Method: http.MethodGet, Path: "/events", Scope: scope.Read, Streams: true, serve: s.events},
	}
	return slices.Concat(rows,
		overviewPage{s}.routes(),
		statusPages{s}.routes(),
		machinePages{s}.routes(),
		incidentPages{s}.routes(), silencePages{s}.routes(), alertPages{s}.routes(),
		conversationPages{s}.routes(),
		integrationPages{s}.routes(),
		measurementPages{s}.routes(),
		configPages{s}.routes(),
	)
}
