package pattern_test

import (
	"errors"
	"regexp/syntax"
	"strings"
	"testing"

	"vega/plugins/pattern"
)

func TestCompile(t *testing.T) {
	for expression, states := range map[string]int{"a": 2, "abc": 4, "(ab|c)+": 8, "a{100}": 300} {
		p, err := pattern.Compile(expression)
		if err != nil || p.States() < states/4 || p.States() > states*4 {
			t.Errorf("%s: %v, %v", expression, p, err)
		} else if p.Work(10) != 10*p.States() {
			t.Errorf("%s: %d steps", expression, p.Work(10))
		}
	}
	for _, bomb := range []string{"(?:" + strings.Repeat("a", 1000) + "){1000}", strings.Repeat("(b{1000})", 20), "((a{30}b?c*){30}){1}" + strings.Repeat("d{1000}", 10), strings.Repeat(`\pL|`, 30), strings.Repeat(`(?i:[Ā-𞥃])`, 200)} {
		if p, err := pattern.Compile(bomb); !errors.Is(err, pattern.ErrTooLarge) {
			t.Errorf("%.20s…: %v, %v", bomb, p, err)
		}
	}
	for _, wrong := range []string{"a(", "a)(b", "[", "(?P<n"} {
		for _, compile := range []func(string) (*pattern.Pattern, error){pattern.Compile, pattern.CompileWhole} {
			if _, err := compile(wrong); !errors.As(err, new(*syntax.Error)) {
				t.Errorf("%s: %v", wrong, err)
			}
		}
	}
	if p, err := pattern.CompileWhole("a|b"); err != nil || p.MatchString("ab") || !p.MatchString("b") {
		t.Errorf("%v, %v", p, err)
	}
}
