package manifest

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strconv"

	"vega/plugins/pattern"
	"vega/sdk/condition"
)

// Format is the syntax of an option's value. It is checked when the
// configuration is validated.
type Format string

// The formats.
const (
	Regex            Format = "regex"             // a string: a regular expression (RE2)
	JSONPath         Format = "json_path"         // a string: a path without a wildcard in the grammar of package condition
	JSONConditions   Format = "json_conditions"   // a map: conditions by JSON path
	HeaderConditions Format = "header_conditions" // a map: conditions by name of a header
	RequestHeaders   Format = "request_headers"   // a map: headers that the host lets a probe send
	Takes            Format = "takes"             // a map: what to take from an answer, by the name of the value
)

// formats maps each format to the type of its options.
var formats = map[Format]Type{Regex: String, JSONPath: String, JSONConditions: Map, HeaderConditions: Map, RequestHeaders: Map, Takes: Map}

// FormatError reports a value that does not have the format of its option.
type FormatError struct {
	Entry string // the key of the entry of a map
	InKey bool   // the key itself is wrong
	Text  string // does not quote a secret
	Fix   string
}

// Error returns what is wrong and what to write.
func (e *FormatError) Error() string { return e.Text + "; " + e.Fix }

// formed checks a value against the format of the option.
func (o *Option) formed(v Value) error {
	switch o.Format {
	case Regex:
		return expression(v)
	case JSONPath:
		return path(v)
	case JSONConditions:
		return each(v, func(key string, v Value) error { return conditional(key, v, condition.ForJSON) })
	case HeaderConditions:
		return each(v, func(key string, v Value) error { return conditional(key, v, condition.ForHeader) })
	case RequestHeaders:
		return errors.Join(each(v, header), sameHeaders(v))
	case Takes:
		return each(v, take)
	default:
		return nil
	}
}

// each checks the entries of a map, in order of their keys, and returns all
// errors, joined.
func each(v Value, entry func(key string, v Value) error) error {
	m, _ := v.(map[string]Value)
	var errs []error
	for _, key := range sortedKeys(m) {
		errs = append(errs, entry(key, m[key]))
	}
	return errors.Join(errs...)
}

// FormatErrors returns the errors of Constrain that concern the format.
func FormatErrors(err error) []*FormatError {
	if all, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err); ok {
		var out []*FormatError
		for _, err := range all.Unwrap() {
			out = append(out, FormatErrors(err)...)
		}
		return out
	}
	if one, ok := errors.AsType[*FormatError](err); ok {
		return []*FormatError{one}
	}
	return nil
}

// expression checks a regular expression.
func expression(v Value) error {
	t, ok := v.(Text)
	if !ok || t.HasSecret() { // the guest sees a placeholder instead
		return nil
	}
	_, err := pattern.Compile(t.Reveal())
	if err == nil {
		return nil
	}
	text, fix := pattern.Explain(err)
	return &FormatError{Text: text, Fix: fix}
}

// path checks the path of one value.
func path(v Value) error {
	t, ok := v.(Text)
	if !ok || t.HasSecret() {
		return nil
	}
	p, err := condition.ParsePath(t.Reveal())
	if err == nil && p.Wild() {
		return &FormatError{Text: "the path has a wildcard", Fix: "use the path of one value"}
	}
	return fromCondition("", err)
}

// conditional checks a condition and the regular expressions in it.
func conditional(key string, v Value, parse func(key, value string) (condition.Condition, error)) error {
	c, err := parse(key, plainText(v))
	if err != nil {
		return fromCondition(key, err)
	}
	for _, t := range c.Tests {
		if t.Operator != condition.Matches && t.Operator != condition.Differs {
			continue
		}
		if _, err := pattern.Compile(t.Operand); err != nil {
			text, fix := pattern.Explain(err)
			return &FormatError{Entry: key, Text: text, Fix: fix}
		}
	}
	return nil
}

// take checks what to take from an answer.
func take(name string, v Value) error {
	if !condition.IsTakeName(name) {
		return &FormatError{Entry: name, InKey: true, Text: strconv.Quote(clip(name)) + " is not the name of a value", Fix: "start with a lower-case letter and use lower-case letters, digits, - and _"}
	}
	t, err := condition.ParseTake(plainText(v))
	if err != nil {
		return fromCondition(name, err)
	}
	if t.From != condition.FromRegex {
		return nil
	}
	if _, err := pattern.Compile(t.What); err != nil {
		text, fix := pattern.Explain(err)
		return &FormatError{Entry: name, Text: text, Fix: fix}
	}
	if tree, err := syntax.Parse(t.What, syntax.Perl); err == nil && tree.MaxCap() > 1 {
		return &FormatError{Entry: name, Text: fmt.Sprintf("the expression has %d groups", tree.MaxCap()), Fix: "put one group around the value, and write (?: ) for the others"}
	}
	return nil
}

// fromCondition turns an error of package condition into a FormatError.
func fromCondition(key string, err error) error {
	if wrong, ok := asCondition(err); ok {
		return &FormatError{Entry: key, InKey: wrong.Key, Text: wrong.Text, Fix: wrong.Fix}
	}
	return err
}

// plainText returns a scalar as the guest reads it. A secret is replaced by
// "(secret)", so that no error quotes it.
func plainText(v Value) string {
	switch v := v.(type) {
	case Text:
		return v.String()
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	default:
		return ""
	}
}
