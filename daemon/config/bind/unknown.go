package bind

import (
	"fmt"

	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// Misplaced is an unknown name in an integration.
type Misplaced struct {
	name string
	at   diag.Place
	in   *schema.Block
	of   *Section // the integration
	// option means that the probe of the integration has an option of that name.
	option bool
}

// probe returns the reference to the probe of the integration, or "".
func (m Misplaced) probe() string {
	if t := m.of.Slot("probe"); t != nil {
		return t.Expr.Text
	}
	return ""
}

// ReportMisplaced reports names that Bind found unknown. isOption reports
// whether a name is an option of a probe, or of any if there is no such probe.
func ReportMisplaced(names []Misplaced, table *schema.Block, isOption func(probe, name string) bool, out *diag.Collector) {
	for _, m := range names {
		elsewhere := ""
		if home := table.Home(m.name); home != "" {
			elsewhere = "move it into " + home
		}
		inner, option := m.in.Home(m.name), isOption(m.probe(), m.name)
		m.option = option
		switch {
		case option && inner != "":
			elsewhere = fmt.Sprintf("move it into %s, or into config { } if it is an option of the probe", inner)
		case option:
			elsewhere = "move it into config { }, because it is an option of the probe"
		case inner != "":
			elsewhere = "move it into " + inner
		}
		reportUnknown(m, elsewhere, out)
	}
}

// reportUnknown reports a name. elsewhere is the fix if the name may be written
// in another block, or "".
func reportUnknown(m Misplaced, elsewhere string, out *diag.Collector) {
	detail := fmt.Sprintf("%s has no attribute or block %q.", m.in.Title(), diag.Clip(m.name))
	fix := "remove it; allowed here: " + diag.Among(m.in.Names())
	near := diag.Nearest(m.name, m.in.Names())
	if row := synonymOf(m.name, m.in); row != "" && !m.option {
		near, elsewhere = "", "use "+row
		m.of.Strays = append(m.of.Strays, row)
	} else if meant := otherName(m.name, m.in); meant != "" && !m.option { // which may be similar to another name by chance
		near, elsewhere = "", meant
		if meant == intoDSN {
			m.of.Strays = append(m.of.Strays, "dsn")
		}
	}
	switch {
	case near != "":
		fix = "use " + near
		m.of.Strays = append(m.of.Strays, near)
	case elsewhere != "":
		fix = elsewhere
	}
	out.Err(diag.UnknownKey, m.at, detail, fix).Suggest(m.at.Source.Span(m.at.Start, m.at.Start+len(m.name)), near)
}

// renamed reports an attribute that is set by its old name, and returns the row
// of the new name. It returns nil for any other name.
func (b *binder) renamed(a *syntax.Attr, s *schema.Block) *schema.Row {
	name, ok := s.Renamed[a.Name]
	if !ok {
		return nil
	}
	b.out.Err(diag.UnknownKey, a.At, fmt.Sprintf("%s has no attribute %q; its new name is %s.", s.Title(), a.Name, name), "use "+name).Suggest(a.At, name)
	return s.Row(name)
}

func (b *binder) unknownAttribute(a *syntax.Attr, s *schema.Block, into *Section) {
	if in := s.Block(a.Name); in != nil {
		into.Broken = true // what is missing may be in there
		p := b.out.Err(diag.WrongForm, a.At, fmt.Sprintf("%s is a block, not an attribute.", a.Name), fmt.Sprintf("remove the equals sign: %s { … }", a.Name))
		if in.Label == "" && a.Value.Kind == syntax.MapExpr && a.Value.At.Source == a.At.Source {
			p.Replace(a.At.Source.Span(a.At.End, a.Value.At.Start), " ")
		}
		return
	}
	b.unknown(a.Name, a.At, s, into)
}

func (b *binder) unknownBlock(in *syntax.Block, s *schema.Block, into *Section) {
	if r := s.Row(in.Kind); r != nil {
		if in.Broken { // reported as a syntax error
			return
		}
		fix := fmt.Sprintf("set it with an equals sign: %s = …", in.Kind)
		if r.Type == manifest.Map {
			fix = fmt.Sprintf("add an equals sign: %s = { … }", in.Kind)
		}
		p := b.out.Err(diag.WrongForm, in.Head, fmt.Sprintf("%s is an attribute, not a block.", in.Kind), fix)
		if r.Type == manifest.Map && len(in.Labels) == 0 {
			p.Replace(in.Head.Source.Span(in.Head.End, in.Head.End), " =")
		}
		return
	}
	if in.Broken && in.Kind == "import" { // reported as a syntax error
		return
	}
	b.unknown(in.Kind, in.Head, s, into)
}

func (b *binder) unknown(name string, at diag.Place, s *schema.Block, into *Section) {
	m := Misplaced{name: name, at: at, in: s, of: into}
	if s.Name == "integration" || s.Name == "scrape_module" {
		b.misplaced = append(b.misplaced, m)
		into.Strays = append(into.Strays, name)
		return
	}
	if s.Name == "auth" { // one of them is a credential under another name
		into.Broken = true
	}
	elsewhere := ""
	if s.Name == "config" {
		elsewhere = b.outside(name)
	} else if home := b.table.Home(name); home != "" {
		elsewhere = "move it into " + home
	}
	if s.Name == "config" && (name == "host" || name == "port" || name == "hostname" || name == "ip") {
		elsewhere = whole(s)
		into.Strays = append(into.Strays, name)
	}
	reportUnknown(m, elsewhere, b.out)
}

// outside returns the fix for a name in config that belongs in the integration,
// or "".
func (b *binder) outside(name string) string {
	integration := b.table.Block("integration")
	if integration == nil {
		return ""
	}
	if integration.Row(name) != nil || integration.Block(name) != nil {
		return "move it out of config { }, because it belongs in the integration itself"
	}
	if home := integration.Home(name); home != "" {
		return fmt.Sprintf("move it out of config { } into %s of the integration", home)
	}
	return ""
}

// whole returns the fix for the parts of an address or URL, which vega takes as
// one.
func whole(config *schema.Block) string {
	for i := range config.Rows {
		switch r := &config.Rows[i]; r.Type {
		case manifest.Address:
			return fmt.Sprintf("use %s = \"HOST:PORT\"", r.Name)
		case manifest.URL:
			return fmt.Sprintf("use %s = \"https://HOST:PORT/PATH\"", r.Name)
		}
	}
	return ""
}
