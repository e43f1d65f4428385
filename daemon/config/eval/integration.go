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

// dependency evaluates a reference to an integration.
func (c configuration) dependency(e *syntax.Expr, w want, t manifest.Type, name string) (manifest.Value, bind.State) {
	if c.ev.peers[name] == nil {
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
		fix := "replace the reference with a value"
		if w.Element() == schema.Integration {
			fix = fmt.Sprintf("set %s = [%s]", w.Name, diag.Clip(e.Text))
		}
		c.ev.out.Err(diag.WrongType, e.At, fmt.Sprintf("%s must be %s, but %s is an integration.", w.Name, schema.TypeName(t), diag.Clip(e.Text)), fix)
		return nil, bind.Bad
	}
	return manifest.Plain(name), bind.Present
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
