package web

import (
	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/engine"
	"vega/daemon/web/ui"
)

func (s *Site) overview(r *Request) error {
	o, err := s.sources.Overview(engine.Selection{})
	if err != nil {
		return err
	}
	return r.Show(Page{Title: "Overview", Nav: "/", Body: g.Group{
		h.H1(g.Text("Overview")),
		h.Ul(g.Map(o.Integrations, func(i engine.State) g.Node {
			return h.Li(ui.Status(i.Status), g.Text(" "), h.A(h.Href(r.Link("/integrations/%s", i.Name)), g.Text(i.Name)), g.Text(" "+i.Message))
		})),
	}})
}
