package eval

import (
	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// constants is the language of manifests, which have no functions and no
// references.
type constants struct{ out *diag.Collector }

func (c constants) argument(e *syntax.Expr) (string, bool) {
	c.out.Err(diag.BadCall, e.At, "A manifest is the same everywhere, so it cannot call functions.", "use a literal value")
	return "", false
}

func (c constants) reference(e *syntax.Expr, _ want, _ manifest.Type) (manifest.Value, bind.State) {
	c.out.Err(diag.NotAllowed, e.At, "A manifest cannot contain references.", "use a literal value; put text in quotes")
	return nil, bind.Bad
}

// constant returns a literal in its JSON form, for a manifest's default.
func (ev *Evaluator) constant(e *syntax.Expr) (manifest.Value, bind.State) {
	switch e.Kind {
	case syntax.TextExpr:
		return e.Text, bind.Present
	case syntax.NumExpr:
		return e.Num, bind.Present
	case syntax.BoolExpr:
		return e.Num == 1, bind.Present
	case syntax.ListExpr:
		out := make([]any, 0, len(e.Items))
		for _, item := range e.Items {
			v, s := ev.constant(item)
			if s != bind.Present {
				return nil, s
			}
			out = append(out, v)
		}
		return out, bind.Present
	case syntax.MapExpr:
		out := make(map[string]any, len(e.Items)/2)
		for i := 0; i+1 < len(e.Items); i += 2 {
			v, s := ev.constant(e.Items[i+1])
			if s != bind.Present {
				return nil, s
			}
			out[e.Items[i].Text] = v
		}
		return out, bind.Present
	case syntax.BadExpr:
		return nil, bind.Bad
	default:
		ev.out.Err(diag.NotAllowed, e.At, "A default must be a literal, without references or function calls.", "use a literal value")
		return nil, bind.Bad
	}
}
