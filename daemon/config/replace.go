package config

import (
	"fmt"

	"vega/daemon/config/diag"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// replaced are the bundled plugins whose place a file may take.
func (d *decoder) replaced(s *section, bundled []manifest.Found) []string {
	var names, out []string
	for _, b := range bundled {
		if b.Extra {
			names = append(names, b.Module.Manifest.Name)
		}
	}
	t := s.slot("replace")
	for n, name := range d.strs(s, "replace") {
		if b := manifest.Plugin(bundled, name); b != nil && b.Extra {
			out = append(out, name)
			continue
		}
		at := t.expr.At
		if t.expr.Kind == syntax.ListExpr && n < len(t.expr.Items) {
			at = t.expr.Items[n].At
		}
		near := diag.Nearest(name, names)
		fix := "remove it: core can't be replaced, and a plugin with a name of its own needs no permission"
		if near != "" {
			fix = fmt.Sprintf("write %q", near)
		}
		d.out.Err(diag.NoPlugin, at, fmt.Sprintf("No plugin of this name ships with vega and can be replaced; there are: %s.", diag.Among(names)), fix)
	}
	return out
}
