package sqlite

import (
	"fmt"
	"strings"
)

// CheckQuery returns an error that wraps ErrRefused if a Reader would not run
// the query. It opens no database, so it accepts queries that SQLite refuses.
func CheckQuery(query string) error {
	_, _, err := prepare(query)
	return err
}

// prepare checks that query is one complete statement. It wraps a SELECT so
// that all its work is done before the first row: only until then does the
// driver watch the context, and a query can take forever between two rows. The
// wrapper also counts the rows, in an additional last column.
func prepare(query string) (statement string, counted bool, err error) {
	query, err = single(query)
	if err != nil {
		return "", false, err
	}
	switch strings.ToLower(firstWord(query)) {
	case "select", "with", "values":
		return fmt.Sprintf("SELECT *, count(*) OVER () FROM (SELECT * FROM (\n%s\n) LIMIT %d)", query, maxRows+1), true, nil
	case "pragma", "explain":
		return query, false, nil
	}
	return "", false, fmt.Errorf("%w: a query must begin with SELECT, WITH, VALUES, EXPLAIN or PRAGMA", ErrRefused)
}

func firstWord(query string) string {
	for i := 0; i < len(query); {
		if end := skip(query, i); end > i+1 {
			i = end // a comment
			continue
		}
		if c := query[i] | 0x20; c >= 'a' && c <= 'z' {
			rest := query[i:]
			end := strings.IndexFunc(rest, func(r rune) bool { return (r|0x20) < 'a' || (r|0x20) > 'z' })
			if end < 0 {
				end = len(rest)
			}
			return rest[:end]
		}
		if !strings.ContainsRune(" \t\r\n\f", rune(query[i])) {
			return ""
		}
		i++
	}
	return ""
}

// single returns the query without the semicolon at its end. It rejects a
// second statement, and parentheses or comments that would extend beyond the
// query.
func single(query string) (string, error) {
	if len(query) > maxQuery {
		return "", fmt.Errorf("%w: the query has %[3]d bytes; the limit is %[2]d", ErrRefused, maxQuery, len(query))
	}
	if strings.ContainsRune(query, 0) {
		return "", fmt.Errorf("%w: a query must not contain a NUL byte", ErrRefused)
	}
	depth, end := 0, -1
	for i := 0; i < len(query); {
		next := skip(query, i)
		if next > len(query) {
			return "", fmt.Errorf("%w: a quote or comment is not closed", ErrRefused)
		}
		switch c := query[i]; {
		case next > i+1 && (c == '-' || c == '/'): // a comment
		case c == ';' && end < 0:
			end = i
		case end >= 0 && !strings.ContainsRune("; \t\r\n\f", rune(c)):
			return "", fmt.Errorf("%w: a query must be a single statement", ErrRefused)
		case c == '(':
			depth++
		case c == ')':
			depth--
		}
		if depth < 0 {
			break
		}
		i = next
	}
	if depth != 0 {
		return "", fmt.Errorf("%w: the parentheses do not match", ErrRefused)
	}
	if end >= 0 {
		query = query[:end]
	}
	return query, nil
}

// skip returns the end of the quoted text or comment that begins at i, i+1 if
// none does, and more than the length if it is not closed.
func skip(query string, i int) int {
	rest := query[i:]
	switch {
	case strings.HasPrefix(rest, "--"):
		if n := strings.IndexByte(rest, '\n'); n >= 0 {
			return i + n + 1
		}
		return len(query)
	case strings.HasPrefix(rest, "/*"):
		return after(query, i+2, "*/")
	case rest[0] == '[':
		return after(query, i+1, "]")
	case strings.IndexByte("'\"`", rest[0]) >= 0:
		return after(query, i+1, rest[:1]) // the second half of a doubled quote starts another string
	}
	return i + 1
}

func after(query string, from int, mark string) int {
	n := strings.Index(query[from:], mark)
	if n < 0 {
		return len(query) + 1
	}
	return from + n + len(mark)
}
