package condition

import (
	"strconv"
	"unicode/utf8"
)

// Type is the type of a value.
type Type string

// The types of JSON, as the path step @type returns them. A header is Text.
const (
	Text   Type = "text"
	Number Type = "number"
	Bool   Type = "bool"
	Null   Type = "null"
	List   Type = "list"
	Object Type = "object"
)

// Match matches a regular expression.
type Match func(expression, text string) (bool, error)

// NeedsType reports whether Holds depends on the type of a value: only for what
// looks like the same number, written in another way. Otherwise any type will
// do, such as Text.
func (c Condition) NeedsType(value string) bool {
	for _, t := range c.Tests {
		if (t.Operator == Equal || t.Operator == Unequal) && value != t.Operand && SameNumber(value, t.Operand) {
			return true
		}
	}
	return false
}

// Holds reports whether a value meets all tests. The value decides how it is
// compared: text as text, a number by its exact value, and true, false and null
// as words. An error comes from match.
func (c Condition) Holds(value string, t Type, match Match) (bool, error) {
	for _, test := range c.Tests {
		ok, err := test.holds(value, t, match)
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// HoldsLength is Holds for the length of a text.
func (c Condition) HoldsLength(text string) bool {
	ok, _ := c.Holds(strconv.Itoa(utf8.RuneCountInString(text)), Number, nil) // a length is not matched
	return ok
}

func (t Test) holds(value string, kind Type, match Match) (bool, error) {
	switch t.Operator {
	case Equal:
		return t.equals(value, kind), nil
	case Unequal:
		return !t.equals(value, kind), nil
	case Matches, Differs:
		ok, err := match(t.Operand, value)
		return ok == (t.Operator == Matches), err
	}
	// Many APIs put numbers in quotes.
	x, ok := parseNumber(value)
	y, _ := parseNumber(t.Operand)
	if !ok {
		return false, nil
	}
	switch n := x.compare(y); t.Operator {
	case Less:
		return n < 0, nil
	case AtMost:
		return n <= 0, nil
	case Greater:
		return n > 0, nil
	default:
		return n >= 0, nil
	}
}

func (t Test) equals(value string, kind Type) bool {
	return value == t.Operand || kind == Number && SameNumber(value, t.Operand)
}
