package condition

import "testing"

func TestAlike(t *testing.T) {
	for _, r := range []struct {
		a, b  string
		alike bool
	}{
		{"", "", true},
		{"up", "up", true},
		{"caf\u00e9", "cafe\u0301", true},
		{"\u1ec7", "e\u0323\u0302", true},
		{"\ud55c\uae00", "\u1112\u1161\u11ab\u1100\u1173\u11af", true},
		{"\u304c", "\u304b\u3099", true},
		{"a b", "a\u00a0b", true},
		{"a b", "a\r\n  b", true},
		{"ab", "a\u200bb", true},
		{"ab", "\ufeffab\u0000", true},
		{"it's up - \"ok\"", "it\u2019s up \u2013 \u201cok\u201d", true},
		{"up", "Up", false},
		{"caf\u00e9", "caf\u00e8", false},
		{"caf\u00e9", "cafe", false},
		{"up", "upp", false},
		{"\u65e5\u672c", "\u4e2d\u56fd", false},
		{"ab", "a b", false},
		{"aeopcyxisjABEKMHOPCTYX", "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0458\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425", true},
		{"ABEZHIKMNOPTYXo", "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf", true},
	} {
		if got := Alike(r.a, r.b); got != r.alike || Alike(r.b, r.a) != got {
			t.Errorf("%q and %q: %v", r.a, r.b, got)
		}
	}
}

func TestFindAlike(t *testing.T) {
	for _, r := range []struct{ text, wanted, found string }{
		{"<p>all\u00a0systems operational</p>", "all systems operational", "all\u00a0systems operational"},
		{"status: cafe\u0301 ok", "caf\u00e9 ok", "cafe\u0301 ok"},
		{"status: caf\u00e9", "cafe\u0301", "caf\u00e9"},
		{"first\nOK\nlast", "ok", "OK"},
		{"one\r\ntwo", "one\ntwo", "one\r\ntwo"},
		{"o\u200bk", "ok", "o\u200bk"},
		{"aab", "ab", "ab"},
		{"down", "up", ""},
		{"", "up", ""},
		{"up", "\u200b", ""},
		{"a\xffb", "b", "b"},
	} {
		if got := FindAlike(r.text, r.wanted); got != r.found {
			t.Errorf("%q in %q: %q", r.wanted, r.text, got)
		}
	}
}

func TestEscaped(t *testing.T) {
	for s, want := range map[string]string{
		"cafe\u0301":   `"cafe\u0301"`,
		"a\u00a0b\r\n": `"a\u00a0b\r\n"`,
		`say "\"`:      `"say \"\\\""`,
		"\U0001F600":   `"\U0001f600"`,
		"\x00\x7f":     `"\u0000\u007f"`,
		"a\xff":        `"a\ufffd"`,
	} {
		if got := Escaped(s); got != want {
			t.Errorf("%q: %s", s, got)
		}
	}
}

// Whatever the texts are, looking at them ends, and what is found is in the
// text.
func FuzzAlike(f *testing.F) {
	f.Add("cafe\u0301", "caf\u00e9")
	f.Add("a\xff\u200b", "\u1112\u1161")
	f.Fuzz(func(t *testing.T, a, b string) {
		if !Alike(a, a) || Alike(a, b) != Alike(b, a) {
			t.Errorf("%q and %q", a, b)
		}
		_ = FindAlike(a, b)
		_ = Escaped(a)
	})
}
