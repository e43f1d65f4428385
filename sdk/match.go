package sdk

import "vega/sdk/abi"

// Match reports whether the RE2 pattern matches anywhere in text. The host does
// the matching; an invalid pattern is ErrInvalid.
func (r *Run) Match(pattern, text string) (bool, error) {
	n := abi.Match(pattern, text)
	if n < 0 {
		return false, failure(n)
	}
	return n == 1, nil
}
