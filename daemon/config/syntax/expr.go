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
	RefExpr              // text: a.b.c
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
	for _, step := range t {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			b.WriteString(step.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + step.Name)
		default:
			return l.refuse(out, "References cannot contain an index.", "use names with dots, such as llm.base_url")
		}
	}
	out.Kind, out.Text = RefExpr, b.String()
	return out
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
