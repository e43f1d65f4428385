package databases

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"vega/plugins"
)

// reads lists the words with which a statement on a database server may begin.
var reads = []string{"select", "with", "values", "table", "show", "explain", "describe", "desc"}

// writesFile matches the keywords that write files on the server, which a
// read-only transaction does not prevent. MySQL also accepts a keyword right
// after the version of an executable comment: /*!50000OUTFILE 'x'*/.
var writesFile = regexp.MustCompile(`(?i)(?:^|[^a-z_$])(?:outfile|dumpfile)\b`)

// mustRead returns an error for statements that a read-only transaction does not
// prevent, such as COPY, SET GLOBAL, KILL and COMMIT.
func mustRead(query string) error {
	if !slices.Contains(reads, firstWord(query)) {
		return fmt.Errorf("%w: a query must begin with one of %s, after spaces, parentheses and plain comments", plugins.ErrRefused, strings.ToUpper(strings.Join(reads, ", ")))
	}
	if writesFile.MatchString(query) {
		return fmt.Errorf("%w: a query must not contain OUTFILE or DUMPFILE", plugins.ErrRefused)
	}
	return nil
}

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
