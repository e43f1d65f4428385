package eval

import (
	"fmt"
	"strconv"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/input"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// isTyped reports whether an expression is text whose type only the attribute
// decides: the result of env() or file(), or a line of a file of targets.
func isTyped(e *syntax.Expr) bool {
	return e.Untyped || e.Kind == syntax.CallExpr && e.Text != "env_set" || e.Kind == syntax.TmplExpr && len(e.Items) == 1 && isTyped(e.Items[0])
}

// typedText evaluates text whose type the attribute decides.
type typedText struct{ *Evaluator }

// value evaluates text where a number or boolean is expected. A diagnostic does
// not show the text, which may be a secret.
func (ev typedText) value(e *syntax.Expr, w want, t manifest.Type) (manifest.Value, bind.State) {
	row := *w.Row
	row.Public = row.Public || !row.Sensitive // a number is no credential
	text, s := ev.text(e, want{&row, w.off}, t)
	if s != bind.Present {
		return nil, s
	}
	if v, ok := parseTyped(text.Reveal(), t); ok {
		return v, bind.Present
	}
	of, fix := "the value here", fmt.Sprintf("write %s", schema.Sample(t))
	for call := e; ; call = call.Items[0] {
		if call.Kind == syntax.CallExpr {
			of = fmt.Sprintf("the value of %s(%q)", call.Text, diag.Clip(call.Items[0].Text))
			fix = fmt.Sprintf("set it to %s, without blanks", schema.Plain(t))
		}
		if call.Kind != syntax.TmplExpr {
			break
		}
	}
	if name := firstSet(ev.vars, e); name != "" && t == manifest.Bool {
		fix += fmt.Sprintf("; or use env_set(%q), which is true when the variable is set", diag.Clip(name))
	}
	ev.out.Err(diag.WrongType, e.At, fmt.Sprintf("%s must be %s, but %s is not.", w.Name, schema.TypeName(t), of), fix)
	return nil, bind.Bad
}

// Number parses the text of env() or file() as a decimal number.
func Number(text string) (float64, bool) {
	v, _ := parseTyped(text, manifest.Number)
	n, ok := v.(float64)
	return n, ok
}

// parseTyped parses text strictly: a decimal number as it would be written
// without quotes, or true or false.
func parseTyped(s string, t manifest.Type) (manifest.Value, bool) {
	if t == manifest.Bool {
		return s == "true", s == "true" || s == "false"
	}
	if !isDecimal(s) {
		return nil, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// isDecimal reports whether a string is a decimal number without an exponent.
func isDecimal(s string) bool {
	if len(s) > 0 && s[0] == '-' {
		s = s[1:]
	}
	digits, point := 0, false
	for i, c := range s {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' && !point && i > 0 && i < len(s)-1:
			point = true
		default:
			return false
		}
	}
	return digits > 0 && digits <= syntax.MaxNumber
}

// firstSet returns the first variable in an expression that is set, or "".
func firstSet(vars *input.Variables, e *syntax.Expr) string {
	if e.Kind == syntax.CallExpr && e.Text == "env" && len(e.Items) == 1 && vars.Set(e.Items[0].Text) {
		return e.Items[0].Text
	}
	for _, item := range e.Items {
		if n := firstSet(vars, item); n != "" {
			return n
		}
	}
	return ""
}
