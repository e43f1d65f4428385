package expand

import (
	"testing"
)

func TestKeyOfTarget(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.1":                   "10.0.0.1",
		"10.0.0.1:443":               "10.0.0.1-443",
		"https://example.com/health": "https-example.com-health",
		"[2001:db8::1]:22":           "2001-db8-1-22",
		"web1":                       "web1",
		" / ":                        "",
	} {
		if got := KeyOf(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestLineOfTargets(t *testing.T) {
	for line, want := range map[string][2]string{
		"10.0.0.1":                         {"", "10.0.0.1"},
		"  web1 =\t10.0.0.1  # the first":  {"web1", "10.0.0.1"},
		"web1=10.0.0.1":                    {"web1", "10.0.0.1"},
		`web1 = "10.0.0.1",`:               {"web1", "10.0.0.1"},
		"https://example.com/?a=b#c":       {"", "https://example.com/?a=b#c"},
		"web = https://example.com/?a=b":   {"web", "https://example.com/?a=b"},
		"# a comment":                      {"", ""},
		"// a comment":                     {"", ""},
		"":                                 {"", ""},
		"\t ":                              {"", ""},
		"a b = c":                          {"", "a b = c"},
		"https://example.com // a comment": {"", "https://example.com"},
	} {
		key, value := cut(line, 100)
		if key.text != want[0] || value.text != want[1] {
			t.Errorf("%q: %q = %q", line, key.text, value.text)
		}
		for _, p := range []part{key, value} {
			if p.text != "" && line[p.at-100:p.at-100+len(p.text)] != p.text {
				t.Errorf("%q: %q is not at %d", line, p.text, p.at-100)
			}
		}
	}
}
