package machine

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/catalog"
	"vega/daemon/web/ui"
)

// Of the integrations of a plugin, up to fewUsers are shown, and up to shownUsers folded.
const (
	fewUsers   = 5
	shownUsers = 100
)

// Plugins returns every module: first those that are not in service, with the reason, then
// those that are. Bundled ones that nothing uses are folded. link returns the address of
// the page of an integration.
func Plugins(all []catalog.Report, link func(integration string) string) g.Node {
	var refused, used, unused g.Group
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b catalog.Report) int { return cmp.Compare(pluginRank(a), pluginRank(b)) })
	for _, p := range all {
		shown := plugin(p, link)
		switch {
		case pluginRank(p) < 2:
			refused = append(refused, shown)
		case p.State == "unused":
			unused = append(unused, shown)
		default:
			used = append(used, shown)
		}
	}
	if len(refused) > 0 {
		refused = append(g.Group{h.H2(g.Text("Not in service"))}, refused...)
	}
	return g.Group{refused, h.H2(g.Text("In service")), used, g.If(len(unused) > 0, ui.Fold(g.Text(ui.Count(len(unused), "bundled plugin")+" that no integration uses"), unused))}
}

// pluginRank orders plugins: those that don't run, those with a newer file that doesn't, the
// others.
func pluginRank(p catalog.Report) int {
	switch {
	case p.State != "loaded" && p.State != "unused":
		return 0
	case p.Reason != "":
		return 1
	default:
		return 2
	}
}

// plugin shows a module.
func plugin(p catalog.Report, link func(string) string) g.Node {
	from := p.File
	if p.Bundled {
		from = "bundled with vega"
	}
	return h.Article(h.Class("panel plugin"),
		h.H3(pluginMark(p), g.Text(" "+ui.Clean(cmp.Or(ui.Cut(p.Name, 100), filepath.Base(from))))),
		g.If(p.Description != "", h.Div(ui.Text(p.Description))),
		g.If(p.Reason != "", ui.Notice(reasonKind(p), ui.Text(p.Reason))),
		ui.Facts(
			ui.Fact{Name: "Version", Value: nonEmpty(p.Version)},
			ui.Fact{Name: "File", Value: ui.Text(from)},
			ui.Fact{Name: "SHA-256", Value: digestOf(p.Digest)},
			ui.Fact{Name: "Size", Value: moduleSize(p.SizeBytes)},
			ui.Fact{Name: "Signature", Value: signedBy(p)},
			ui.Fact{Name: "Used by", Value: users(p.Integrations, link)},
		),
		probeTable(p.Probes),
	)
}

func pluginMark(p catalog.Report) g.Node {
	switch {
	case p.State == "loaded" && p.Reason != "":
		return ui.Mark(ui.Warning, "older version in service")
	case p.State == "loaded":
		return ui.Mark(ui.Good, "loaded")
	case p.State == "loading":
		return ui.Mark(ui.Info, "being compiled")
	case p.State == "unused":
		return ui.Mark(ui.Info, "unused")
	default:
		return ui.Mark(ui.Bad, p.State)
	}
}

func reasonKind(p catalog.Report) ui.Kind {
	if p.State == "loading" {
		return ui.Info
	}
	return ui.Bad
}

func nonEmpty(s string) g.Node {
	if s == "" {
		return nil
	}
	return ui.Text(s)
}

func digestOf(hex string) g.Node {
	if hex == "" {
		return nil
	}
	return h.Code(h.Class("digest"), cleaned(ui.Cut(hex, 64)))
}

func moduleSize(n int) g.Node {
	if n == 0 {
		return nil
	}
	return g.Text(ui.Bytes(int64(n)))
}

// signedBy says who signed a module, and whether vega has checked that.
func signedBy(p catalog.Report) g.Node {
	switch {
	case p.Bundled:
		return g.Text("part of vega's own program")
	case p.Signer == "":
		return g.Text("none")
	case p.Trusted:
		return g.Group{h.Code(cleaned(p.Signer)), g.Text(", verified by plugins.trusted_keys")}
	default:
		return g.Group{h.Code(cleaned(p.Signer)), g.Text(", not verified")}
	}
}

// users links to the integrations of a plugin.
func users(names []string, link func(string) string) g.Node {
	if len(names) == 0 {
		return g.Text("no integration")
	}
	links := h.Ul(h.Class("inline"), g.Map(names[:min(len(names), shownUsers)], func(name string) g.Node {
		return h.Li(h.A(h.Href(link(name)), cleaned(name)))
	}))
	if n := len(names) - shownUsers; n > 0 {
		links = g.Group{links, g.Textf("and %d more", n)}
	}
	if len(names) > fewUsers {
		return ui.Fold(g.Text(ui.Count(len(names), "integration")), links)
	}
	return links
}

// probeTable shows what each probe of a module may ask for.
func probeTable(all []catalog.ProbeReport) g.Node {
	if len(all) == 0 {
		return nil
	}
	var rows []ui.Row
	for _, p := range all {
		rows = append(rows, ui.Row{ui.Text(p.Name), ui.Text(p.Summary), capabilityList(p.Capabilities)})
	}
	return ui.Fold(g.Text(ui.Count(len(all), "probe")+" with what each may ask for"), ui.Table("Probes", []string{"Probe", "Purpose", "Capabilities"}, rows))
}

func capabilityList(all []catalog.CapabilityReport) g.Node {
	if len(all) == 0 {
		return g.Text("none")
	}
	return h.Ul(g.Map(all, func(c catalog.CapabilityReport) g.Node {
		var optional, hosts g.Node
		if c.Optional {
			optional = g.Text(" (optional)")
		}
		if len(c.Hosts) > 0 {
			hosts = ui.Text("to " + strings.Join(c.Hosts, ", "))
		}
		return h.Li(h.Strong(cleaned(c.Kind)), optional, g.Text(" "), hosts, g.Text(" "), ui.Text(c.Reason))
	}))
}
