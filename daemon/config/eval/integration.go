package eval

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/expand"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// dependency evaluates a reference to an integration.
func (c configuration) dependency(e *syntax.Expr, w want, t manifest.Type, name string) (manifest.Value, bind.State) {
	if len(e.Items) > 0 {
		if group, _, attribute := strings.Cut(name, "."); attribute {
			c.ev.out.Err(diag.Dangling, e.At, "Attributes of an integration cannot be referenced.", fmt.Sprintf("use integration.%s[%q]", diag.Clip(group), diag.Clip(e.Items[0].Text)))
			return nil, bind.Bad
		}
		if e.Items[0].Kind != syntax.TextExpr {
			c.ev.out.Err(diag.WrongType, e.At, "The index of an integration must be the key of an instance, as text.", fmt.Sprintf("use %s[\"KEY\"] or, with for_each, %s[each.key]", diag.Clip(e.Text), diag.Clip(e.Text)))
			return nil, bind.Bad
		}
		name += expand.Separator + e.Items[0].Text
	}
	if first, key, ok := strings.Cut(name, expand.Separator); ok && c.ev.Groups[first] != nil {
		if g := c.ev.Groups[first]; !g.Has(key) && !g.Section.Unsure("for_each") {
			return c.noInstance(e, g, key, "")
		}
	} else if c.ev.peers[name] == nil {
		instead := ""
		fix := fmt.Sprintf("use an existing one, or add a block: integration %q { … }", diag.Clip(name))
		if first, _, _ := strings.Cut(name, "."); c.ev.peers[first] != nil {
			fix = "use integration." + first + "; attributes of an integration cannot be referenced"
		} else if near := c.nearIntegration(name); near != "" {
			instead = "integration." + near
			fix = "use " + instead
		}
		c.ev.out.Err(diag.Dangling, e.At, fmt.Sprintf("%s does not exist.", diag.Clip(e.Text)), fix).Suggest(e.At, instead)
		return nil, bind.Bad
	}
	if t != schema.Integration {
		c.misusedIntegration(e, w, t, name)
		return nil, bind.Bad
	}
	return manifest.Plain(name), bind.Present
}

// misusedIntegration reports a reference to an integration where a value of
// another type belongs.
func (c configuration) misusedIntegration(e *syntax.Expr, w want, t manifest.Type, name string) {
	fix, instead := "replace the reference with a value", ""
	switch {
	case t == schema.Selector:
		instead = strconv.Quote(name)
		fix = "use " + instead
	case w.Element() == schema.Integration:
		fix = fmt.Sprintf("set %s = [%s]", w.Name, diag.Clip(e.Text))
	}
	g := c.ev.out.Err(diag.WrongType, e.At, fmt.Sprintf("%s must be %s, but %s is an integration.", nameOf(w, t), schema.TypeName(t), diag.Clip(e.Text)), fix)
	if g.Suggest(e.At, instead); w.Element() == schema.Integration {
		g.Replace(e.At.Source.Span(e.At.Start, e.At.Start), "[")
		g.Replace(e.At.Source.Span(e.At.End, e.At.End), "]")
	}
}

// noInstance reports a reference to an instance that does not exist, or to what follows
// its key.
func (c configuration) noInstance(e *syntax.Expr, g *expand.Group, key, rest string) (manifest.Value, bind.State) {
	keys := keysOf(g)
	fix := fmt.Sprintf("use integration.%s%s for all of its instances, or one of: %s", g.Section.Name, rest, diag.Among(keys))
	instead := ""
	if near := diag.Nearest(key, keys); near != "" && len(keys) < maxCompared {
		instead = fmt.Sprintf("integration.%s[%q]%s", g.Section.Name, near, rest)
		fix = "use " + instead
	}
	c.ev.out.Err(diag.Dangling, e.At, fmt.Sprintf("integration.%s has no instance %q.", g.Section.Name, diag.Clip(key)), fix).Suggest(e.At, instead)
	return nil, bind.Bad
}

func keysOf(g *expand.Group) []string {
	keys := make([]string, 0, len(g.Targets))
	for _, t := range g.Targets {
		keys = append(keys, t.Key)
	}
	return keys
}

// nearIntegration finds a similar name among all integrations. It stops once
// there are more errors than are shown, since there can be many names.
func (c configuration) nearIntegration(name string) string {
	if c.ev.out.Errors() > diag.MaxDiagnostics {
		return ""
	}
	if c.ev.names == nil {
		c.ev.names = slices.DeleteFunc(slices.Sorted(maps.Keys(c.ev.peers)), notReferable)
	}
	return diag.Nearest(name, c.ev.names)
}
