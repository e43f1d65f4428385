package web

import (
	"net/http"
	"slices"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/api/scope"
	"vega/daemon/version"
	"vega/daemon/web/assets"
	"vega/daemon/web/ui"
)

// entry is an entry of the menu.
type entry struct {
	path, name string
	scope      scope.Scope
	under      []entry // shown while one of them, or the entry itself, is
}

// menu is what the pages lead to.
var menu = []entry{
	{"/", "Overview", scope.Read, nil},
	{"/incidents", "Incidents", scope.Read, []entry{
		{"/incidents", "Incidents", scope.Read, nil},
		{"/silences", "Silences", scope.Read, nil},
		{"/alerts", "Alerts and notifiers", scope.Read, nil},
	}},
	{"/database", "Database", scope.Read, []entry{
		{"/database", "Databases", scope.Read, nil},
		{"/measurements", "Measurements", scope.Read, nil},
	}},
	{"/diagnostics", "Diagnostics", scope.Read, nil},
	{"/plugins", "Plugins", scope.Read, nil},
	{"/config", "Configuration", scope.Admin, nil},
	{"/conversations", "Conversations", scope.Conversations, nil},
}

// has reports whether a path is that of an entry or of one under it.
func (e entry) has(path string) bool {
	return e.path == path || slices.ContainsFunc(e.under, func(u entry) bool { return u.path == path })
}

// layout returns the document around a page.
func (r *Request) layout(p Page) g.Node {
	done := r.done()
	return h.Doctype(h.HTML(h.Lang("en"), g.Attr("data-base", r.site.link("")), g.If(p.Live != "", h.Data("live", p.Live)),
		h.Head(
			h.Meta(h.Charset("utf-8")), h.Meta(h.Name("viewport"), h.Content("width=device-width, initial-scale=1")),
			h.Meta(h.Name("color-scheme"), h.Content("light dark")),
			h.TitleEl(g.Text(p.Title+" · vega")),
			h.Link(h.Rel("icon"), h.Href(r.site.link(assets.Path("icon.svg")))),
			h.Link(h.Rel("stylesheet"), h.Href(r.site.link(assets.Path("style.css")))),
			g.Map(p.Styles, func(name string) g.Node { return h.Link(h.Rel("stylesheet"), h.Href(r.site.link(assets.Path(name)))) }),
			h.Script(h.Src(r.site.link(assets.Path("app.js"))), h.Defer()),
			g.If(p.Live != "", h.Script(h.Src(r.site.link(assets.Path("live.js"))), h.Defer())),
			g.Map(p.Scripts, func(name string) g.Node { return h.Script(h.Src(r.site.link(assets.Path(name))), h.Defer()) }),
		),
		h.Body(
			h.A(h.Class("skip"), h.Href("#main"), g.Text("Skip to the page")),
			g.Iff(r.Viewer.known, func() g.Node { return h.Header(r.menu(p), r.account()) }),
			h.Main(h.ID("main"), h.TabIndex("-1"), g.If(p.Known != "", h.Data("known", p.Known)), g.If(done != "", h.P(h.Class("notice good"), h.Role("status"), g.Text("✓ "+ui.Clean(ui.Cut(done, 300))))), p.Body),
			g.Iff(r.Viewer.known, func() g.Node { return h.Footer(g.Text("vega " + version.Get().Version)) }),
		),
	))
}

// menu returns the entries that the viewer may open, those under the current one in a
// second row.
func (r *Request) menu(p Page) g.Node {
	var under []entry
	for _, e := range menu {
		if p.Nav != "" && e.has(p.Nav) {
			under = e.under
		}
	}
	return g.Group{
		h.Nav(h.Aria("label", "Pages"), h.A(h.Class("brand"), h.Href(r.Link("/")), h.Img(h.Src(r.Link(assets.Path("icon.svg"))), h.Alt(""), h.Width("20"), h.Height("20")), g.Text("vega")),
			r.entries(menu, func(e entry) bool { return e.has(p.Nav) })),
		g.If(len(under) > 0, h.Nav(h.Class("under"), h.Aria("label", "Pages of this section"), r.entries(under, func(e entry) bool { return e.path == p.Nav }))),
	}
}

func (r *Request) entries(all []entry, current func(entry) bool) g.Node {
	return h.Ul(g.Map(all, func(e entry) g.Node {
		if !r.Viewer.May(e.scope) {
			return nil
		}
		return h.Li(h.A(h.Href(r.Link(e.path)), g.If(current(e), h.Aria("current", "page")), g.Text(e.name)))
	}))
}

// account returns who is logged in, and the button that ends that. A person with
// a name from the proxy may use a key instead, which can have more scopes.
func (r *Request) account() g.Node {
	if !r.Viewer.session {
		return h.P(h.Class("account"), h.Span(h.Title("Your name from the proxy in front of vega"), g.Text(r.Viewer.Name)), h.A(h.Href(r.Link("/login")), g.Text("Use a key")))
	}
	return h.Form(h.Method("post"), h.Action(r.Link("/logout")), h.Class("account"),
		h.Span(h.Title("The API key that you logged in with"), g.Text(r.Viewer.Name)), h.Button(h.Type("submit"), g.Text("Log out")))
}

// static answers with the style, a script or an icon.
func (s *Site) static(r *Request) error {
	content, kind, ok := assets.Get(r.Param("file"))
	if !ok {
		return &Error{http.StatusNotFound, "there is no such file in this version of vega; reload the page"}
	}
	r.w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	r.send(http.StatusOK, kind, content)
	return nil
}
