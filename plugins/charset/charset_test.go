package charset

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/htmlindex"
)

func encode(t testing.TB, label, text string) string {
	t.Helper()
	e, err := htmlindex.Get(label)
	if err != nil {
		t.Fatal(err)
	}
	out, err := e.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCharsets(t *testing.T) {
	const umlauts, chinese, japanese = "Störung behoben", "服务正常", "サービス正常"
	long := strings.Repeat("x", 3000)
	for _, r := range []struct{ name, contentType, body, want string }{
		{"ISO-8859-1", "text/plain; charset=ISO-8859-1", encode(t, "iso-8859-1", umlauts), umlauts},
		{"quoted", `text/html; charset="gbk"`, encode(t, "gbk", chinese), chinese},
		{"GB18030", "text/html;charset=gb18030", encode(t, "gb18030", chinese), chinese},
		{"Shift_JIS", "text/html; charset=Shift_JIS", encode(t, "shift_jis", japanese), japanese},
		{"EUC-JP", "text/html; charset=EUC-JP", encode(t, "euc-jp", japanese), japanese},
		{"ISO-2022-JP", "text/html; charset=iso-2022-jp", encode(t, "iso-2022-jp", japanese), japanese},
		{"Big5", "text/html; charset=big5", encode(t, "big5", "服務"), "服務"},
		{"windows-1251", "text/html; charset=windows-1251", encode(t, "windows-1251", "работает"), "работает"},
		{"UTF-16 with a mark", "application/json", "\xff\xfe" + encode(t, "utf-16le", `{"a":"ä"}`), `{"a":"ä"}`},
		{"UTF-16BE with a mark", "text/plain; charset=iso-8859-1", "\xfe\xff" + encode(t, "utf-16be", umlauts), umlauts},
		{"UTF-16LE by name", "text/plain; charset=utf-16le", encode(t, "utf-16le", umlauts), umlauts},
		{"UTF-8 with a mark", "application/json", "\xef\xbb\xbf{}", "{}"},
		{"meta", "text/html", `<meta charset="gbk"><title>` + encode(t, "gbk", chinese), `<meta charset="gbk"><title>` + chinese},
		{"meta after the title", "text/html", "<title>" + encode(t, "gbk", chinese) + `</title><meta charset=gbk>`, "<title>" + chinese + `</title><meta charset=gbk>`},
		{"http-equiv", "text/html", `<meta http-equiv="Content-Type" content="text/html; charset=shift_jis">` + encode(t, "shift_jis", japanese), `<meta http-equiv="Content-Type" content="text/html; charset=shift_jis">` + japanese},
		{"XML declaration", "text/xml", `<?xml version="1.0" encoding='ISO-8859-1'?><a>` + encode(t, "iso-8859-1", umlauts), `<?xml version="1.0" encoding='ISO-8859-1'?><a>` + umlauts},
		{"long, by Content-Type", "text/html; charset=gbk", long + encode(t, "gbk", chinese), long + chinese},
		{"long, by meta", "text/html", "<meta charset=gbk>" + long + encode(t, "gbk", chinese), "<meta charset=gbk>" + long + chinese},
		{"UTF-8", "text/html; charset=utf-8", umlauts, umlauts},
		{"nothing says which", "text/html", umlauts + "\xff", umlauts + "\xff"},
		{"JSON is UTF-8", "application/json", `{"a":"` + umlauts + "\xff", `{"a":"` + umlauts + "\xff"},
		{"JSON declared as something else", "application/problem+json; charset=iso-8859-1", `{"a":"` + umlauts + `"}`, `{"a":"` + umlauts + `"}`},
		{"JSON in UTF-16", "application/json; charset=utf-16le", encode(t, "utf-16le", `{"a":"ä"}`), `{"a":"ä"}`},
		{"unknown charset", "text/plain; charset=klingon", "a\xff", "a\xff"},
		{"no type", "", umlauts, umlauts},
		{"bytes", "application/octet-stream", "\x00\xff\x1b", "\x00\xff\x1b"},
		{"empty", "text/html; charset=gbk", "", ""},
		{"broken type", "text/html; charset", umlauts, umlauts},
	} {
		for name, in := range map[string]io.Reader{
			"": strings.NewReader(r.body), ", byte by byte": iotest.OneByteReader(strings.NewReader(r.body)), ", with its end": iotest.DataErrReader(strings.NewReader(r.body)),
		} {
			got, err := io.ReadAll(NewReader(in, r.contentType))
			if string(got) != r.want || err != nil {
				t.Errorf("%s%s: %.200q, %v", r.name, name, got, err)
			}
		}
	}
}

// ASCII is passed on at once, also while the charset is not known yet.
func TestTextThatIsThereIsNotWithheld(t *testing.T) {
	for _, contentType := range []string{"text/html", "text/event-stream", "text/plain; charset=iso-8859-1", ""} {
		in, out := io.Pipe()
		go func() { _, _ = io.WriteString(out, "data: ok\n\n") }()
		r := NewReader(in, contentType)
		b := make([]byte, 100)
		n, err := io.ReadAtLeast(r, b, len("data: ok\n\n"))
		if string(b[:n]) != "data: ok\n\n" || err != nil {
			t.Errorf("%s: %q %v", contentType, b[:n], err)
		}
		_ = out.Close()
	}
}

func TestErrorIsPassedOn(t *testing.T) {
	want := errors.New("cut off")
	for _, contentType := range []string{"text/html", "text/html; charset=gbk", ""} {
		got, err := io.ReadAll(NewReader(io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(want)), contentType))
		if string(got) != "abc" || !errors.Is(err, want) {
			t.Errorf("%s: %q %v", contentType, got, err)
		}
	}
}
