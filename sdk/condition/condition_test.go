package condition

import (
	"regexp"
	"strings"
	"testing"
)

func match(expression, text string) (bool, error) { return regexp.MatchString(expression, text) }

// The value decides how it is compared: text as text, numbers by their exact
// value.
func TestEquality(t *testing.T) {
	for _, r := range []struct {
		written, value string
		kind           Type
		want           bool
	}{
		{"ok", "ok", Text, true},
		{"1.1", "1.10", Text, false},
		{"1.1", "1.10", Number, true},
		{"7", "007", Text, false},
		{"007", "7", Number, false}, // a JSON number never has leading zeros
		{"3", "3", Text, true},
		{"3", "3.0", Number, true},
		{"1", "1e0", Number, true},
		{"1000", "1E+3", Number, true},
		{"0.001", "1e-3", Number, true},
		{"-0", "0", Number, true},
		{"9007199254740993", "9007199254740992", Number, false},
		{"9007199254740993", "9007199254740993.0", Number, true},
		{"1e400", "1e401", Number, false},
		{"1e99999999999999999999", "1", Number, false},
		{"NaN", "NaN", Text, true},
		{"0x10", "16", Number, false},
		{"1_000", "1000", Number, false},
		{"inf", "1e999", Number, false},
		{"true", "true", Bool, true},
		{"null", "null", Null, true},
		{"OK", "ok", Text, false},
		{" ok", "ok", Text, false},
		{"<html>", "<html>", Text, true},
		{">_<", ">_<", Text, true},
		{"== > 5", "> 5", Text, true},
		{`== ""`, "", Text, true},
		{"", "", Text, true},
		{"== x", "x", Text, true},
		{"!= x", "x", Text, false},
		{"!= x", "y", Text, true},
		{"!= null", "null", Null, false},
		{"!= 3", "3.0", Number, false},
		{"< 100", "99.9", Number, true},
		{"<100", "100", Number, false},
		{"<= 100", "1e2", Number, true},
		{"> 9007199254740992", "9007199254740993", Number, true},
		{">= 1, < 5", "5", Number, false},
		{">= 1, < 5", "4", Number, true},
		{">= 1, != 3", "3", Number, false},
		{"> -5", "-4", Number, true},
		{"< -5", "-40", Number, true},
		{"> 5", "10", Text, true},
		{"> 5", "ten", Text, false},
		{"> 0", "true", Bool, false},
		{"< 5", "null", Null, false},
		{"=~ ^v1[.]", "v1.2", Text, true},
		{"!~ error", "an error", Text, false},
	} {
		c, err := ForJSON("a", r.written)
		if err != nil {
			t.Errorf("%s: %v", r.written, err)
			continue
		}
		if got, err := c.Holds(r.value, r.kind, match); got != r.want || err != nil {
			t.Errorf("%q against the %s %q: %v, %v", r.written, r.kind, r.value, got, err)
		}
		if got, _ := c.Holds(r.value, Text, match); got != r.want && !c.NeedsType(r.value) {
			t.Errorf("%q against %q needs the type", r.written, r.value)
		}
	}
}

func TestBadConditions(t *testing.T) {
	for _, r := range []struct{ key, value, says string }{
		{"a", "=> 3", `"=>" is not an operator`},
		{"a", "= 3", "is not an operator"},
		{"a", "<> 3", "is not an operator"},
		{"a", "=== 3", "is not an operator"},
		{"a", "< abc", "needs a number"},
		{"a", "<", "needs a number"},
		{"a", ">= 1, abc", "needs a number"},
		{"a", "!=", "has no operand"},
		{"a..b", "x", "two dots"},
		{"$..b", "x", "two dots"},
		{"a.", "x", "ends with a dot"},
		{"$.", "x", "begins with a dot"},
		{".a", "x", `remove it: "a"`},
		{"a[", "x", "lacks a ]"},
		{"a]", "x", "without a ["},
		{"a[x]", "x", "not a position"},
		{"a[0]b", "x", "text after a ]"},
		{"a[0:2]", "x", "several elements"},
		{"a[?(@.x==1)]", "x", "filters"},
		{`a["x]`, "x", "lacks the end of a key"},
		{"a.@type", "x", "not a step"},
		{"a.length()", "x", "len(PATH)"},
		{"count(a)", "1", "is not a function"},
		{"any(a)", "1", "has no wildcard"},
		{"len(a[*])", "1", "has a wildcard"},
		{"len(a)", "many", "compared with a whole number"},
		{"exists(a)", "yes", "either true or false"},
		{"exists(a)", "!= true", "either true or false"},
	} {
		if _, err := ForJSON(r.key, r.value); err == nil || !strings.Contains(err.Error(), r.says) {
			t.Errorf("%q = %q: %v", r.key, r.value, err)
		}
	}
	if _, err := ForHeader("Content Type", "x"); err == nil {
		t.Error("a header name with a space")
	}
}

func TestPaths(t *testing.T) {
	for written, want := range map[string]string{
		"": "", "$": "", "$.data[0].name": "data 0 name", "data.0.name": "data 0 name", "$[0]": "0", "data[-1]": "data -1",
		"data[*].state": "data * state", "data.*.state": "data * state", `a\.b.c`: `a\.b c`, `["a.b"]['c d'][""]`: `a\.b c d `,
		"$schema": "$schema", "items.#": "items #", "map.@0": "map @0", `["@type"]`: `\@type`, `\@type`: `\@type`, `a\[0\]`: "a[0]", `\*`: "*",
		"data [ 1 ]": "data  1",
	} {
		p, err := ParsePath(written)
		if err != nil {
			t.Errorf("%s: %v", written, err)
			continue
		}
		var got []string
		for _, s := range p {
			switch {
			case s.Wild:
				got = append(got, "*")
			case s.Index < 0:
				got = append(got, "-1")
			default:
				got = append(got, s.Key)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", written, got, want)
		}
	}
}

// Whatever is written, parsing ends, and an error says what to write.
func FuzzConditions(f *testing.F) {
	for _, s := range []string{"$.a[0]", "any(a[*])", `["a\"]`, "<=", ">= 1, < 5", "=~ (", "@", "#", `\`} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		for _, parse := range []func(string, string) (Condition, error){ForJSON, ForHeader} {
			c, err := parse(key, value)
			if wrong, ok := err.(*Error); err != nil && (!ok || wrong.Text == "" || wrong.Fix == "") { //nolint:errorlint // it must be that type itself
				t.Errorf("%q = %q: %v", key, value, err)
			}
			if err == nil {
				_ = c.String()
				for _, k := range []Type{Text, Number, Bool, Null, List, Object} {
					_, _ = c.Holds(value, k, func(string, string) (bool, error) { return true, nil })
				}
			}
		}
	})
}
