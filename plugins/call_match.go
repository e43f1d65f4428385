package plugins

import (
	"fmt"
	"regexp"

	"github.com/tetratelabs/wazero/api"
)

// maxPattern bounds a pattern: RE2 is linear in the text, and in the pattern.
const maxPattern = 4 << 10

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
		re, err := regexp.Compile(string(pattern))
		if err != nil {
			return int64(c.fail(fmt.Errorf("%w: %w", errInvalid, err)))
		}
		if re.Match(text) {
			return 1
		}
		return 0
	}},
}
