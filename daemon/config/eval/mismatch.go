package eval

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// mismatch reports a value whose type differs from its attribute's.
func (ev *Evaluator) mismatch(e *syntax.Expr, w want, t manifest.Type) (manifest.Value, bind.State) {
	ev.Notes.Misspelt = ev.Notes.Misspelt || t == manifest.Database
	what := syntax.KindNames[e.Kind]
	if e.Kind == syntax.CallExpr {
		what = "the result of " + diag.Clip(e.Text) + "(), which is text"
		if e.Text == "env_set" {
			what = "the result of env_set(), which is true or false"
		}
		if _, ok := ev.lang.argument(e); !ok {
			return nil, bind.Bad
		}
	}
	fix, instead := mismatchFix(e, w, t)
	g := ev.out.Err(diag.WrongType, e.At, fmt.Sprintf("%s must be %s, not %s.", w.Name, schema.TypeName(t), what), fix)
	if g.Suggest(e.At, instead); t == manifest.List && e.Kind != syntax.MapExpr && e.Kind != syntax.ListExpr {
		g.Replace(e.At.Source.Span(e.At.Start, e.At.Start), "[")
		g.Replace(e.At.Source.Span(e.At.End, e.At.End), "]")
	}
	return nil, bind.Bad
}

// inList returns a single value as a list, without text that may be secret.
func inList(e *syntax.Expr, w want) string {
	switch {
	case e.Kind == syntax.NumExpr && !w.Sensitive:
		return "[" + strconv.FormatFloat(e.Num, 'f', -1, 64) + "]"
	case e.Kind == syntax.TextExpr && !w.Sensitive && !e.Computed() && len(e.Text) <= 80:
		return "[" + syntax.QuoteText(e.Text) + "]"
	case e.Kind == syntax.RefExpr && len(e.Items) == 0:
		return "[" + diag.Clip(e.Text) + "]"
	default:
		return "[ … ]"
	}
}

// mismatchFix returns a fix, and the text to replace the value with if that is
// certain.
func mismatchFix(e *syntax.Expr, w want, t manifest.Type) (fix, instead string) {
	switch {
	case t == manifest.List && e.Kind != syntax.MapExpr:
		return fmt.Sprintf("put it in brackets: %s = %s", w.Name, inList(e, w)), ""
	case (t == manifest.Number || t == schema.Whole) && e.Kind == syntax.TextExpr && IsNumber(e.Text) && !w.Sensitive:
		return "remove the quotes: " + e.Text, e.Text
	case t == manifest.Bool && e.Kind == syntax.TextExpr && (e.Text == "true" || e.Text == "false"):
		return "remove the quotes: " + e.Text, e.Text
	case t == manifest.Bool && e.Kind == syntax.TextExpr && truths[strings.ToLower(e.Text)] != "":
		truth := truths[strings.ToLower(e.Text)]
		return "use " + truth + ", without quotes", truth
	case t == manifest.String && e.Kind == syntax.NumExpr && !w.Sensitive:
		quoted := strconv.Quote(strconv.FormatFloat(e.Num, 'f', -1, 64))
		return "put it in quotes: " + quoted, quoted
	case t == manifest.Database && e.Kind == syntax.TextExpr && manifest.ValidName(strings.TrimPrefix(e.Text, "database.")):
		name := "database." + strings.TrimPrefix(e.Text, "database.")
		return "use " + name + " without quotes", name
	case t == schema.Integration && e.Kind == syntax.TextExpr && manifest.ValidName(strings.TrimPrefix(e.Text, "integration.")):
		name := "integration." + strings.TrimPrefix(e.Text, "integration.")
		return "use " + name + " without quotes", name
	case t == schema.Figure && e.Kind == syntax.TextExpr && schema.IsFigure(e.Text):
		return "remove the quotes: " + e.Text, e.Text
	case t == w.Type:
		return fmt.Sprintf("set %s to %s", w.Name, schema.Example(w.Row)), ""
	default:
		return "use " + schema.Sample(t), ""
	}
}

// IsNumber reports whether a string is a number that could be written without
// quotes.
func IsNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil && len(s) <= syntax.MaxNumber
}

// truths are words for true and false in other languages.
var truths = map[string]string{
	"yes": "true", "on": "true", "y": "true", "true": "true", "enabled": "true", "1": "true",
	"no": "false", "off": "false", "n": "false", "false": "false", "disabled": "false", "0": "false",
}

// notAllowed reports each element of a list that is not one of the allowed values.
// It returns false if the value is not a list with such an element.
func (ev *Evaluator) notAllowed(t *bind.Slot) (found bool) {
	if len(t.Row.OneOf) == 0 || t.Expr.Kind != syntax.ListExpr || t.Row.Sensitive {
		return false
	}
	for _, e := range t.Expr.Items {
		if e.Kind != syntax.TextExpr || slices.Contains(t.Row.OneOf, e.Text) {
			continue
		}
		fix, instead := "use "+schema.Bounds(t.Row), ""
		if near := diag.Nearest(e.Text, t.Row.OneOf); near != "" {
			instead = strconv.Quote(near)
			fix = "use " + instead
		}
		ev.out.Err(diag.OutOfBounds, e.At, fmt.Sprintf("Each element of %s must be %s, not %q.", t.Row.Name, schema.Bounds(t.Row), diag.Clip(e.Text)), fix).Suggest(e.At, instead)
		found = true
	}
	return found
}

// boundsFix is like mismatchFix, for a value that is not allowed.
func boundsFix(t *bind.Slot) (fix, instead string) {
	if len(t.Row.OneOf) > 0 && t.Expr.Kind == syntax.TextExpr && !t.Row.Sensitive {
		if near := diag.Nearest(t.Expr.Text, t.Row.OneOf); near != "" {
			return "use " + strconv.Quote(near), strconv.Quote(near)
		}
	}
	return "use a value that is " + schema.Bounds(t.Row), ""
}
