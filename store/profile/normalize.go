package profile

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxRead  = 16 << 10 // bytes of a query that are read
	maxShown = 2 << 10  // bytes of a statement
)

// kind is the effect of a statement, as far as it matters here.
type kind uint8

const (
	kindRows    kind = iota // one statement that reads or writes rows
	kindBegin               // of a transaction
	kindEnd                 // of a transaction
	kindNeutral             // no effect that matters here
	kindSchema              // may change plans
	kindOther               // settings, several statements, and anything unknown
)

// unsettles reports whether a prepared statement may have another meaning
// afterwards.
func (k kind) unsettles() bool { return k == kindSchema || k == kindOther }

var kinds = map[string]kind{
	"select": kindRows, "insert": kindRows, "update": kindRows, "delete": kindRows,
	"replace": kindRows, "with": kindRows, "values": kindRows, "merge": kindRows,
	"begin": kindBegin, "start": kindBegin,
	"commit": kindEnd, "end": kindEnd, "rollback": kindEnd, "abort": kindEnd,
	"savepoint": kindNeutral, "release": kindNeutral,
	"explain": kindNeutral, "show": kindNeutral, "describe": kindNeutral, "desc": kindNeutral,
	"create": kindSchema, "alter": kindSchema, "drop": kindSchema, "truncate": kindSchema,
	"analyze": kindSchema, "vacuum": kindSchema, "reindex": kindSchema, "cluster": kindSchema,
}

// normalized is a query without what differs between its uses.
type normalized struct {
	statement   string // valid UTF-8
	fingerprint string // 16 hexadecimal digits
	kind        kind
	session     session
	columns     []string // that the statement defines, in lower case; SQLite only
	doubtful    bool     // a quoted word is hidden because no column of its name is known
}

// Normalize returns a query as Stats shows it, shortened and with ? for every
// value. The fingerprint is equal for queries that differ only in values, and
// the same in every process. In SQLite, "x" is text if there is no column of that
// name; here it counts as text unless the query shows that it is a name.
func Normalize(query string, dialect Dialect) (statement, fingerprint string) {
	n := normalize(query, dialect, nil)
	return n.statement, n.fingerprint
}

// normalize removes the values from a query. known reports whether SQLite's
// tables have a column of a name in lower case; it may be nil.
func normalize(query string, dialect Dialect, known func(string) bool) normalized {
	whole := len(query) <= maxRead
	if !whole {
		query = query[:maxRead]
	}
	query = strings.ToValidUTF8(query, "\uFFFD")
	words := tokenize(query, dialect)
	n := normalized{kind: kindOf(words), session: sessionOf(words)}
	if dialect == SQLite {
		words, n.columns, n.doubtful = hideText(words, known)
	}
	words = shorten(fold(hideSettings(words, dialect)))
	n.statement = render(words, false)
	if !whole {
		n.kind = kindOther
	}
	sum := sha256.Sum256([]byte(render(words, true)))
	n.fingerprint = hex.EncodeToString(sum[:8])
	if len(n.statement) > maxShown {
		cut := maxShown
		for !utf8.RuneStart(n.statement[cut]) {
			cut--
		}
		n.statement = n.statement[:cut] + " …"
	}
	return n
}

// word is a token with its text.
type word struct {
	kind tokenKind
	text string
}

// is reports whether w is this keyword or mark.
func (w word) is(text string) bool {
	return w.kind != tokenQuoted && w.kind != tokenValue && strings.EqualFold(w.text, text)
}

func tokenize(query string, dialect Dialect) []word {
	l := lexer{source: query, dialect: dialect}
	words := make([]word, 0, len(query)/4+4)
	for t, ok := l.next(); ok; t, ok = l.next() {
		w := word{t.kind, query[t.start:t.end]}
		if t.kind == tokenValue {
			w.text = "?"
		}
		words = append(words, w)
	}
	for len(words) > 0 && words[len(words)-1].is(";") {
		words = words[:len(words)-1]
	}
	return words
}

func kindOf(words []word) kind {
	first := slices.IndexFunc(words, func(w word) bool { return !w.is("(") })
	if first < 0 || slices.ContainsFunc(words, func(w word) bool { return w.is(";") }) {
		return kindOther
	}
	if words[first].kind != tokenWord {
		return kindOther
	}
	name := strings.ToLower(words[first].text)
	if name == "rollback" && slices.ContainsFunc(words, func(w word) bool { return w.is("to") }) {
		return kindNeutral
	}
	if name == "select" && intoTable(words) {
		return kindSchema
	}
	if k, ok := kinds[name]; ok {
		return k
	}
	return kindOther
}

// intoTable reports whether a SELECT creates a table, as SELECT … INTO does in
// PostgreSQL.
func intoTable(words []word) bool {
	depth := 0
	return slices.ContainsFunc(words, func(w word) bool {
		switch {
		case w.is("("):
			depth++
		case w.is(")"):
			depth--
		}
		return depth == 0 && w.is("into")
	})
}

// shorten reduces lists whose length depends on the data to one value, and
// VALUES to one row.
func shorten(words []word) []word {
	closing := brackets(words)
	short := words[:0] // shares the array: writing never overtakes reading
	for i := 0; i < len(words); i++ {
		w := words[i]
		short = append(short, w)
		if w.kind != tokenWord || i+1 == len(words) || closing[i+1] == 0 {
			continue
		}
		next, end := words[i+1], closing[i+1]
		switch {
		case w.is("in") && next.is("("), w.is("array") && next.is("["):
			if onlyValues(words[i+2 : end]) {
				short = append(short, next, word{tokenValue, "?"}, words[end])
				i = end
			}
		case w.is("values") && next.is("("):
			short = append(short, words[i+1:end+1]...)
			for end+2 < len(words) && words[end+1].is(",") && words[end+2].is("(") && closing[end+2] > 0 {
				end = closing[end+2]
			}
			i = end
		}
	}
	return short
}

// brackets returns, for each opening bracket, the index of the closing one, or
// 0 if there isn't one.
func brackets(words []word) []int {
	closing := make([]int, len(words))
	var open []int
	for i, w := range words {
		switch {
		case w.is("("), w.is("["):
			open = append(open, i)
		case (w.is(")") || w.is("]")) && len(open) > 0:
			closing[open[len(open)-1]] = i
			open = open[:len(open)-1]
		}
	}
	return closing
}

func onlyValues(words []word) bool {
	some := false
	for _, w := range words {
		switch {
		case w.kind == tokenValue:
			some = true
		case w.is(","), w.is("("), w.is(")"), w.is("+"), w.is("-"), w.is("null"), w.is("true"), w.is("false"):
		default:
			return false
		}
	}
	return some
}

// apart lists the keywords other than functions, which have a space before a
// bracket.
var apart = map[string]bool{
	"all": true, "and": true, "any": true, "as": true, "between": true, "by": true, "case": true,
	"distinct": true, "else": true, "except": true, "exists": true, "from": true, "having": true,
	"in": true, "intersect": true, "into": true, "is": true, "join": true, "like": true, "limit": true,
	"not": true, "offset": true, "on": true, "or": true, "over": true, "returning": true, "select": true,
	"set": true, "then": true, "union": true, "using": true, "values": true, "when": true, "where": true,
	"with": true,
}

// render joins words with the usual spaces. If folded, it converts keywords and
// names to lower case for comparison.
func render(words []word, folded bool) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 && spaced(words[i-1], w) {
			b.WriteByte(' ')
		}
		if folded && w.kind == tokenWord {
			b.WriteString(strings.ToLower(w.text))
		} else {
			b.WriteString(w.text)
		}
	}
	return b.String()
}

func spaced(left, right word) bool {
	operand := left.kind <= tokenValue || left.is(")") || left.is("]")
	switch {
	case left.is("(") || left.is("[") || left.is("::"):
		return false
	case left.is("."):
		return right.kind > tokenValue && !right.is("*")
	case right.kind != tokenMark:
		return true
	case right.is("("):
		return left.kind != tokenQuoted && (left.kind != tokenWord || apart[strings.ToLower(left.text)])
	case right.is("[") || right.is(".") || right.is("::"):
		return !operand
	}
	return false
}
