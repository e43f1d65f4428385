// Package pattern compiles untrusted regular expressions within bounds on
// memory and on the work of matching.
//
// RE2 takes time proportional to the length of the input and to the states of
// the expression, and a short expression can have millions of states:
// (?:…){1000}. States counts them before anything is compiled. Pattern.Work
// returns the maximum cost of a match.
package pattern

import (
	"errors"
	"regexp"
)

// ErrTooLarge reports an expression that would take too long to compile or
// match.
var ErrTooLarge = errors.New("too large")

// Pattern is a compiled expression.
type Pattern struct {
	*regexp.Regexp
	states int
}

// Compile compiles an expression in RE2 syntax that may match anywhere in the
// input. The error is ErrTooLarge or one from regexp/syntax, whose text quotes
// the expression.
func Compile(expression string) (*Pattern, error) { return compile(expression, "", "") }

// CompileWhole is like Compile, for an expression that must match the whole
// input.
func CompileWhole(expression string) (*Pattern, error) { return compile(expression, `^(?:`, `)$`) }

// compile checks the expression by itself, because an invalid expression may
// become valid when it is wrapped.
func compile(expression, before, after string) (*Pattern, error) {
	n, err := States(expression)
	if err != nil {
		return nil, err
	}
	re, err := regexp.Compile(before + expression + after)
	if err != nil {
		return nil, err
	}
	return &Pattern{re, n}, nil
}

// States returns the approximate number of states of the expression.
func (p *Pattern) States() int { return p.states }

// Work returns the maximum number of steps of a match against n bytes. A step
// takes about 10 ns.
func (p *Pattern) Work(n int) int { return p.states * n }
