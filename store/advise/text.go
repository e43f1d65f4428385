package advise

import (
	"fmt"
	"strconv"
	"strings"
)

// createIndex returns the SQL that creates an index.
func createIndex(name string, t *table, terms []term, where string) string {
	parts := make([]string, len(terms))
	for i, x := range terms {
		parts[i] = x.sql()
	}
	s := "CREATE INDEX " + identifier(name) + " ON " + identifier(t.name) + "(" + strings.Join(parts, ", ") + ")"
	if where != "" {
		s += " WHERE " + where
	}
	return s
}

func (t term) sql() string {
	s := t.expression
	if t.column != nil {
		s = identifier(t.column.name)
	}
	if t.collation != "" {
		s += " COLLATE " + identifier(t.collation)
	}
	if t.desc {
		s += " DESC"
	}
	return s
}

// literal returns s as an SQL string.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// identifier returns name as SQL, quoted only if necessary.
func identifier(name string) string {
	if plainName(name) && !reserved[strings.ToLower(name)] {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func plainName(name string) bool {
	if name == "" || digit(name[0]) {
		return false
	}
	for i := range len(name) {
		if c := name[i]; c == '$' || c >= 0x80 || !letter(c) {
			return false
		}
	}
	return true
}

// reserved lists the keywords that must be quoted as names.
var reserved = set(`add all alter and as autoincrement between case check collate commit constraint create cross
	current_date current_time current_timestamp default deferrable delete distinct drop else escape except exists
	foreign from full group having if in index indexed inner insert intersect into is isnull join left limit natural
	not nothing notnull null on or order outer primary references returning right select set table then to
	transaction union unique update using values when where`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// count formats a number with thousands separators.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size formats a number of bytes with a readable unit.
func size(bytes float64) string {
	switch {
	case bytes >= 999.5e6:
		return fmt.Sprintf("%.1f GB", bytes/1e9)
	case bytes >= 999.5e3:
		return fmt.Sprintf("%.1f MB", bytes/1e6)
	case bytes >= 999.5:
		return fmt.Sprintf("%.1f KB", bytes/1e3)
	}
	return fmt.Sprintf("%.0f bytes", bytes)
}
