package condition

import (
	"strconv"
	"strings"
)

// Path leads to a value of a JSON document, or to several with a wildcard.
type Path []Step

// Step is one part of a path.
type Step struct {
	Key   string // in the grammar of the json call, escaped; "" for the others
	Index int    // from the end, if negative
	Wild  bool   // every element or member
}

// Wild reports whether the path has a wildcard.
func (p Path) Wild() bool {
	for _, s := range p {
		if s.Wild {
			return true
		}
	}
	return false
}

const pathFix = `use keys and positions, such as data[0].name, data[*].name or ["a key"].name`

// ParsePath parses a path: keys separated by dots, [0] or .0 for an element,
// [-1] for the last, [*] or .* for all, ["key"] for any key, # for the number of
// elements, and @0 for the first key. A leading $ stands for the whole document.
// In a key, a backslash escapes the next character.
func ParsePath(written string) (Path, error) {
	rest := written
	if after, ok := strings.CutPrefix(rest, "$"); ok && (after == "" || after[0] == '.' || after[0] == '[') {
		rest = after
		if after != "." && !strings.HasPrefix(after, "..") {
			rest = strings.TrimPrefix(after, ".")
		}
	}
	var path Path
	for first := rest == written; rest != ""; first = false {
		step, after, err := parseStep(written, rest, first)
		if err != nil {
			return nil, err
		}
		path, rest = append(path, step), after
		if rest == "." {
			return nil, badPath("the path "+quote(written)+" ends with a dot", "remove it")
		}
		rest = strings.TrimPrefix(rest, ".")
	}
	return path, nil
}

// parseStep parses the step at the beginning of rest.
func parseStep(written, rest string, first bool) (Step, string, error) {
	switch {
	case rest[0] == '[':
		return parseBracket(written, rest)
	case rest == "." || rest[0] == '.' && first && !strings.HasPrefix(rest, ".."):
		return Step{}, "", badPath("the path "+quote(written)+" begins with a dot", "remove it: "+quote(strings.TrimLeft(written, ".")))
	case rest[0] == '.':
		return Step{}, "", badPath("the path "+quote(written)+" has two dots, which do not search at any depth here", `write every key; for an empty key, use [""]`)
	}
	n := 0
	for n < len(rest) && rest[n] != '.' && rest[n] != '[' {
		if rest[n] == '\\' {
			n++
		}
		n++
	}
	raw := rest[:min(n, len(rest))]
	step, err := plainStep(written, raw)
	return step, rest[len(raw):], err
}

func plainStep(written, raw string) (Step, error) {
	switch {
	case raw == "*":
		return Step{Wild: true}, nil
	case raw == "length()" || raw == "size()" || raw == "count()":
		return Step{}, badPath(quote(raw)+" is not part of a path", "use len(PATH) around the path")
	case raw == "#", raw[0] == '@' && isDigits(raw[1:]):
		return Step{Key: raw}, nil
	case raw[0] == '#', raw[0] == '@':
		return Step{}, badPath(quote(raw)+" is not a step of a path", `for a key of that name, use [`+quote(raw)+`]`)
	case strings.IndexByte(raw, ']') >= 0 && strings.IndexByte(raw, '\\') < 0:
		return Step{}, badPath("the path "+quote(written)+" has a ] without a [", pathFix)
	}
	return Step{Key: escape(unescape(raw))}, nil
}

// parseBracket parses [0], [-1], [*], ["key"] or ['key'].
func parseBracket(written, rest string) (Step, string, error) {
	inner := rest[1:]
	if inner != "" && (inner[0] == '"' || inner[0] == '\'') {
		return parseQuoted(written, inner)
	}
	inner, after, closed := strings.Cut(inner, "]")
	if !closed {
		return Step{}, "", badPath("the path "+quote(written)+" lacks a ]", pathFix)
	}
	if err := follows(written, after); err != nil {
		return Step{}, "", err
	}
	digits, fromEnd := strings.CutPrefix(strings.Trim(inner, " "), "-")
	n, err := strconv.Atoi(digits)
	switch {
	case strings.Trim(inner, " ") == "*":
		return Step{Wild: true}, after, nil
	case isDigits(digits) && err == nil && fromEnd && n > 0:
		return Step{Index: -n}, after, nil
	case isDigits(digits) && err == nil && !fromEnd:
		return Step{Key: strconv.Itoa(n)}, after, nil
	case strings.HasPrefix(inner, "?"):
		return Step{}, "", badPath("filters such as ["+inner+"] are not supported", `use any() or all() with a wildcard, such as "any(data[*].state)" = "up"`)
	case strings.ContainsAny(inner, ":,"):
		return Step{}, "", badPath("["+inner+"] selects several elements, which is not supported", "use one position, or [*] for all")
	default:
		return Step{}, "", badPath(quote("["+inner+"]")+" is not a position", pathFix)
	}
}

func parseQuoted(written, inner string) (Step, string, error) {
	end := 1
	for end < len(inner) && inner[end] != inner[0] {
		if inner[end] == '\\' {
			end++
		}
		end++
	}
	if end+1 >= len(inner) || inner[end+1] != ']' {
		return Step{}, "", badPath("the path "+quote(written)+" lacks the end of a key in brackets", pathFix)
	}
	after := inner[end+2:]
	return Step{Key: escape(unescape(inner[1:end]))}, after, follows(written, after)
}

// follows checks what comes after a bracket.
func follows(written, after string) error {
	if after == "" || after[0] == '.' || after[0] == '[' {
		return nil
	}
	return badPath("the path "+quote(written)+" has text after a ]", "put a dot between them")
}

func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// escape writes a key in the grammar of the json call.
func escape(key string) string {
	var b strings.Builder
	for i := 0; i < len(key); i++ {
		c := key[i]
		if c == '.' || c == '\\' || i == 0 && (c == '#' || c == '@') {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}
