package sdk

import (
	"unsafe"

	"vega/sdk/abi"
)

// Match reports whether the RE2 pattern matches anywhere in text. The host does
// the matching; an invalid pattern is ErrInvalid.
func (r *Run) Match(pattern, text string) (bool, error) {
	n := abi.Match(pattern, text)
	if n < 0 {
		return false, failure(n)
	}
	return n == 1, nil
}

// MatchGroup returns the part of text that a group of the RE2 pattern matches, in the
// first match; group 0 is the whole match. If there is none, it is ErrNotSet.
func (r *Run) MatchGroup(pattern, text string, group int) (string, error) {
	return whole(valueSize, func(buf unsafe.Pointer, size uint32) int32 {
		return abi.MatchGroup(pattern, text, int32(group), buf, size)
	})
}
