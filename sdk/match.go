package sdk

import "vega/sdk/abi"

// Match reports whether the RE2 pattern matches somewhere in text. The host
// does the matching; a pattern that is none is ErrInvalid.
func (r *Run) Match(pattern, text string) (bool, error) {
	n := abi.Match(pattern, text)
	if n < 0 {
		return false, failure(n)
	}
	return n == 1, nil
}
