package config

import (
	"math"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"vega/daemon/config/diag"
)

type kind uint8

const (
	badExpr  kind = iota // reported already
	textExpr             // text
	numExpr              // num
	boolExpr             // num is 1 for true
	tmplExpr             // items, joined
	listExpr             // items
	mapExpr              // items: key, value, key, value; a key is a textExpr
	refExpr              // text: a.b.c
	callExpr             // text is the function, items its arguments
)

// kindNames are for a person.
var kindNames = map[kind]string{
	textExpr: "text", numExpr: "a number", boolExpr: "true or false", tmplExpr: "text",
	listExpr: "a list", mapExpr: "a map", refExpr: "a reference", callExpr: "a call",
}

// expr is a value as it was written.
type expr struct {
	kind  kind
	at    diag.Place
	text  string
	num   float64
	items []*expr
}

// expr keeps what the language allows, and reports anything else. Its
// recursion is bounded by the guard.
func (l *lowerer) expr(e hclsyntax.Expression) *expr {
	out := &expr{at: l.place(e.Range())}
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		return l.literal(out, e.Val)
	case *hclsyntax.TemplateExpr:
		return l.template(out, e.Parts)
	case *hclsyntax.TemplateWrapExpr:
		out.kind, out.items = tmplExpr, []*expr{l.expr(e.Wrapped)}
	case *hclsyntax.ParenthesesExpr:
		return l.expr(e.Expression)
	case *hclsyntax.TupleConsExpr:
		out.kind, out.items = listExpr, l.exprs(e.Exprs)
	case *hclsyntax.ObjectConsExpr:
		return l.object(out, e)
	case *hclsyntax.ScopeTraversalExpr:
		return l.traversal(out, e.Traversal)
	case *hclsyntax.FunctionCallExpr:
		if e.ExpandFinal {
			return l.refuse(out, "An expanded argument list (...) is not supported.", "write the arguments out")
		}
		out.kind, out.text, out.items = callExpr, e.Name, l.exprs(e.Args)
	case *hclsyntax.UnaryOpExpr:
		if in := l.expr(e.Val); e.Op == hclsyntax.OpNegate && in.kind == numExpr {
			out.kind, out.num = numExpr, -in.num
			return out
		}
		return l.refuse(out, "Only a number can have a sign; there are no other operators.", "write the resulting value")
	default:
		return l.refuse(out, notAllowed(e), "write the resulting value")
	}
	return out
}

func (l *lowerer) exprs(in []hclsyntax.Expression) []*expr {
	out := make([]*expr, len(in))
	for i, e := range in {
		out[i] = l.expr(e)
	}
	return out
}

func (l *lowerer) refuse(e *expr, detail, fix string) *expr {
	l.out.Err(diag.NotAllowed, e.at, detail, fix)
	e.kind = badExpr
	return e
}

func (l *lowerer) literal(out *expr, v cty.Value) *expr {
	switch {
	case !v.IsKnown():
		out.kind = badExpr // left by recovery from a syntax error
	case v.IsNull():
		return l.refuse(out, "There is no null.", "leave the attribute out")
	case v.Type() == cty.String:
		out.kind, out.text = textExpr, v.AsString()
	case v.Type() == cty.Bool:
		out.kind = boolExpr
		if v.True() {
			out.num = 1
		}
	case v.Type() == cty.Number:
		f, _ := v.AsBigFloat().Float64()
		if math.IsInf(f, 0) {
			return l.refuse(out, "This number is too large.", "write a smaller number")
		}
		out.kind, out.num = numExpr, f
	}
	return out
}

func (l *lowerer) template(out *expr, parts []hclsyntax.Expression) *expr {
	out.kind = tmplExpr
	plain := true
	for _, p := range parts {
		in := l.part(p)
		plain = plain && in.kind == textExpr
		out.items = append(out.items, in)
	}
	if plain {
		var b strings.Builder
		for _, p := range out.items {
			b.WriteString(p.text)
		}
		out.kind, out.text, out.items = textExpr, b.String(), nil
	}
	return out
}

// part is a part of a template. HCL turns a directive into a conditional or a
// join, which it reads from the text around it: the place tells them apart.
func (l *lowerer) part(e hclsyntax.Expression) *expr {
	out := &expr{at: l.place(e.Range())}
	_, joined := e.(*hclsyntax.TemplateJoinExpr)
	_, chosen := e.(*hclsyntax.ConditionalExpr)
	if joined || chosen && strings.HasPrefix(string(l.file.Text[out.at.Start:out.at.End]), "%{") {
		return l.refuse(out, noControl, controlFix)
	}
	return l.expr(e)
}

func (l *lowerer) object(out *expr, e *hclsyntax.ObjectConsExpr) *expr {
	out.kind = mapExpr
	for _, item := range e.Items {
		out.items = append(out.items, l.key(item.KeyExpr), l.expr(item.ValueExpr))
	}
	return out
}

// key is the key of a map: a bare word or a plain string.
func (l *lowerer) key(e hclsyntax.Expression) *expr {
	out := &expr{at: l.place(e.Range())}
	if word := hcl.ExprAsKeyword(e); word != "" {
		out.kind, out.text = textExpr, word
		return out
	}
	if k, ok := e.(*hclsyntax.ObjectConsKeyExpr); ok {
		if t, ok := k.Wrapped.(*hclsyntax.TemplateExpr); ok {
			if out = l.expr(t); out.kind == textExpr || out.kind == badExpr {
				return out
			}
		}
	}
	return l.refuse(out, "The key of a map must be a plain word or string.", "write it in quotes")
}

func (l *lowerer) traversal(out *expr, t hcl.Traversal) *expr {
	var b strings.Builder
	for _, step := range t {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			b.WriteString(step.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + step.Name)
		default:
			return l.refuse(out, "An index is not supported in a reference.", "write names with dots, such as llm.base_url")
		}
	}
	out.kind, out.text = refExpr, b.String()
	return out
}

// What is said of %{ if } and %{ for }.
const (
	noControl  = "Template directives such as %{ if } are not supported."
	controlFix = "write the text out; to write %{ itself, double the percent sign: %%{"
)

func notAllowed(e hclsyntax.Expression) string {
	switch e.(type) {
	case *hclsyntax.BinaryOpExpr:
		return "Operators are not supported: vega.hcl holds values, not computations."
	case *hclsyntax.ConditionalExpr:
		return "Conditionals are not supported: vega.hcl holds values, not computations."
	case *hclsyntax.ForExpr:
		return "A for expression is not supported: vega.hcl holds values, not computations."
	case *hclsyntax.SplatExpr:
		return "A splat (*) is not supported."
	default:
		return "Only literals, templates, lists, maps, references and env(), env_set() and file() are supported."
	}
}
