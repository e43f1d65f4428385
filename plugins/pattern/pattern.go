// Package pattern compiles regular expressions that a stranger wrote, within bounds
// of memory and of the work that matching takes.
//
// RE2 takes time in proportion to the text and to the states of the expression, and
// a short expression can have millions of them: (?:…){1000}. States counts them
// before anything is compiled; Pattern.Work is what a match may take.
package pattern

import (
	"errors"
	"regexp"
)

// ErrTooLarge is for an expression that would take too long to compile, or to match.
var ErrTooLarge = errors.New("too large")

// Pattern is a compiled expression.
type Pattern struct {
	*regexp.Regexp
	states int
}

// Compile compiles an expression in the syntax of RE2, to be found anywhere in a
// text. The error is ErrTooLarge, or one of regexp/syntax, whose text quotes the
// expression.
func Compile(expression string) (*Pattern, error) { return compile(expression, "", "") }

// CompileWhole is Compile for an expression that has to match a text as a whole.
func CompileWhole(expression string) (*Pattern, error) { return compile(expression, `^(?:`, `)$`) }

// compile judges the expression by itself: with something around it, what is not one
// may become one.
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

// States is about how many states the expression has.
func (p *Pattern) States() int { return p.states }

// Work is how many steps a match against a text of n bytes may take. A step takes
// some 10 ns.
func (p *Pattern) Work(n int) int { return p.states * n }
