package plugins

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"regexp/syntax"
	"unicode/utf8"

	"github.com/tetratelabs/wazero/api"
)

const (
	// maxPattern bounds a pattern: RE2 is linear in the text, and in the pattern.
	maxPattern = 4 << 10
	// maxStates bounds what a pattern's repetitions multiply it to.
	maxStates = 10_000
	// maxSteps is up to how many states × bytes a match goes without a look at
	// the time; more take the longer way.
	maxSteps = 4 << 20
)

// matchCalls see what the guest sees, placeholders included: a pattern is no
// way to feel for a secret.
var matchCalls = map[string]hostCall{
	"match": {[]api.ValueType{i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		pattern, err := c.bytes(0, maxPattern)
		if err != nil {
			return int64(c.fail(err))
		}
		text, err := c.bytes(2, maxText)
		if err != nil {
			return int64(c.fail(err))
		}
		matched, err := match(c.run, string(pattern), text)
		switch {
		case err != nil:
			return int64(c.fail(err))
		case matched:
			return 1
		default:
			return 0
		}
	}},
}

// match looks for the pattern, and gives up when ctx ends.
func match(ctx context.Context, pattern string, text []byte) (bool, error) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return false, fmt.Errorf("%w: %w", errInvalid, err)
	}
	size := states(tree)
	if size > maxStates {
		return false, fmt.Errorf("%w: a pattern of %d states, repetitions multiplied; at most %d are allowed", errTooLarge, size, maxStates)
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return false, fmt.Errorf("%w: %w", errInvalid, err)
	}
	if size*len(text) <= maxSteps {
		return re.Match(text), nil
	}
	matched := re.MatchReader(&runes{ctx: ctx, text: text})
	if ctx.Err() != nil { // its own computing, and no wait for a target
		return false, fmt.Errorf("%w: pattern and text together take longer than the run may", errTooLarge)
	}
	return matched, nil
}

// states is about how many states a pattern compiles to.
func states(tree *syntax.Regexp) int {
	n := 1 + len(tree.Sub)
	if tree.Op == syntax.OpLiteral {
		n += len(tree.Rune)
	}
	for _, sub := range tree.Sub {
		n = min(n+states(sub), 1<<30)
	}
	if tree.Op == syntax.OpRepeat {
		n = min(n*max(tree.Min, tree.Max, 1), 1<<30)
	}
	return n
}

// runes reads a text until ctx ends.
type runes struct {
	ctx  context.Context
	text []byte
	read int
}

// ReadRune implements io.RuneReader.
func (r *runes) ReadRune() (rune, int, error) {
	const often = 16 // a rune may take as long as there are states
	r.read++
	if len(r.text) == 0 || r.read%often == 0 && r.ctx.Err() != nil {
		return 0, 0, io.EOF
	}
	c, n := utf8.DecodeRune(r.text)
	r.text = r.text[n:]
	return c, n, nil
}
