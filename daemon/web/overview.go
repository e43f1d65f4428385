package web

import (
	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/engine"
)

func (s *Site) overview(r *Request) error {
	seen := s.sources.Live().Generation()
	o, err := s.sources.Overview(engine.Selection{})
	if err != nil {
		return err
	}
	return r.Show(Page{Title: "Overview", Nav: "/", Live: seen, Body: g.Group{
		h.H1(g.Text("Overview")),
		h.Table(h.TBody(g.Map(o.Integrations, func(i engine.State) g.Node {
			live := s.sources.Live().Row(i.Name)
			return (&row{State: i, group: groupOf(&i), beats: live.Beats, since: live.Since}).short(r)
		}))),
	}})
}
