package jsonpath

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"vega/policies/check"
)

// The errors of Find.
var (
	ErrAbsent = errors.New("no such value")
	ErrDepth  = fmt.Errorf("it is nested deeper than %d levels", MaxDepth)
)

// SyntaxError reports why and where the input is not JSON.
type SyntaxError struct {
	Offset int
	reason string
}

// Error returns the offset, and what was found instead of what was expected.
func (e *SyntaxError) Error() string { return fmt.Sprintf("byte %d: %s", e.Offset, e.reason) }

// DuplicateError reports a path through a key that occurs twice in its object.
type DuplicateError struct{ Key string }

// Error returns a message with the key.
func (e *DuplicateError) Error() string { return fmt.Sprintf("it has the key %q twice", clip(e.Key)) }

// clip shortens a key for a message.
func clip(s string) string { return check.Clip(s, 80) }

// unexpected reports that the next byte is not what was expected.
func (s *scanner) unexpected(expected string) error {
	if s.i >= len(s.b) {
		return &SyntaxError{s.i, "it ends where " + expected + " is expected"}
	}
	r, _ := utf8.DecodeRune(s.b[s.i:])
	return &SyntaxError{s.i, fmt.Sprintf("%q where %s is expected", r, expected)}
}

// isFault reports whether err concerns the input, regardless of the path.
func isFault(err error) bool {
	_, syntax := errors.AsType[*SyntaxError](err)
	return syntax || errors.Is(err, ErrDepth)
}
