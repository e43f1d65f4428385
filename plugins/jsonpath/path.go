package jsonpath

import (
	"strconv"
	"strings"
)

// Step is one part of a path: a key or an index, or a command if Command is '#'
// or '@'.
type Step struct {
	Key     string
	Command byte
}

// Plain reports whether a path is a single key, without escapes.
func Plain(path string) bool { return !strings.ContainsAny(path, `.\#@`) }

// Split splits a dotted path into its steps. "#" counts the elements of a list
// or object, "@0" is an object's first key in sorted order, and "@type" is the
// type of a value. In a key, a ".", a "\" and a leading "#" or "@" are escaped
// by "\". The empty path has one step with an empty key, which callers treat as
// the whole value.
func Split(path string) []Step {
	if Plain(path) {
		return []Step{{Key: path}}
	}
	var steps []Step
	var key strings.Builder
	var command byte
	begin := true
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c == '\\' && i+1 < len(path):
			i++
			key.WriteByte(path[i])
		case c == '.':
			steps = append(steps, Step{key.String(), command})
			key.Reset()
			command, begin = 0, true
			continue
		case begin && (c == '#' || c == '@'):
			command = c
		default:
			key.WriteByte(c)
		}
		begin = false
	}
	return append(steps, Step{key.String(), command})
}

// Index returns the position that a step names in a list, or false.
func (s Step) Index() (int, bool) {
	if s.Command != 0 {
		return 0, false
	}
	return decimal(s.Key)
}

// Nth returns the position of a step "@n", or false.
func (s Step) Nth() (int, bool) {
	if s.Command != '@' {
		return 0, false
	}
	return decimal(s.Key)
}

// Counts reports whether the step is "#".
func (s Step) Counts() bool { return s.Command == '#' && s.Key == "" }

// AsksType reports whether the step is "@type".
func (s Step) AsksType() bool { return s.Command == '@' && s.Key == "type" }

// decimal parses an unsigned decimal number, without sign.
func decimal(digits string) (int, bool) {
	i, err := strconv.Atoi(digits)
	return i, err == nil && digits[0] != '+' && digits[0] != '-'
}
