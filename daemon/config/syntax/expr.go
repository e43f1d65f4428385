package syntax

import (
	"math"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"vega/daemon/config/diag"
)

// Kind is the kind of an expression.
type Kind uint8

// The kinds. The comments say what Expr holds.
const (
	BadExpr  Kind = iota // invalid, and reported already
	TextExpr             // text
	NumExpr              // num
	BoolExpr             // num is 1 for true
	TmplExpr             // items, joined
	ListExpr             // items
	MapExpr              // items: key, value, key, value; a key is a TextExpr
	RefExpr              // text: a.b.c; items: the index after it, if there is one, or the one that is in text before the last name
	CallExpr             // text is the function, items its arguments
)

// KindNames holds the name of each kind for messages.
var KindNames = map[Kind]string{
	TextExpr: "text", NumExpr: "a number", BoolExpr: "true or false", TmplExpr: "text",
	ListExpr: "a list", MapExpr: "a map", RefExpr: "a reference", CallExpr: "a call",
}

// Expr is a value as it was written.
type Expr struct {
	Kind  Kind
	At    diag.Place
	Text  string
	Num   float64
	Items []*Expr
	// Untyped means that the text comes from a file of targets, which has no
	// quotes, so it may also stand where a number or boolean is expected.
	Untyped bool
	// Filled means that a template was filled with values of a target. It no
	// longer says what was written.
	Filled bool
}

// expr converts an expression that the language allows, and reports any other.
// The guard limits its recursion.
func (l *lowerer) expr(e hclsyntax.Expression) *Expr {
	out := &Expr{At: l.place(e.Range())}
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		return l.literal(out, e.Val)
	case *hclsyntax.TemplateExpr:
		return l.template(out, e.Parts)
	case *hclsyntax.TemplateWrapExpr:
		out.Kind, out.Items = TmplExpr, []*Expr{l.expr(e.Wrapped)}
	case *hclsyntax.ParenthesesExpr:
		return l.expr(e.Expression)
	case *hclsyntax.TupleConsExpr:
		out.Kind, out.Items = ListExpr, l.exprs(e.Exprs)
	case *hclsyntax.ObjectConsExpr:
		return l.object(out, e)
	case *hclsyntax.ScopeTraversalExpr:
		return l.traversal(out, e.Traversal)
	case *hclsyntax.IndexExpr:
		return l.index(out, e)
	case *hclsyntax.FunctionCallExpr:
		if e.ExpandFinal {
			return l.refuse(out, "An expanded argument list (...) is not supported.", "list the arguments")
		}
		out.Kind, out.Text, out.Items = CallExpr, e.Name, l.exprs(e.Args)
	case *hclsyntax.UnaryOpExpr:
		if in := l.expr(e.Val); e.Op == hclsyntax.OpNegate && in.Kind == NumExpr {
			out.Kind, out.Num = NumExpr, -in.Num
			return out
		}
		return l.refuse(out, "Only a number can have a sign; other operators are not supported.", "use the resulting value")
	default:
		return l.refuse(out, notAllowed(e), "use the resulting value")
	}
	return out
}

func (l *lowerer) exprs(in []hclsyntax.Expression) []*Expr {
	out := make([]*Expr, len(in))
	for i, e := range in {
		out[i] = l.expr(e)
	}
	return out
}

func (l *lowerer) refuse(e *Expr, detail, fix string) *Expr {
	l.out.Err(diag.NotAllowed, e.At, detail, fix)
	e.Kind = BadExpr
	return e
}

func (l *lowerer) literal(out *Expr, v cty.Value) *Expr {
	switch {
	case !v.IsKnown():
		out.Kind = BadExpr // left by recovery from a syntax error
	case v.IsNull():
		return l.refuse(out, "null is not supported.", "leave the attribute out")
	case v.Type() == cty.String:
		out.Kind, out.Text = TextExpr, v.AsString()
	case v.Type() == cty.Bool:
		out.Kind = BoolExpr
		if v.True() {
			out.Num = 1
		}
	case v.Type() == cty.Number:
		f, _ := v.AsBigFloat().Float64()
		if math.IsInf(f, 0) {
			return l.refuse(out, "This number is too large.", "use a smaller number")
		}
		out.Kind, out.Num = NumExpr, f
	}
	return out
}

func (l *lowerer) template(out *Expr, parts []hclsyntax.Expression) *Expr {
	out.Kind = TmplExpr
	plain := true
	for _, p := range parts {
		in := l.part(p)
		plain = plain && in.Kind == TextExpr
		out.Items = append(out.Items, in)
	}
	if plain {
		var b strings.Builder
		for _, p := range out.Items {
			b.WriteString(p.Text)
		}
		out.Kind, out.Text, out.Items = TextExpr, b.String(), nil
	}
	return out
}

// part lowers a part of a template. HCL turns a directive into a conditional or
// a join; the source text shows which one it was.
func (l *lowerer) part(e hclsyntax.Expression) *Expr {
	out := &Expr{At: l.place(e.Range())}
	_, joined := e.(*hclsyntax.TemplateJoinExpr)
	_, chosen := e.(*hclsyntax.ConditionalExpr)
	if joined || chosen && strings.HasPrefix(string(l.file.Text[out.At.Start:out.At.End]), "%{") {
		return l.refuse(out, noControl, controlFix)
	}
	return l.expr(e)
}

func (l *lowerer) object(out *Expr, e *hclsyntax.ObjectConsExpr) *Expr {
	out.Kind = MapExpr
	for _, item := range e.Items {
		out.Items = append(out.Items, l.key(item.KeyExpr), l.expr(item.ValueExpr))
	}
	return out
}

// key lowers the key of a map: a bare word or a plain string.
func (l *lowerer) key(e hclsyntax.Expression) *Expr {
	out := &Expr{At: l.place(e.Range())}
	if word := hcl.ExprAsKeyword(e); word != "" {
		out.Kind, out.Text = TextExpr, word
		return out
	}
	if k, ok := e.(*hclsyntax.ObjectConsKeyExpr); ok {
		if t, ok := k.Wrapped.(*hclsyntax.TemplateExpr); ok {
			if out = l.expr(t); out.Kind == TextExpr || out.Kind == BadExpr {
				return out
			}
		}
	}
	return l.refuse(out, "A map key must be a plain word or string.", "put it in quotes")
}

func (l *lowerer) traversal(out *Expr, t hcl.Traversal) *Expr {
	var b strings.Builder
	for n, step := range t {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			b.WriteString(step.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + step.Name)
		case hcl.TraverseIndex:
			if !takesIndex(b.String()) || step.Key.Type() != cty.String {
				return l.refuse(out, noIndex, noIndexFix)
			}
			switch metric := ofInstance(t, n); {
			case metric:
				b.WriteString("." + step.Key.AsString())
			case n != len(t)-1:
				return l.refuse(out, noIndex, noIndexFix)
			}
			out.Items = []*Expr{{Kind: TextExpr, At: l.place(step.SrcRange), Text: step.Key.AsString()}}
		default:
			return l.refuse(out, noIndex, noIndexFix)
		}
	}
	out.Kind, out.Text = RefExpr, b.String()
	return out
}

// ofInstance reports whether the step n of a reference is the key of an instance whose
// metric follows, as in integration.hosts["web1"].latency.
func ofInstance(t hcl.Traversal, n int) bool {
	if t.RootName() != "integration" || n != len(t)-2 {
		return false
	}
	_, metric := t[n+1].(hcl.TraverseAttr)
	return metric
}

// index lowers a reference with an index that is computed, such as
// integration.hosts[each.key].
func (l *lowerer) index(out *Expr, e *hclsyntax.IndexExpr) *Expr {
	of, key := l.expr(e.Collection), l.expr(e.Key)
	switch {
	case of.Kind == BadExpr || key.Kind == BadExpr:
		out.Kind = BadExpr
		return out
	case of.Kind != RefExpr || len(of.Items) > 0 || !takesIndex(of.Text):
		return l.refuse(out, noIndex, noIndexFix)
	}
	out.Kind, out.Text, out.Items = RefExpr, of.Text, []*Expr{key}
	return out
}

const (
	noIndex    = "Only an integration with for_each, and each.value, can have an index in brackets."
	noIndexFix = `use names with dots, such as llm.base_url, or one of integration.NAME["KEY"] and each.value["KEY"]`
)

// takesIndex reports whether an index may follow a reference.
func takesIndex(ref string) bool {
	root, rest, ok := strings.Cut(ref, ".")
	return ok && (root == "integration" || root == "each") && !strings.Contains(rest, ".")
}

// The message and fix for %{ if } and %{ for }.
const (
	noControl  = "Template directives such as %{ if } are not supported."
	controlFix = "use literal text; for a literal %{, double the percent sign: %%{"
)

func notAllowed(e hclsyntax.Expression) string {
	switch e.(type) {
	case *hclsyntax.BinaryOpExpr:
		return "Operators are not supported, because vega.hcl holds values, not computations."
	case *hclsyntax.ConditionalExpr:
		return "Conditionals are not supported, because vega.hcl holds values, not computations."
	case *hclsyntax.ForExpr:
		return "A for expression is not supported, because vega.hcl holds values, not computations."
	case *hclsyntax.SplatExpr:
		return "A splat (*) is not supported."
	default:
		return "Only literals, templates, lists, maps, references and env(), env_set() and file() are supported."
	}
}
