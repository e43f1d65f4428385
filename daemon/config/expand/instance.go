package expand

import (
	"fmt"
	"slices"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/syntax"
	"vega/daemon/heartbeat"
)

// Instance returns one instance of the group: its section, in which every
// reference to each is replaced, and where in the group's block what it
// contains was written.
func (g *Group) Instance(n int, out *diag.Collector) *bind.Section {
	f := filler{group: g, target: &g.Targets[n], out: out, from: &diag.Instance{
		Name: g.Name(n), Within: g.Targets[n].At, Block: g.Section.Head,
		Filled: map[diag.Place]diag.Place{}, From: map[diag.Place]diag.Place{},
	}}
	out.Enter(f.from)
	s := f.section(g.Section)
	s.Name, s.Head = g.Name(n), f.target.At
	return s
}

// filler fills the references to each in one instance.
type filler struct {
	group  *Group
	target *Target
	out    *diag.Collector
	from   *diag.Instance
}

// section copies a section, because its values are those of one instance.
func (f *filler) section(of *bind.Section) *bind.Section {
	s := *of
	slots := make([]bind.Slot, 0, len(of.Slots))
	s.Slots = make([]*bind.Slot, 0, len(of.Slots))
	for _, t := range of.Slots {
		if t.Row.Name == "for_each" || t.Row.Name == "for_each_file" {
			continue
		}
		slots = append(slots, bind.Slot{Row: t.Row, At: t.At, Expr: f.expr(t.Expr)})
		s.Slots = append(s.Slots, &slots[len(slots)-1])
	}
	s.Blocks = make([]*bind.Section, len(of.Blocks))
	for i, b := range of.Blocks {
		s.Blocks[i] = f.section(b)
	}
	if of.Raw != nil {
		raw := *of.Raw
		raw.Body = f.body(&raw.Body)
		s.Raw = &raw
	}
	return &s
}

func (f *filler) body(of *syntax.Body) syntax.Body {
	out := syntax.Body{Attrs: slices.Clone(of.Attrs), Blocks: slices.Clone(of.Blocks)}
	for i, a := range of.Attrs {
		if e := f.expr(a.Value); e != a.Value {
			out.Attrs[i] = &syntax.Attr{Name: a.Name, At: a.At, Value: e}
		}
	}
	for i, b := range of.Blocks {
		in := *b
		in.Body = f.body(&b.Body)
		out.Blocks[i] = &in
	}
	return out
}

// expr fills an expression. It returns the same one if that does not refer to
// each.
func (f *filler) expr(e *syntax.Expr) *syntax.Expr {
	if isEach(e) {
		return f.each(e)
	}
	var items []*syntax.Expr
	for i, item := range e.Items {
		filled := f.expr(item)
		if filled == item {
			continue
		}
		if items == nil {
			items = slices.Clone(e.Items)
		}
		items[i] = filled
		if e.Kind == syntax.TmplExpr || e.Kind == syntax.RefExpr || e.Kind == syntax.CallExpr {
			f.from.Filled[e.At] = filled.At
		}
	}
	if items == nil {
		return e
	}
	out := *e
	out.Items, out.Filled = items, e.Kind == syntax.TmplExpr
	return joined(&out)
}

// joined turns a template into the text that it consists of, if it has no
// other parts, so that it may stand where plain text must.
func joined(e *syntax.Expr) *syntax.Expr {
	if e.Kind != syntax.TmplExpr || slices.ContainsFunc(e.Items, func(p *syntax.Expr) bool { return p.Kind != syntax.TextExpr }) {
		return e
	}
	var b strings.Builder
	for _, p := range e.Items {
		b.WriteString(p.Text)
	}
	e.Kind, e.Text, e.Items = syntax.TextExpr, b.String(), nil
	return e
}

// isEach reports whether an expression refers to each.
func isEach(e *syntax.Expr) bool {
	return e.Kind == syntax.RefExpr && (e.Text == "each" || strings.HasPrefix(e.Text, "each."))
}

// each returns what a reference to each stands for.
func (f *filler) each(e *syntax.Expr) *syntax.Expr {
	name, path, nested := strings.Cut(strings.TrimPrefix(e.Text, "each."), ".")
	var keys []string
	if nested {
		keys = strings.Split(path, ".")
	}
	for _, item := range e.Items {
		keys = append(keys, item.Text)
	}
	found := f.target.Value
	switch {
	case name == "key" && len(keys) == 0:
		found = &syntax.Expr{Kind: syntax.TextExpr, At: f.target.KeyAt, Text: f.target.Key}
	case name != "value":
		fix := "use each.key or each.value"
		if found.Kind == syntax.MapExpr && find(found, name) != nil {
			fix = "use each.value." + diag.Clip(name)
		}
		return f.bad(e, e.At, fmt.Sprintf("%s does not exist.", diag.Clip(e.Text)), fix)
	}
	for i, key := range keys {
		if found.Kind == syntax.BadExpr {
			return found
		}
		if found.Kind != syntax.MapExpr {
			return f.bad(e, found.At, fmt.Sprintf("%s needs a map here, because it refers to a key of it.", diag.Clip(e.Text)),
				fmt.Sprintf("use { %s = … }, or refer to each.value", diag.Clip(key)))
		}
		in := find(found, key)
		if in == nil {
			path := strings.Join(append([]string{"each.value"}, keys[:i]...), ".")
			fix := fmt.Sprintf("add %s = …", syntax.QuoteKey(key))
			if near := diag.Nearest(key, keysOf(found)); near != "" {
				fix = fmt.Sprintf("refer to %s.%s, or %s", path, near, fix)
			}
			return f.bad(e, found.At, fmt.Sprintf("%s has no key %q.", path, diag.Clip(key)), fix)
		}
		found = in
	}
	f.from.From[found.At] = e.At
	if found.Kind == syntax.MapExpr { // for the message, if no map may stand here
		named := *found
		named.Text = e.Text
		if len(keys) == 0 && f.group.allMaps() {
			named.At = e.At // the mistake is here, not in one of the targets
		}
		return &named
	}
	return found
}

// allMaps reports whether every target is a map.
func (g *Group) allMaps() bool {
	return !slices.ContainsFunc(g.Targets, func(t Target) bool { return t.Value.Kind != syntax.MapExpr })
}

func (f *filler) bad(e *syntax.Expr, at diag.Place, detail, fix string) *syntax.Expr {
	f.from.From[at] = e.At
	f.out.Err(diag.Dangling, at, detail, fix)
	return &syntax.Expr{Kind: syntax.BadExpr, At: at}
}

// keysOf returns the keys of a map that are written as such.
func keysOf(in *syntax.Expr) []string {
	var keys []string
	for i := 0; i+1 < len(in.Items); i += 2 {
		keys = append(keys, in.Items[i].Text)
	}
	return keys
}

// find returns the value of a key in a map; nil if there isn't one.
func find(in *syntax.Expr, key string) *syntax.Expr {
	for i := 0; i+1 < len(in.Items); i += 2 {
		if in.Items[i].Kind == syntax.TextExpr && in.Items[i].Text == key {
			return in.Items[i+1]
		}
	}
	return nil
}

// refersToEach reports whether anything in a section but for_each itself refers
// to each.
func refersToEach(s *bind.Section) bool {
	found := s.Broken
	s.EachExpr(func(e *syntax.Expr) { found = found || isEach(e) })
	return found
}

// isHeartbeat reports whether the integration is a heartbeat, whose instances have no
// target: each waits for a report under its own name.
func isHeartbeat(s *bind.Section) bool {
	t := s.Slot("probe")
	return t != nil && t.Expr.Kind == syntax.RefExpr && t.Expr.Text == heartbeat.Probe
}
