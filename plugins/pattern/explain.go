package pattern

import (
	"errors"
	"regexp/syntax"
	"strings"
)

// rewrites says what to write instead of what other engines have and RE2 does
// not. The first that is part of the faulty piece counts.
var rewrites = []struct{ piece, name, fix string }{
	{"(?=", "a lookahead", "write what must follow into the expression itself, or use a second condition"},
	{"(?!", "a negative lookahead", "use a second expression for what must not match: reject_regex, or !~ in a condition"},
	{"(?<=", "a lookbehind", "write what must come before into the expression itself"},
	{"(?<!", "a negative lookbehind", "use a second expression for what must not match: reject_regex, or !~ in a condition"},
	{"(?>", "an atomic group", "use a plain group: (?:…)"},
	{"(?P", "(?P=…), a backreference", "write the repeated part again"},
	{"(?x", "free-spacing mode", "remove (?x) and the spaces"},
	{"(?R", "recursion", "write the part again, as often as it is nested"},
	{"(?(", "a condition", "write both alternatives: A|B"},
	{"(?#", "a comment", "remove it"},
	{"(?|", "a branch reset", "use a plain group: (?:…)"},
	{`\Z`, "\\Z", `use \n?\z`},
	{`\h`, "\\h", `use [\t ]`},
	{`\R`, "\\R", `use \r?\n`},
	{`\K`, "\\K", "remove it; only whether there is a match counts"},
	{`\G`, "\\G", "remove it"},
	{`\X`, "\\X", "use ."},
	{`\u`, "\\u", `use \x{…}`},
	{`\e`, "\\e", `use \x1b`},
}

// Explain returns what is wrong with an expression that does not compile, and
// what to write. Do not call it for an expression with a secret: the text
// quotes a part of it.
func Explain(err error) (text, fix string) {
	wrong, ok := errors.AsType[*syntax.Error](err)
	switch {
	case !ok:
		return "the expression is " + err.Error(), "use a simpler expression"
	case wrong.Code == syntax.ErrInvalidEscape && isBackreference(wrong.Expr):
		return "RE2 has no backreference: " + wrong.Expr, "write the repeated part again"
	case wrong.Code == syntax.ErrInvalidRepeatOp && strings.HasSuffix(wrong.Expr, "+"):
		return "RE2 has no possessive repetition: " + wrong.Expr, "remove the second +"
	}
	for _, r := range rewrites {
		if strings.HasPrefix(wrong.Expr, r.piece) {
			return "RE2 has no " + strings.TrimPrefix(strings.TrimPrefix(r.name, "a "), "an "), r.fix
		}
	}
	return "the expression is not valid (RE2): " + wrong.Code.String() + " in `" + clip(wrong.Expr) + "`", `correct it; a backslash before one of \.+*?()|[]{}^$ makes it a plain character`
}

func isBackreference(piece string) bool {
	return len(piece) == 2 && piece[1] >= '1' && piece[1] <= '9' || strings.HasPrefix(piece, `\k`) || strings.HasPrefix(piece, `\g`)
}

// clip shortens a piece of an expression for a message.
func clip(s string) string {
	const most = 60
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most]) + "…"
}
