// Package condition parses the conditions that a probe can put on a JSON
// document or on the headers of a response, such as "data[*].state" = "up" or
// "len(items)" = ">= 3".
//
// ForJSON and ForHeader parse an entry of a map option: vega calls them when it
// validates the configuration, and the probe when it runs. Condition.Holds
// judges a value. The package reads nothing itself.
package condition

import "strings"

// Function is what a condition does with its path.
type Function string

// The functions. Each is written around the path.
const (
	None   Function = ""       // the value; every value if the path has a wildcard
	Any    Function = "any"    // at least one of the values
	All    Function = "all"    // every value
	Length Function = "len"    // the number of elements, members or characters
	Exists Function = "exists" // whether there is a value
)

// Condition is an entry of a map option, parsed.
type Condition struct {
	Function Function
	Path     Path   // of a JSON document
	Name     string // of a header
	Written  string // the path or name, as in the configuration
	Tests    []Test // all must hold
}

// Wants reports what an Exists condition expects.
func (c Condition) Wants() bool { return c.Tests[0].Operand == "true" }

// String describes what is expected, for a message: the operand, or the
// comparisons.
func (c Condition) String() string {
	if len(c.Tests) == 1 && c.Tests[0].Operator == Equal {
		return c.Tests[0].shown()
	}
	var parts []string
	for _, t := range c.Tests {
		parts = append(parts, string(t.Operator)+" "+t.shown())
	}
	return strings.Join(parts, " and ")
}

// Error reports why a condition is not valid, and what to write instead.
type Error struct {
	Key  bool // the path is wrong, otherwise the value
	Text string
	Fix  string
}

// Error returns both sentences.
func (e *Error) Error() string { return e.Text + "; " + e.Fix }

func badPath(text, fix string) *Error  { return &Error{Key: true, Text: text, Fix: fix} }
func badValue(text, fix string) *Error { return &Error{Text: text, Fix: fix} }

// ForJSON parses a condition on a JSON document.
func ForJSON(key, value string) (Condition, error) {
	c, inner, err := begin(key, value)
	if err != nil {
		return c, err
	}
	if c.Path, err = ParsePath(inner); err != nil {
		return c, err
	}
	switch wild := c.Path.Wild(); {
	case (c.Function == Any || c.Function == All) && !wild:
		return c, badPath(quote(key)+" has no wildcard", "use a path such as data[*].state, or remove "+string(c.Function)+"()")
	case c.Function == Length && wild:
		return c, badPath(quote(key)+" has a wildcard", "use len() with the path of one list, such as len(items)")
	}
	return c, nil
}

// ForHeader parses a condition on a header.
func ForHeader(key, value string) (Condition, error) {
	c, inner, err := begin(key, value)
	if err != nil {
		return c, err
	}
	c.Name = inner
	if !IsHeaderName(inner) {
		return c, badPath(quote(key)+" is not the name of a header", "use a name such as Content-Type")
	}
	return c, nil
}

// begin parses what both kinds have in common, and returns what is left of the
// key.
func begin(key, value string) (Condition, string, error) {
	var c Condition
	inner, err := c.function(key)
	if err != nil {
		return c, "", err
	}
	c.Written = inner
	if c.Tests, err = parseTests(value); err != nil {
		return c, "", err
	}
	return c, inner, c.suits()
}

// function splits NAME(path). Other text with parentheses at its end is an
// error, because it is more likely a function of another tool than a key.
func (c *Condition) function(key string) (string, error) {
	open := strings.IndexByte(key, '(')
	if open <= 0 || !strings.HasSuffix(key, ")") || !isWord(key[:open]) {
		return key, nil
	}
	switch f := Function(key[:open]); f {
	case Any, All, Length, Exists:
		c.Function = f
		return strings.Trim(key[open+1:len(key)-1], " "), nil
	default:
		return "", badPath(quote(key[:open]+"()")+" is not a function", "use len(), exists(), any() or all(); for a key of that name, use ["+quote(key)+"]")
	}
}

// suits checks the operands against the function. No message quotes a value,
// because vega hides the values of maps.
func (c *Condition) suits() error {
	switch c.Function {
	case Exists:
		if t := c.Tests[0]; len(c.Tests) != 1 || t.Operator != Equal || t.Operand != "true" && t.Operand != "false" {
			return badValue("exists() is either true or false", "use one of them")
		}
	case Length:
		for _, t := range c.Tests {
			if !isDigits(t.Operand) || t.Operator == Matches || t.Operator == Differs {
				return badValue("len() is compared with a whole number", `use a whole number, or a comparison such as ">= 1"`)
			}
		}
	}
	return nil
}

func isWord(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && c != '_' {
			return false
		}
	}
	return true
}

func isDigits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

// IsHeaderName reports whether s can be the name of a header.
func IsHeaderName(s string) bool {
	for _, c := range []byte(s) {
		alnum := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alnum && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

// Equals returns the text that a value must be equal to, and false if the
// condition is another one.
func (c Condition) Equals() (string, bool) {
	t := c.Tests[0]
	return t.Operand, len(c.Tests) == 1 && t.Operator == Equal
}

// Shown is how many bytes of a text a message shows.
const Shown = 80

// quote returns the beginning of a text in quotes.
func quote(s string) string {
	if len(s) > Shown {
		n := Shown
		for n > 0 && s[n]&0xC0 == 0x80 { // in the middle of a character
			n--
		}
		s = s[:n] + "…"
	}
	return `"` + OneLine(s) + `"`
}

// OneLine replaces line breaks and tabs in a text by spaces.
func OneLine(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c == '\n' || c == '\r' || c == '\t' {
			b[i] = ' '
		}
	}
	return string(b)
}
