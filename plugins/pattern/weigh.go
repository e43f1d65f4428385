package pattern

import (
	"fmt"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Parsing and compiling an expression cannot be interrupted, so their cost is
// bounded in advance, to about 10 ms.
const (
	// MaxStates bounds the states of an expression, with repetitions
	// multiplied. An expression of this size takes about 10 ms and 2 MB to
	// compile.
	MaxStates = 10_000

	maxTables = 24      // Unicode property classes, up to 0.2 ms each
	maxFolded = 1 << 17 // characters in ranges that may be folded, up to 45 ns each
)

// States returns the approximate number of states of an expression. The error
// is ErrTooLarge or one from regexp/syntax.
func States(expression string) (int, error) {
	if n := strings.Count(expression, `\p`) + strings.Count(expression, `\P`); n > maxTables {
		return 0, fmt.Errorf("%w: a pattern of %d Unicode classes; at most %d are allowed", ErrTooLarge, n, maxTables)
	}
	if n := folded(expression); n > maxFolded {
		return 0, fmt.Errorf("%w: a pattern that folds ranges of some %d characters; at most %d are allowed: remove (?i), or use shorter ranges", ErrTooLarge, n, maxFolded)
	}
	tree, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return 0, err
	}
	n := states(tree)
	if n > MaxStates {
		return 0, fmt.Errorf("%w: a pattern of %d states, repetitions multiplied; at most %d are allowed", ErrTooLarge, n, MaxStates)
	}
	return n, nil
}

// folded limits how many characters the parser may have to fold: those below
// the end of each range. No letter beyond the last one here has another case.
func folded(pattern string) (n int) {
	const last = 0x1e943
	if !strings.Contains(pattern, "(?") { // no flags
		return 0
	}
	for {
		_, after, found := strings.Cut(pattern, "-")
		if !found {
			return n
		}
		n += min(int(rangeEnd(after)), last)
		pattern = after
	}
}

// rangeEnd returns the first character of a pattern.
func rangeEnd(pattern string) rune {
	digits, escaped := strings.CutPrefix(pattern, `\x`)
	if !escaped {
		c, n := utf8.DecodeRuneInString(pattern)
		return c * rune(min(n, 1)) // 0 at the end
	}
	if braced, ok := strings.CutPrefix(digits, "{"); ok {
		digits, _, _ = strings.Cut(braced, "}")
	} else {
		digits = digits[:min(2, len(digits))]
	}
	c, err := strconv.ParseUint(digits, 16, 31)
	if err != nil {
		return utf8.MaxRune
	}
	return rune(c)
}

// states returns the approximate number of states that an expression compiles
// to.
func states(tree *syntax.Regexp) int {
	const most = 1 << 30
	n := 1 + len(tree.Sub)
	if tree.Op == syntax.OpLiteral {
		n += len(tree.Rune)
	}
	for _, sub := range tree.Sub {
		n = min(n+states(sub), most)
	}
	if tree.Op == syntax.OpRepeat {
		n = min(n*max(tree.Min, tree.Max, 1), most)
	}
	return n
}
