package eval

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// notifier evaluates a reference to a notifier.
func (c configuration) notifier(e *syntax.Expr, w want, t manifest.Type, name string) (manifest.Value, bind.State) {
	if !c.ev.ends[name] || len(e.Items) > 0 {
		var names []string
		if c.ev.out.Errors() < diag.MaxDiagnostics { // later errors are not shown, and there can be many names
			names = slices.Sorted(maps.Keys(c.ev.ends))
		}
		fix := fmt.Sprintf("add a block: notifier %q { … }", diag.Clip(name))
		if len(names) > 0 {
			fix = fmt.Sprintf("use an existing one (%s), or %s", diag.Among(names), fix)
		}
		near := diag.Nearest(name, slices.DeleteFunc(names, notReferable))
		if near != "" {
			near = "notifier." + near
			fix = "use " + near
		}
		if first, _, more := strings.Cut(name, "."); more && c.ev.ends[first] {
			near = "notifier." + first
			fix = "use " + near + "; attributes of a notifier cannot be referenced"
		}
		c.ev.out.Err(diag.Dangling, e.At, fmt.Sprintf("%s does not exist.", diag.Clip(e.Text)), fix).Suggest(e.At, near)
		return nil, bind.Bad
	}
	if t == schema.Notifier {
		return manifest.Plain(name), bind.Present
	}
	fix := "replace the reference with a value"
	if w.Element() == schema.Notifier {
		fix = fmt.Sprintf("set %s = [%s]", w.Name, diag.Clip(e.Text))
	}
	g := c.ev.out.Err(diag.WrongType, e.At, fmt.Sprintf("%s must be %s, but %s is a notifier.", w.Name, schema.TypeName(t), diag.Clip(e.Text)), fix)
	if w.Element() == schema.Notifier {
		g.Replace(e.At.Source.Span(e.At.Start, e.At.Start), "[")
		g.Replace(e.At.Source.Span(e.At.End, e.At.End), "]")
	}
	return nil, bind.Bad
}
