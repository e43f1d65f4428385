package accept

import (
	"regexp"
	"strings"
)

// firstWord returns the first word of a statement, in lower case. It returns "" if
// PostgreSQL and MySQL might disagree on where the statement begins. PostgreSQL
// nests /* … */ and ends a -- comment at a carriage return. MySQL executes the text
// in /*! … */ and /*M! … */, treats # as the start of a comment, and treats -- as
// one only before a space.
func firstWord(query string) string {
	for query != "" {
		switch {
		case strings.IndexByte(" \t\r\n\f(", query[0]) >= 0:
			query = query[1:]
		case strings.HasPrefix(query, "-- "):
			line, rest, _ := strings.Cut(query, "\n")
			if strings.Contains(line, "\r") {
				return ""
			}
			query = rest
		case strings.HasPrefix(query, "/*"):
			text, rest, _ := strings.Cut(query[2:], "*/")
			if strings.Contains(text+"*", "/*") || strings.HasPrefix(text, "!") || strings.HasPrefix(text, "M!") {
				return ""
			}
			query = rest
		default:
			return word(query)
		}
	}
	return ""
}

// word returns the letters at the start of a string, in lower case, or "" if they
// are part of a longer name.
func word(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool { return (r|0x20) < 'a' || (r|0x20) > 'z' })
	if end < 0 {
		end = len(text)
	}
	if end < len(text) && (text[end] >= '0' && text[end] <= '9' || strings.IndexByte("_$", text[end]) >= 0 || text[end] >= 0x80) {
		return ""
	}
	return strings.ToLower(text[:end])
}

// several reports whether a query has a second statement. It says no if the
// text ends within a quote or comment; the server reports that.
func several(driver, query string) bool {
	end := false
	for i := 0; i < len(query); {
		next := skip(driver, query, i)
		switch c := query[i]; {
		case next > i+1 && (c == '-' || c == '/' || c == '#'): // a comment
		case c == ';':
			end = true
		case end && strings.IndexByte(" \t\r\n\f", c) < 0:
			return true
		}
		i = next
	}
	return false
}

// skip returns the end of the quoted text or comment that begins at i, or i+1 if
// none does.
func skip(driver, query string, i int) int {
	rest := query[i:]
	switch c := rest[0]; {
	case strings.HasPrefix(rest, "--"), c == '#' && driver == "mysql":
		return through(query, i, "\n")
	case strings.HasPrefix(rest, "/*"):
		return through(query, i+2, "*/")
	case c == '\'' || c == '"' || c == '`':
		return quote(driver, query, i)
	case c == '$' && driver == "postgres":
		if tag := dollar.FindString(rest); tag != "" {
			return through(query, i+len(tag), tag)
		}
	}
	return i + 1
}

// dollar matches the opening tag of a dollar-quoted string.
var dollar = regexp.MustCompile(`^\$(?:[A-Za-z_]\w*)?\$`)

// quote returns the end of the quoted text that begins at i. The second half of
// a doubled quote starts another text. Backslashes escape in MySQL, and in
// PostgreSQL after E.
func quote(driver, query string, i int) int {
	escapes := driver == "mysql" || i > 0 && query[i-1]|0x20 == 'e'
	for j := i + 1; j < len(query); j++ {
		switch {
		case escapes && query[j] == '\\':
			j++
		case query[j] == query[i]:
			return j + 1
		}
	}
	return len(query)
}

// through returns the index after the next mark, or the length of the query.
func through(query string, from int, mark string) int {
	if n := strings.Index(query[from:], mark); n >= 0 {
		return from + n + len(mark)
	}
	return len(query)
}
