package condition

import "strings"

// Operator compares a value with an operand.
type Operator string

// The operators.
const (
	Equal     Operator = "=="
	Unequal   Operator = "!="
	Less      Operator = "<"
	AtMost    Operator = "<="
	Greater   Operator = ">"
	AtLeast   Operator = ">="
	Matches   Operator = "=~"
	Differs   Operator = "!~"
	operators          = "==, !=, <, <=, >, >=, =~ or !~"
)

// Test is one comparison.
type Test struct {
	Operator Operator
	Operand  string
}

// Ordered reports whether the operator compares numbers.
func (t Test) Ordered() bool {
	return t.Operator == Less || t.Operator == AtMost || t.Operator == Greater || t.Operator == AtLeast
}

// Negative reports whether the operator excludes a value.
func (t Test) Negative() bool { return t.Operator == Unequal || t.Operator == Differs }

// shown returns the operand for a message: numbers as they are, text in quotes.
func (t Test) shown() string {
	if t.Ordered() {
		return t.Operand
	}
	return quote(t.Operand)
}

// parseTests parses the value of a condition. Without an operator, it is what
// the value must be equal to. An ordering comparison may be followed by others:
// ">= 1, < 5".
func parseTests(value string) ([]Test, error) {
	first, is, err := parseTest(value)
	switch {
	case err != nil:
		return nil, err
	case !is:
		return []Test{{Equal, value}}, nil
	case !first.Ordered():
		return []Test{first}, nil
	}
	var tests []Test
	for part := range strings.SplitSeq(value, ",") {
		t, is, err := parseTest(strings.Trim(part, " "))
		if err != nil {
			return nil, err
		}
		if !is || !isNumber(t.Operand) {
			return nil, noNumber(first.Operator)
		}
		tests = append(tests, t)
	}
	return tests, nil
}

// parseTest splits an operator from its operand. It returns false for text that
// has none: text such as "<html>" begins like an operator, but no number or
// space follows.
func parseTest(value string) (Test, bool, error) {
	n := 0
	for n < len(value) && strings.IndexByte("<>=!~", value[n]) >= 0 {
		n++
	}
	op, rest := Operator(value[:n]), value[n:]
	spaced := strings.HasPrefix(rest, " ")
	operand := strings.Trim(rest, " ")
	switch op {
	case "":
		return Test{}, false, nil
	case Equal, Unequal, Matches, Differs:
		operand, ok := unquote(operand)
		if !ok {
			return Test{}, false, badValue("the operator "+string(op)+" has no operand", `add one; for an empty text, use "`+string(op)+` \"\""`)
		}
		return Test{op, operand}, true, nil
	case AtMost, AtLeast, Less, Greater:
		number, _, _ := strings.Cut(operand, ",")
		if isNumber(strings.Trim(number, " ")) {
			return Test{op, operand}, true, nil
		}
		if !spaced && rest != "" && len(op) == 1 {
			return Test{}, false, nil
		}
		return Test{}, false, noNumber(op)
	}
	if !spaced && !isNumber(operand) {
		return Test{}, false, nil
	}
	return Test{}, false, badValue(quote(string(op))+" is not an operator", "use "+operators+"; for a text that begins like this, put == before it")
}

func noNumber(op Operator) error {
	return badValue("the operator "+string(op)+" needs a number", `use an operator and a number, such as "< 100" or ">= 1, < 5"; for a text that begins like this, put == before it`)
}

// unquote removes quotes around an operand, which are needed only for an empty
// text or one that begins or ends with a space.
func unquote(s string) (string, bool) {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1], true
	}
	return s, s != ""
}
