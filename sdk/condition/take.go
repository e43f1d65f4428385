package condition

import "strings"

// Take says what to take from an answer over HTTP.
type Take struct {
	From string // one of the constants
	What string // a JSON path, the name of a header or cookie, or a regular expression
}

// Where values are taken from.
const (
	FromJSON   = "json"
	FromHeader = "header"
	FromCookie = "cookie"
	FromRegex  = "regex"
)

const takeFix = `use "json: PATH", "header: NAME", "cookie: NAME" or "regex: EXPRESSION"`

// ParseTake parses what to take: "json: data.token", "header: X-CSRF-Token",
// "cookie: csrftoken", or "regex: EXPRESSION", which stands for what its group
// matches, or for the whole match. The expression is not checked.
func ParseTake(written string) (Take, error) {
	t := SplitTake(written)
	switch {
	case strings.IndexByte(written, ':') < 0:
		return t, badValue(quote(written)+" does not say where to take the value from", takeFix)
	case t.From != FromJSON && t.From != FromHeader && t.From != FromCookie && t.From != FromRegex:
		return t, badValue("nothing can be taken from "+quote(t.From), takeFix)
	case t.What == "":
		return t, badValue("nothing follows "+quote(t.From+":"), takeFix)
	case t.From == FromJSON:
		p, err := ParsePath(t.What)
		if err == nil && p.Wild() {
			err = badValue("the path has a wildcard", "use the path of one value")
		}
		return t, err
	case t.From != FromRegex && !IsHeaderName(t.What):
		return t, badValue(quote(t.What)+" is not the name of a "+t.From, takeFix)
	default:
		return t, nil
	}
}

// SplitTake is ParseTake for what was checked before.
func SplitTake(written string) Take {
	from, what, _ := strings.Cut(written, ":")
	t := Take{strings.Trim(from, " "), strings.TrimLeft(what, " ")}
	if t.From != FromRegex {
		t.What = strings.Trim(t.What, " ")
	}
	return t
}

// IsTakeName reports whether a taken value can have that name: a lower-case letter,
// then lower-case letters, digits, - and _.
func IsTakeName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z') && (i == 0 || !(c >= '0' && c <= '9' || c == '-' || c == '_')) {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// Fill replaces each {name} in a text by the value of that name, once: what a value
// contains is not replaced. {{name}} stands for {name} itself, and braces around
// anything else for themselves.
func Fill(text string, value func(name string) string) string {
	out := ""
	for at := 0; at < len(text); at++ {
		if text[at] != '{' {
			continue
		}
		from := at + 1
		twice := from < len(text) && text[from] == '{'
		if twice {
			from++
		}
		end := strings.IndexByte(text[from:], '}') + from
		if end < from || !IsTakeName(text[from:end]) {
			continue
		}
		filled := ""
		switch {
		case !twice:
			filled = value(text[from:end])
			end++
		case end+1 < len(text) && text[end+1] == '}':
			filled = text[at+1 : end+1]
			end += 2
		default: // only the second brace opens
			continue
		}
		out += text[:at] + filled
		text, at = text[end:], -1
	}
	return out + text
}
