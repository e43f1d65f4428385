package profile

import (
	"strings"
	"unicode/utf8"
)

// Dialect is the SQL syntax of a database.
type Dialect uint8

// Dialects. Standard is for databases that follow the SQL standard. It includes
// PostgreSQL's dollar quotes and Oracle's q'[…]'. A backslash in a string has its
// default meaning: it escapes in MySQL, but not in PostgreSQL.
const (
	Standard Dialect = iota
	SQLite
	Postgres
	MySQL // and MariaDB
)

// tokenKind is the role of a token in a statement.
type tokenKind uint8

const (
	tokenWord     tokenKind = iota // a keyword or a name
	tokenQuoted                    // a quoted name
	tokenValue                     // a literal or a parameter
	tokenOperator                  // also * and :
	tokenMark                      // ( ) [ ] , ; . ::
)

type token struct {
	kind       tokenKind
	start, end int
}

// lexer splits a query into tokens, without spaces and comments. It accepts any
// input: what is not valid in the dialect becomes a value.
type lexer struct {
	source  string
	at      int
	dialect Dialect
	last    token
	begun   bool
}

// next returns the next token, or false at the end.
func (l *lexer) next() (token, bool) {
	l.space()
	if l.at >= len(l.source) {
		return token{}, false
	}
	start := l.at
	kind := l.scan()
	l.last, l.begun = token{kind, start, l.at}, true
	return l.last, true
}

func (l *lexer) peek(ahead int) byte {
	if l.at+ahead < len(l.source) {
		return l.source[l.at+ahead]
	}
	return 0
}

func (l *lexer) space() {
	for l.at < len(l.source) {
		switch c := l.source[l.at]; {
		case c <= ' ' || c == 0x7f:
			l.at++
		case l.lineComment():
			l.past("\n")
		case c == '/' && l.peek(1) == '*':
			l.blockComment()
		default:
			return
		}
	}
}

func (l *lexer) lineComment() bool {
	switch l.source[l.at] {
	case '-':
		// In MySQL, 5--3 is a subtraction.
		return l.peek(1) == '-' && (l.dialect != MySQL || l.peek(2) <= ' ')
	case '#':
		return l.dialect == MySQL
	}
	return false
}

func (l *lexer) blockComment() {
	nested := l.dialect == Postgres || l.dialect == Standard
	depth := 1
	for l.at += 2; l.at < len(l.source) && depth > 0; {
		switch {
		case l.peek(0) == '*' && l.peek(1) == '/':
			depth--
			l.at += 2
		case nested && l.peek(0) == '/' && l.peek(1) == '*':
			depth++
			l.at += 2
		default:
			l.at++
		}
	}
}

// past skips the next mark, or to the end if there isn't one.
func (l *lexer) past(mark string) bool {
	n := strings.Index(l.source[l.at:], mark)
	if n < 0 {
		l.at = len(l.source)
		return false
	}
	l.at += n + len(mark)
	return true
}

func (l *lexer) scan() tokenKind {
	switch c := l.source[l.at]; {
	case startsWord(c) || c == '$' && l.dialect == MySQL:
		return l.word()
	case isDigit(c) || c == '.' && isDigit(l.peek(1)) && !l.afterOperand():
		return l.number()
	case c == '\'':
		return l.quoted(tokenValue, l.dialect == MySQL)
	case c == '"' && l.dialect == MySQL:
		return l.quoted(tokenValue, true)
	case c == '"' || c == '`':
		return l.quoted(tokenQuoted, false)
	case c == '[' && l.dialect == SQLite && strings.IndexByte(l.source[l.at:], ']') > 0:
		l.past("]")
		return tokenQuoted
	case c == '?' || c == '$' || c == ':' || c == '@':
		return l.parameter(c)
	case strings.IndexByte("()[],;.", c) >= 0:
		l.at++
		return tokenMark
	}
	return l.operator()
}

// afterOperand reports whether a dot at this position belongs to the previous
// token.
func (l *lexer) afterOperand() bool {
	if !l.begun {
		return false
	}
	if l.last.kind == tokenWord {
		return !leads[strings.ToLower(l.source[l.last.start:l.last.end])]
	}
	return l.last.kind <= tokenValue || strings.IndexByte(")]", l.source[l.last.end-1]) >= 0
}

func (l *lexer) word() tokenKind {
	start := l.at
	l.name()
	if prefix := l.source[start:l.at]; l.dialect == Standard && l.peek(0) == '\'' && (strings.EqualFold(prefix, "q") || strings.EqualFold(prefix, "nq")) {
		return l.delimited()
	}
	// A letter before a string is its type.
	if l.at == start+1 && l.peek(0) == '\'' {
		switch l.source[start] | 0x20 {
		case 'e':
			return l.quoted(tokenValue, l.dialect != SQLite)
		case 'b', 'x', 'n':
			return l.quoted(tokenValue, l.dialect == MySQL)
		}
	}
	return tokenWord
}

// delimited reads Oracle's q'[text]' after its q.
func (l *lexer) delimited() tokenKind {
	open := l.peek(1)
	if n := strings.IndexByte("([{<", open); n >= 0 {
		open = ")]}>"[n]
	}
	l.at = min(l.at+2, len(l.source))
	if open >= utf8.RuneSelf {
		l.past("'")
	} else {
		l.past(string(rune(open)) + "'")
	}
	return tokenValue
}

func (l *lexer) name() {
	for l.at < len(l.source) && inWord(l.source[l.at]) {
		l.at++
	}
}

func (l *lexer) number() tokenKind {
	hexadecimal := l.peek(0) == '0' && l.peek(1)|0x20 == 'x'
	for l.at < len(l.source) {
		c := l.source[l.at]
		exponent := c|0x20 == 'e' && !hexadecimal && (l.peek(1) == '+' || l.peek(1) == '-') && isDigit(l.peek(2))
		if exponent {
			l.at++
		} else if c != '.' && (c == '$' || !inWord(c)) {
			break
		}
		l.at++
	}
	return tokenValue
}

// quoted reads up to the closing quote; a doubled quote is part of the text. An
// unclosed quote counts as a value.
func (l *lexer) quoted(kind tokenKind, backslash bool) tokenKind {
	quote := l.source[l.at]
	for l.at++; l.at < len(l.source); l.at++ {
		switch c := l.source[l.at]; {
		case c == '\\' && backslash:
			l.at++
		case c == quote && l.peek(1) == quote:
			l.at++
		case c == quote:
			l.at++
			return kind
		}
	}
	l.at = len(l.source)
	return tokenValue
}

// parameter reads a token that starts with a sign that may begin a parameter.
func (l *lexer) parameter(sign byte) tokenKind {
	follows := l.peek(1)
	switch {
	case sign == '?':
		for l.at++; isDigit(l.peek(0)); {
			l.at++
		}
		return tokenValue
	case sign == ':' && follows == ':':
		l.at += 2
		return tokenMark
	case sign == ':' && follows == '=':
		l.at += 2
		return tokenOperator
	case sign == '$' && l.dollarQuoted():
		return tokenValue
	case sign == '@' && l.dialect == Postgres:
		return l.operator()
	case sign == '@' && l.dialect == MySQL && (follows == '@' || startsWord(follows)):
		l.at += 2
		l.name()
		return tokenWord // a variable
	case startsWord(follows) || isDigit(follows):
		l.at++
		l.name()
		return tokenValue
	}
	l.at++
	return tokenOperator
}

// dollarQuoted reads $$text$$ or $tag$text$tag$, if there is one.
func (l *lexer) dollarQuoted() bool {
	if l.dialect == SQLite {
		return false
	}
	rest := l.source[l.at+1:]
	end := 0
	for end < len(rest) && inWord(rest[end]) && rest[end] != '$' {
		end++
	}
	if end == len(rest) || rest[end] != '$' || end > 0 && isDigit(rest[0]) {
		return false
	}
	tag := l.source[l.at : l.at+end+2]
	l.at += len(tag)
	l.past(tag)
	return true
}

// operator reads the longest operator. It ends where a comment begins. As in
// PostgreSQL, a sign at its end belongs to what follows.
func (l *lexer) operator() tokenKind {
	const signs, others = "+-*/<>=", "~!%^&|"
	start, other := l.at, false
	for l.at < len(l.source) {
		c := l.source[l.at]
		pgOnly := l.dialect == Postgres && (c == '@' || c == '#')
		if !pgOnly && strings.IndexByte(signs+others, c) < 0 {
			break
		}
		if l.at > start && (c == '-' && l.source[l.at-1] == '-' || c == '*' && l.source[l.at-1] == '/') {
			l.at-- // a comment or, in MySQL, two signs
			break
		}
		other = other || pgOnly || strings.IndexByte(others, c) >= 0
		l.at++
	}
	for !other && l.at > start+1 && strings.IndexByte("+-", l.source[l.at-1]) >= 0 {
		l.at--
	}
	if l.at == start {
		l.at++
	}
	return tokenOperator
}

func startsWord(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80
}

func inWord(c byte) bool { return startsWord(c) || isDigit(c) || c == '$' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
