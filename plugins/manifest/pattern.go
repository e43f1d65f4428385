package manifest

import (
	"errors"
	"fmt"

	"vega/plugins/pattern"
)

const (
	maxPattern = 1 << 10 // bytes of a pattern
	// maxWork bounds the steps that the patterns of a manifest take: of one match,
	// and of all matches that checking the manifest takes. So many take some 40 ms.
	maxWork = 4 << 20
	// compileWork is how long a text takes as long as compiling the pattern does.
	compileWork = 64
)

// pattern is the compiled pattern of an option, to match a string in full.
func (o *Option) pattern() (*pattern.Pattern, error) {
	if len(o.Pattern) > maxPattern {
		return nil, fmt.Errorf("the pattern is %d bytes; at most %d are allowed", len(o.Pattern), maxPattern)
	}
	p, err := pattern.CompileWhole(o.Pattern)
	switch {
	case errors.Is(err, pattern.ErrTooLarge):
		return nil, err
	case err != nil:
		return nil, errors.New("the pattern is not a regular expression (RE2)")
	default:
		return p, nil
	}
}

// lengthOf is how many bytes are matched where a default is, and one more for each
// text.
func lengthOf(v any) (n int) {
	switch v := v.(type) {
	case string:
		return 1 + len(v)
	case []any:
		for _, e := range v {
			n += lengthOf(e)
		}
	case map[string]any:
		for _, e := range v {
			n += lengthOf(e)
		}
	}
	return n
}
