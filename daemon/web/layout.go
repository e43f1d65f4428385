package web

import (
	"cmp"
	"net/http"

	g "maragu.dev/gomponents"
	c "maragu.dev/gomponents/components"
	h "maragu.dev/gomponents/html"

	"vega/daemon/api/scope"
	"vega/daemon/web/assets"
)

// menu is what the pages lead to.
var menu = []struct {
	path, name string
	scope      scope.Scope
}{
	{"/", "Overview", scope.Read},
	{"/incidents", "Incidents", scope.Read},
	{"/database", "Database", scope.Read},
	{"/diagnostics", "Diagnostics", scope.Read},
	{"/plugins", "Plugins", scope.Read},
	{"/config", "Configuration", scope.Admin},
	{"/conversations", "Conversations", scope.Conversations},
}

// layout returns the document around a page.
func (r *Request) layout(p Page) g.Node {
	done := r.URL.Query().Get("done")
	return h.Doctype(h.HTML(h.Lang("en"), g.Attr("data-base", r.site.link("")),
		h.Head(
			h.Meta(h.Charset("utf-8")), h.Meta(h.Name("viewport"), h.Content("width=device-width, initial-scale=1")),
			h.Meta(h.Name("color-scheme"), h.Content("light dark")),
			h.TitleEl(g.Text(p.Title+" · vega")),
			h.Link(h.Rel("icon"), h.Href(r.site.link(assets.Path("icon.svg")))),
			h.Link(h.Rel("stylesheet"), h.Href(r.site.link(assets.Path("style.css")))),
			h.Script(h.Src(r.site.link(assets.Path("app.js"))), h.Defer()),
			g.Map(p.Scripts, func(name string) g.Node { return h.Script(h.Src(r.site.link(assets.Path(name))), h.Defer()) }),
		),
		h.Body(
			h.A(h.Class("skip"), h.Href("#main"), g.Text("Skip to the page")),
			g.If(r.Viewer.known, h.Header(r.menu(p), r.account())),
			h.Main(h.ID("main"), g.If(done != "", h.P(h.Class("done"), h.Role("status"), g.Text(done))), p.Body),
		),
	))
}

func (r *Request) menu(p Page) g.Node {
	var entries g.Group
	for _, m := range menu {
		if r.Viewer.May(m.scope) {
			entries = append(entries, h.Li(h.A(h.Href(r.Link(m.path)), g.If(cmp.Or(p.Nav, "/") == m.path, h.Aria("current", "page")), g.Text(m.name))))
		}
	}
	return h.Nav(h.Aria("label", "Pages"), h.Ul(entries))
}

func (r *Request) account() g.Node {
	return h.Form(h.Method("post"), h.Action(r.Link("/logout")), c.Classes{"account": true}, g.Text(r.Viewer.Name+" "), h.Button(h.Type("submit"), g.Text("Log out")))
}

// static answers with the style, a script or an icon.
func (s *Site) static(r *Request) error {
	content, kind, ok := assets.Get(r.Param("file"))
	if !ok {
		return &Error{http.StatusNotFound, "there is no such file in this version of vega; reload the page"}
	}
	r.w.Header().Set("Content-Type", kind)
	r.w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = r.w.Write(content)
	return nil
}
