package console

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"plain ü 漢 💩, \"quoted\"\n\tmore": "plain ü 漢 💩, \"quoted\"\n\tmore",
		"\x1b[31mred\x1b]0;title\a\r":     `\u001b[31mred\u001b]0;title\u0007\u000d`,
		"gpj.\u202ewasm\u200b\u0085":      `gpj.\u202ewasm\u200b\u0085`,
		"tag \U000e0041":                  `tag \U000e0041`,
	} {
		var b strings.Builder
		if n, err := Plain(&b).Write([]byte(text)); err != nil || n != len(text) || b.String() != want {
			t.Errorf("%q, %d, %v; want %q", b.String(), n, err, want)
		}
	}
	in := "a\u202eb\x7f\u2028"
	quoted, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out string
	if err := json.Unmarshal([]byte(Printable(string(quoted))), &out); err != nil || out != in {
		t.Errorf("%q, %v", out, err)
	}
}
