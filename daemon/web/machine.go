package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/api/scope"
	"vega/daemon/monitor"
	"vega/daemon/web/machine"
	"vega/daemon/web/ui"
)

// The page of diagnostics waits for the evidence of new warnings, which takes about a
// second.
const (
	evidenceTimeout  = 2 * time.Second
	evidenceInterval = 150 * time.Millisecond
)

// machinePages show the databases, this machine and the plugins.
type machinePages struct{ *Site }

func (s machinePages) routes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/database", Scope: scope.Read, serve: s.databases},
		{Method: http.MethodPost, Path: "/database/reset", Scope: scope.Admin, MaxBody: maxForm, serve: s.resetDatabases},
		{Method: http.MethodGet, Path: "/diagnostics", Scope: scope.Read, serve: s.diagnostics},
		{Method: http.MethodGet, Path: "/plugins", Scope: scope.Read, serve: s.plugins},
	}
}

func (s machinePages) databases(r *Request) error {
	return r.Show(Page{Title: "Databases", Nav: "/database", Body: g.Group{
		h.H1(g.Text("Databases")), machine.Databases(s.sources.DatabaseStats(r.Context())),
		g.If(r.Viewer.May(scope.Admin), g.Group{
			h.P(h.Class("dim"), g.Text("Statistics count from the start of vega or the last reset. Reset them after you created an index, to see what it changed.")),
			ui.Button(r.Link("/database/reset"), "Reset the statistics"),
		}),
	}})
}

func (s machinePages) resetDatabases(r *Request) error {
	s.sources.ResetDatabaseStats()
	return r.Done("/database", "The statistics were reset.")
}

func (s machinePages) diagnostics(r *Request) error {
	system, err := s.system(r.Context())
	if err != nil {
		return err
	}
	return r.Show(Page{Title: "Diagnostics", Nav: "/diagnostics", Body: g.Group{
		h.H1(g.Text("Diagnostics "), machine.Level(system.Status)), machine.Diagnostics(system),
	}})
}

// system reads the state of the machine, again while evidence is pending.
func (s machinePages) system(ctx context.Context) (monitor.System, error) {
	for end := time.Now().Add(evidenceTimeout); ; {
		system, err := s.sources.System(ctx)
		pending := slices.ContainsFunc(system.Warnings, func(w monitor.Warning) bool { return w.Evidence == monitor.EvidencePending })
		if err != nil || !pending || time.Now().After(end) {
			return system, err
		}
		select {
		case <-ctx.Done():
			return system, ctx.Err()
		case <-time.After(evidenceInterval):
		}
	}
}

func (s machinePages) plugins(r *Request) error {
	return r.Show(Page{Title: "Plugins", Nav: "/plugins", Body: g.Group{
		h.H1(g.Text("Plugins")), machine.Plugins(s.sources.Plugins(), func(name string) string { return r.Link("/integrations/%s", name) }),
	}})
}
