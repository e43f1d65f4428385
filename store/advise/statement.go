package advise

import (
	"fmt"
	"slices"
	"strings"
)

// Limits of a statement. Planning cannot be interrupted, so its time is limited
// by the size of the statement.
const (
	maxStatement = 64 << 10 // bytes
	maxTokens    = 8 << 10
)

// statement is one statement, split into tokens.
type statement struct {
	sql    string // unchanged
	tokens []token
	plain  string // without comments, its parameters numbered from ?1
	params int
}

// verbs lists the keywords that begin a statement with a plan.
var verbs = []string{"select", "with", "values", "insert", "replace", "update", "delete"}

// parse splits one statement. The error is the reason why there is no advice on
// it.
func parse(sql string) (statement, error) {
	if len(sql) > maxStatement {
		return statement{}, fmt.Errorf("the statement is longer than %d KiB", maxStatement>>10)
	}
	tokens, err := lex(sql)
	if err != nil {
		return statement{}, err
	}
	for len(tokens) > 0 && tokens[len(tokens)-1].is(";") {
		tokens = tokens[:len(tokens)-1]
	}
	switch {
	case len(tokens) > maxTokens:
		return statement{}, fmt.Errorf("the statement has more than %d tokens", maxTokens)
	case slices.ContainsFunc(tokens, func(t token) bool { return t.is(";") }):
		return statement{}, fmt.Errorf("the query contains more than one statement; ask about each one separately")
	case len(tokens) == 0 || !tokens[0].in(verbs...):
		return statement{}, fmt.Errorf("the statement is not a query, insert, update or delete")
	}
	s := statement{sql: sql, tokens: tokens}
	s.plain, s.params = plain(sql, tokens)
	return s, nil
}

// plain writes tokens as SQL with parameters ?1, ?2 and so on, so that all of
// them can be bound, whatever their names were.
func plain(sql string, tokens []token) (string, int) {
	numbers := map[string]int{}
	params := 0
	var b strings.Builder
	for i, t := range tokens {
		if i > 0 && t.start > tokens[i-1].end {
			b.WriteByte(' ')
		}
		if t.kind != param {
			b.WriteString(sql[t.start:t.end])
			continue
		}
		n, known := numbers[t.s]
		if !known || t.s == "?" {
			params++
			n = params
			numbers[t.s] = n
		}
		fmt.Fprintf(&b, "?%d", n)
	}
	return b.String(), params
}

// find returns the index of the first of words outside parentheses, or -1.
func (s statement) find(words ...string) int {
	return slices.IndexFunc(s.tokens, func(t token) bool { return t.depth == 0 && t.in(words...) })
}

// reading returns the statement without RETURNING and ON CONFLICT, which
// virtual tables do not accept and which do not affect what is read.
func (s statement) reading() string {
	tokens := s.tokens
	for i, t := range tokens {
		if t.depth != 0 {
			continue
		}
		conflict := t.is("on") && i+1 < len(tokens) && tokens[i+1].is("conflict")
		if conflict || t.is("returning") && i > 0 && !tokens[i-1].is(".") {
			tokens = tokens[:i]
			break
		}
	}
	short, _ := plain(s.sql, tokens)
	return short
}
