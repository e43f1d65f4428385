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
	if e.Kind == syntax.MapExpr && e.Text != "" && len(e.Items) > 0 { // a reference to a target of for_each
		ev.out.Err(diag.WrongType, e.At, fmt.Sprintf("%s must be %s, but %s is a map.", nameOf(w, t), schema.TypeName(t), diag.Clip(e.Text)),
			fmt.Sprintf("refer to a key of it, such as %s.%s", diag.Clip(e.Text), diag.Clip(e.Items[0].Text)))
		return nil, bind.Bad
	}
	fix, instead := mismatchFix(e, w, t)
	g := ev.out.Err(diag.WrongType, e.At, fmt.Sprintf("%s must be %s, not %s.", nameOf(w, t), schema.TypeName(t), what), fix)
	switch g.Suggest(e.At, instead); {
	case t == manifest.List && e.Kind != syntax.MapExpr && e.Kind != syntax.ListExpr && !wrongElement(e, w):
		g.Replace(e.At.Source.Span(e.At.Start, e.At.Start), "[")
		g.Replace(e.At.Source.Span(e.At.End, e.At.End), "]")
	case t == manifest.String && e.Kind == syntax.NumExpr && w.Type == manifest.Map: // the value may be secret
		g.Replace(e.At.Source.Span(e.At.Start, e.At.Start), `"`)
		g.Replace(e.At.Source.Span(e.At.End, e.At.End), `"`)
	}
	return nil, bind.Bad
}

// nameOf returns the name of what must have the type t: the attribute, or what
// it contains.
func nameOf(w want, t manifest.Type) string {
	switch {
	case t == w.Type:
		return w.Name
	case w.Type == manifest.List:
		return "Each element of " + w.Name
	case w.Type == manifest.Map:
		return "Each value of " + w.Name
	default:
		return w.Name
	}
}

// wrongElement reports whether a single value is not even an element of the
// list that belongs there.
func wrongElement(e *syntax.Expr, w want) bool {
	return w.Element() == manifest.Number && e.Kind == syntax.TextExpr && !IsNumber(e.Text)
}

// inList returns a single value as a list, without text that may be secret.
func inList(e *syntax.Expr, w want) string {
	switch {
	case e.Kind == syntax.NumExpr && !w.Sensitive:
		return "[" + strconv.FormatFloat(e.Num, 'f', -1, 64) + "]"
	case e.Kind == syntax.TextExpr && w.Element() == manifest.Number && IsNumber(e.Text):
		return "[" + e.Text + "]"
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
	case t == manifest.List && wrongElement(e, w):
		return fmt.Sprintf("list the numbers: %s = [200, 204]", w.Name), ""
	case t == manifest.List && e.Kind != syntax.MapExpr:
		return fmt.Sprintf("put it in brackets: %s = %s", w.Name, inList(e, w)), ""
	case t == manifest.Number && w.Type == manifest.List && e.Kind == syntax.TextExpr && !IsNumber(e.Text):
		return fmt.Sprintf("list the numbers: %s = [200, 204]", w.Name), ""
	case (t == manifest.Number || t == schema.Whole) && e.Kind == syntax.TextExpr && IsNumber(e.Text) && !w.Sensitive:
		return "remove the quotes: " + e.Text, e.Text
	case t == manifest.Bool && e.Kind == syntax.TextExpr && (e.Text == "true" || e.Text == "false"):
		return "remove the quotes: " + e.Text, e.Text
	case t == manifest.Bool && e.Kind == syntax.TextExpr && truths[strings.ToLower(e.Text)] != "":
		truth := truths[strings.ToLower(e.Text)]
		return "use " + truth + ", without quotes", truth
	case t == manifest.String && e.Kind == syntax.NumExpr && w.Type == manifest.Map:
		return "put it in quotes", ""
	case t == manifest.String && len(w.OneOf) > 0 && (e.Kind == syntax.BoolExpr || e.Kind == syntax.NumExpr) && !slices.Contains(w.OneOf, strconv.FormatFloat(e.Num, 'f', -1, 64)):
		return "use one of " + strings.Join(quotedAll(w.OneOf), ", "), ""
	case t == manifest.String && e.Kind == syntax.BoolExpr:
		quoted := strconv.Quote(strconv.FormatBool(e.Num == 1))
		return "put it in quotes: " + quoted, quoted
	case t == manifest.String && e.Kind == syntax.NumExpr && !w.Sensitive:
		quoted := strconv.Quote(strconv.FormatFloat(e.Num, 'f', -1, 64))
		return "put it in quotes: " + quoted, quoted
	case t == manifest.Database && e.Kind == syntax.TextExpr && manifest.ValidName(strings.TrimPrefix(e.Text, "database.")):
		name := "database." + strings.TrimPrefix(e.Text, "database.")
		return "use " + name + " without quotes", name
	case t == schema.Integration && e.Kind == syntax.TextExpr && manifest.ValidName(strings.TrimPrefix(e.Text, "integration.")):
		name := "integration." + strings.TrimPrefix(e.Text, "integration.")
		return "use " + name + " without quotes", name
	case t == schema.Notifier && e.Kind == syntax.TextExpr && manifest.ValidName(strings.TrimPrefix(e.Text, "notifier.")):
		name := "notifier." + strings.TrimPrefix(e.Text, "notifier.")
		return "use " + name + " without quotes", name
	case t == schema.Figure && e.Kind == syntax.TextExpr && schema.IsFigure(e.Text):
		return "remove the quotes: " + e.Text, e.Text
	case t == schema.Figure && e.Kind == syntax.TextExpr && schema.IsFigure("system."+e.Text):
		return "use system." + e.Text + ", without quotes", "system." + e.Text
	case t == schema.Figure:
		return "use a metric, without quotes; to list all metrics, run: vega docs config figures", ""
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
		if near := nearestAllowed(e.Text, t.Row.OneOf); near != "" {
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
		if near := nearestAllowed(t.Expr.Text, t.Row.OneOf); near != "" {
			return "use " + strconv.Quote(near), strconv.Quote(near)
		}
	}
	return "use a value that is " + schema.Bounds(t.Row), ""
}

// otherWords has the words of other programs for allowed values that are spelled too
// differently for a suggestion.
var otherWords = map[string]string{
	"mariadb": "mysql", "percona": "mysql", "pg": "postgres", "pgx": "postgres", "psql": "postgres",
	"crit": "critical", "high": "critical", "page": "critical", "error": "critical", "warn": "warning", "low": "info", "notice": "info",
	"down": "unhealthy", "failed": "unhealthy", "failing": "unhealthy", "unreachable": "unhealthy",
	"smtp": "email", "mail": "email", "e-mail": "email", "msteams": "teams", "microsoft_teams": "teams", "google_chat": "googlechat", "gchat": "googlechat", "rocket.chat": "rocketchat", "pd": "pagerduty", "http": "webhook",
	"sunday": "sun", "monday": "mon", "tuesday": "tue", "wednesday": "wed", "thursday": "thu", "friday": "fri", "saturday": "sat",
}

// nearestAllowed returns the allowed value that was most likely meant, or "". A
// similar number is another one, but TLSv1.2 is 1.2.
func nearestAllowed(written string, allowed []string) string {
	for _, a := range allowed {
		prefix, found := strings.CutSuffix(written, a)
		if found && IsNumber(a) && !strings.ContainsAny(prefix, "0123456789.") {
			return a
		}
	}
	if IsNumber(written) {
		return ""
	}
	if same := otherWords[strings.ToLower(written)]; slices.Contains(allowed, same) {
		return same
	}
	return diag.Nearest(written, allowed)
}

// bareAllowed returns the allowed value that a word without quotes stands for,
// or "".
func bareAllowed(word string, r *schema.Row) string {
	for _, a := range r.OneOf {
		if strings.EqualFold(word, a) {
			return a
		}
	}
	return ""
}

func quotedAll(texts []string) []string {
	all := make([]string, len(texts))
	for n, text := range texts {
		all[n] = strconv.Quote(text)
	}
	return all
}
