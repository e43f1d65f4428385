package jsonpath

import (
	"strconv"
	"strings"
)

// Step is one part of a path: a key or an index, or a command where Command is
// '#' or '@'.
type Step struct {
	Key     string
	Command byte
}

// Split splits a dotted path into its steps. "#" counts the elements of a list
// or object, "@0" names an object's first key, keys sorted. A ".", a "\" and a
// leading "#" or "@" of a real key are escaped by "\". The empty path has one
// step with an empty key; callers take it for the whole.
func Split(path string) []Step {
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

// Index is the position that a step names in a list, false if it names none.
func (s Step) Index() (int, bool) {
	if s.Command != 0 {
		return 0, false
	}
	return decimal(s.Key)
}

// Nth is the position that "@n" asks for, false for any other step.
func (s Step) Nth() (int, bool) {
	if s.Command != '@' {
		return 0, false
	}
	return decimal(s.Key)
}

// Counts reports whether the step is "#".
func (s Step) Counts() bool { return s.Command == '#' && s.Key == "" }

// decimal reads an unsigned decimal number. Signs are no part of it.
func decimal(digits string) (int, bool) {
	i, err := strconv.Atoi(digits)
	return i, err == nil && digits[0] != '+' && digits[0] != '-'
}
