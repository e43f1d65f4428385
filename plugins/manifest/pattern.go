package manifest

import (
	"errors"
	"fmt"

	"vega/plugins/pattern"
)

const (
	maxPattern = 1 << 10 // size of a pattern in bytes
	// maxWork bounds the steps of a manifest's patterns: for one match, and for
	// all matches when the manifest is checked. This many steps take about 40
	// ms.
	maxWork = 4 << 20
	// compileWork is the cost of compiling a pattern, expressed as the length
	// of a string to match.
	compileWork = 64
)

// pattern compiles the pattern of an option, which must match the whole string.
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

// lengthOf returns how many bytes of a default have to be matched, plus one for
// each string.
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
