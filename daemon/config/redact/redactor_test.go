package redact

import "testing"

func TestRedact(t *testing.T) {
	r := New([]string{"geheim", "pin4", "abc", "a long secret/"})
	for text, want := range map[string]string{
		"geheim xgeheimx":               "(secret) x(secret)x",
		"a%20long%20secret%2F":          "(secret)",
		"pin4, pin4x xpin4 _pin4 'pin4": "(secret), pin4x xpin4 _pin4 '(secret)",
		"pin4pin4 pin4":                 "pin4pin4 (secret)",
		"abc":                           "abc",
		"":                              "",
	} {
		if got := r.Redact(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
	if got := New(nil).Redact("text"); got != "text" {
		t.Error(got)
	}
}
