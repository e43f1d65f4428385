package advise

import (
	"errors"
	"strings"
)

type kind byte

const (
	word   kind = iota // a keyword or a plain name, in lower case
	quoted             // a quoted name, without the quotes, in lower case
	number
	text // a string or a blob, as written
	param
	operator
)

// token is a piece of SQL: its meaning in s, and its place in the text.
type token struct {
	kind       kind
	s          string
	start, end int
	depth      int // open parentheses around it
}

func (t token) is(s string) bool { return t.s == s && (t.kind == word || t.kind == operator) }

func (t token) in(words ...string) bool {
	for _, w := range words {
		if t.is(w) {
			return true
		}
	}
	return false
}

func (t token) name() bool { return t.kind == word || t.kind == quoted }

func (t token) constant() bool { return t.kind == number || t.kind == text }

var (
	errQuote  = errors.New("a quote is not closed")
	errSymbol = errors.New("the statement contains a character that is not SQL")
)

// lex splits SQL like SQLite does. It drops comments and white space.
func lex(sql string) ([]token, error) {
	var tokens []token
	depth := 0
	for i := 0; i < len(sql); {
		if n := skip(sql[i:]); n > 0 {
			i += n
			continue
		}
		t, err := next(sql[i:])
		if err != nil {
			return nil, err
		}
		t.start, t.end = i, i+t.end
		if t.is(")") {
			depth--
		}
		t.depth = depth
		if t.is("(") {
			depth++
		}
		tokens = append(tokens, t)
		i = t.end
	}
	return tokens, nil
}

// skip returns the length of the white space or comment at the beginning of s.
func skip(s string) int {
	switch {
	case strings.IndexByte(" \t\n\f\r", s[0]) >= 0:
		return 1
	case strings.HasPrefix(s, "--"):
		if n := strings.IndexByte(s, '\n'); n >= 0 {
			return n + 1
		}
		return len(s)
	case strings.HasPrefix(s, "/*") && len(s) > 2:
		if n := strings.Index(s[2:], "*/"); n >= 0 {
			return n + 4
		}
		return len(s)
	}
	return 0
}

// next reads the token at the beginning of s. Its end is its length.
func next(s string) (token, error) {
	c := s[0]
	switch {
	case c == '\'':
		n, err := closing(s, '\'')
		return token{kind: text, s: s[:n], end: n}, err
	case (c == 'x' || c == 'X') && len(s) > 1 && s[1] == '\'':
		n, err := closing(s[1:], '\'')
		return token{kind: text, s: s[:n+1], end: n + 1}, err
	case c == '"' || c == '`':
		n, err := closing(s, c)
		if err != nil {
			return token{}, err
		}
		q := string(c)
		return token{kind: quoted, s: strings.ToLower(strings.ReplaceAll(s[1:n-1], q+q, q)), end: n}, nil
	case c == '[':
		n := strings.IndexByte(s, ']')
		if n < 0 {
			return token{}, errQuote
		}
		return token{kind: quoted, s: strings.ToLower(s[1:n]), end: n + 1}, nil
	case digit(c) || c == '.' && len(s) > 1 && digit(s[1]):
		n := numeral(s)
		return token{kind: number, s: s[:n], end: n}, nil
	case c == '?':
		n := span(s, 1, digit)
		return token{kind: param, s: s[:n], end: n}, nil
	case strings.IndexByte(":@$#", c) >= 0 && len(s) > 1 && letter(s[1]):
		n := span(s, 1, letter)
		return token{kind: param, s: s[:n], end: n}, nil
	case letter(c):
		n := span(s, 0, letter)
		return token{kind: word, s: strings.ToLower(s[:n]), end: n}, nil
	}
	for _, op := range []string{"->>", "->", "<=", ">=", "<>", "<<", ">>", "!=", "==", "||"} {
		if strings.HasPrefix(s, op) {
			return token{kind: operator, s: op, end: len(op)}, nil
		}
	}
	if strings.IndexByte("()+-*/%=<>&|~,.;", c) < 0 {
		return token{}, errSymbol
	}
	return token{kind: operator, s: s[:1], end: 1}, nil
}

// closing returns the length of the quoted text at the beginning of s,
// including doubled quotes.
func closing(s string, q byte) (int, error) {
	for i := 1; i < len(s); i++ {
		if s[i] != q {
			continue
		}
		if i+1 < len(s) && s[i+1] == q {
			i++
			continue
		}
		return i + 1, nil
	}
	return 0, errQuote
}

func numeral(s string) int {
	n := span(s, 0, func(c byte) bool { return letter(c) || c == '.' })
	if n < len(s) && (s[n] == '+' || s[n] == '-') && strings.IndexByte("eE", s[n-1]) >= 0 && !strings.HasPrefix(s, "0x") {
		n = span(s, n+1, digit)
	}
	return n
}

func span(s string, from int, of func(byte) bool) int {
	for from < len(s) && of(s[from]) {
		from++
	}
	return from
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

func letter(c byte) bool {
	return digit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c == '$' || c >= 0x80
}
