package advise

import (
	"fmt"
	"slices"
	"strings"
)

// What a statement may measure. Planning cannot be interrupted, so that its
// time is bounded by the size of what is planned.
const (
	maxStatement = 64 << 10 // bytes
	maxTokens    = 8 << 10
)

// statement is one statement in tokens.
type statement struct {
	sql    string // as it was given
	tokens []token
	plain  string // without comments, its parameters numbered from ?1
	params int
}

// verbs start the statements that have a plan.
var verbs = []string{"select", "with", "values", "insert", "replace", "update", "delete"}

// parse reads one statement; the error is the reason why it has no advice.
func parse(sql string) (statement, error) {
	if len(sql) > maxStatement {
		return statement{}, fmt.Errorf("it is longer than %d KiB", maxStatement>>10)
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
		return statement{}, fmt.Errorf("it has more than %d words", maxTokens)
	case slices.ContainsFunc(tokens, func(t token) bool { return t.is(";") }):
		return statement{}, fmt.Errorf("it is more than one statement: ask for each alone")
	case len(tokens) == 0 || !tokens[0].in(verbs...):
		return statement{}, fmt.Errorf("it is no query, insert, update or delete")
	}
	s := statement{sql: sql, tokens: tokens}
	s.plain, s.params = plain(sql, tokens)
	return s, nil
}

// plain writes tokens as SQL whose parameters are ?1, ?2 and so on, so that
// all of them can be bound, whatever they were called.
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

// find returns where the first of words stands outside parentheses, or -1.
func (s statement) find(words ...string) int {
	return slices.IndexFunc(s.tokens, func(t token) bool { return t.depth == 0 && t.in(words...) })
}

// reading is the statement as virtual tables accept it: without RETURNING and
// ON CONFLICT, which say nothing about what is read.
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
