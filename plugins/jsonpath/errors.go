package jsonpath

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// Errors of Find.
var (
	ErrAbsent = errors.New("there is no such value")
	ErrDepth  = fmt.Errorf("it is nested deeper than %d levels", MaxDepth)
)

// SyntaxError says why and where a text is not JSON.
type SyntaxError struct {
	Offset int
	reason string
}

// Error says what stands where something else has to.
func (e *SyntaxError) Error() string { return fmt.Sprintf("byte %d: %s", e.Offset, e.reason) }

// DuplicateError says that a path leads through a key that stands twice in its
// object.
type DuplicateError struct{ Key string }

// Error names the key.
func (e *DuplicateError) Error() string { return fmt.Sprintf("it has the key %q twice", clip(e.Key)) }

// clip keeps a long key from filling a message.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	n := most
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// unlike says that something else than what was expected is next.
func (s *scanner) unlike(expected string) error {
	if s.i >= len(s.b) {
		return &SyntaxError{s.i, "it ends where " + expected + " is expected"}
	}
	r, _ := utf8.DecodeRune(s.b[s.i:])
	return &SyntaxError{s.i, fmt.Sprintf("%q where %s is expected", r, expected)}
}

// isFault reports whether err is about the text, whatever the path.
func isFault(err error) bool {
	var syntax *SyntaxError
	return errors.Is(err, ErrDepth) || errors.As(err, &syntax)
}
