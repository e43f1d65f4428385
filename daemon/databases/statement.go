package databases

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"vega/plugins"
)

// reads are the words that a statement may begin with on a database server.
var reads = []string{"select", "with", "values", "table", "show", "explain", "describe", "desc"}

// A read-only transaction keeps tables from being changed, but not the server:
// these write files there. MySQL takes a word for one right after the version of a
// comment that it runs: /*!50000OUTFILE 'x'*/.
var writesFile = regexp.MustCompile(`(?i)(?:^|[^a-z_$])(?:outfile|dumpfile)\b`)

// mustRead refuses what a read-only transaction would let through: COPY, SET
// GLOBAL, KILL, COMMIT …
func mustRead(query string) error {
	if !slices.Contains(reads, firstWord(query)) {
		return fmt.Errorf("%w: vega sends only queries that begin with one of %s, after blanks, parentheses and plain comments", plugins.ErrRefused, strings.ToUpper(strings.Join(reads, ", ")))
	}
	if writesFile.MatchString(query) {
		return fmt.Errorf("%w: vega sends no query that names OUTFILE or DUMPFILE", plugins.ErrRefused)
	}
	return nil
}

// firstWord returns the word that a statement begins with, in lower case; ""
// where PostgreSQL and MySQL may not agree on where that is. PostgreSQL nests
// /* … */ and ends a -- comment at a carriage return. MySQL runs what is in
// /*! … */ or /*M! … */, takes # for a comment, and -- only with a blank after it.
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

// word returns the letters that a text begins with, in lower case; "" where they
// are a part of a longer name.
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
