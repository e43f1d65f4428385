package diag

import (
	"strings"
	"testing"
)

func TestEveryExplanationIsOfACode(t *testing.T) {
	entries, err := explainFiles.ReadDir("explain")
	if err != nil || len(entries) != len(Codes) {
		t.Errorf("%d explanations of %d codes, %v", len(entries), len(Codes), err)
	}
}

func TestExplanationIsShown(t *testing.T) {
	var b strings.Builder
	if err := Explain(WrongType).WriteText(&b, false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"VEGA012: wrong type\n\nAn attribute holds", "\n\nWrong\n\n    server {\n      port = \"8000\"\n    }\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "```") || strings.Contains(b.String(), "##") {
		t.Errorf("Markdown is left in\n%s", b.String())
	}
	b.Reset()
	if err := Explain(FileUnreadable).WriteText(&b, true); err != nil || !strings.Contains(b.String(), "    api_key.txt:\n") || !strings.Contains(b.String(), bold+"Why"+plain) {
		t.Errorf("%v:\n%s", err, b.String())
	}
	if s := Explain(NotText).Plain(); strings.ContainsRune(s, 7) || !strings.Contains(s, "in·fo") {
		t.Errorf("a control character comes through:\n%s", s)
	}
	if s := Explain(WrongType).Summary(); strings.Contains(s, "\n") || !strings.HasSuffix(s, "one value for a list.") {
		t.Errorf("summary: %q", s)
	}
}

func TestFindCode(t *testing.T) {
	for written, want := range map[string]Code{"VEGA012": WrongType, "vega012": WrongType, " 12 ": WrongType, "012": WrongType, "Vega12": WrongType, "[VEGA012]:": WrongType, "VEGA012,": WrongType, "Wrong type": WrongType, "bad url": BadURL} {
		if got, err := FindCode(written); got != want || err != nil {
			t.Errorf("%q is %s, %v", written, got, err)
		}
	}
	for written, want := range map[string]string{
		"VAGE012": `there is no code "VAGE012"; did you mean VEGA012, wrong type?`,
		"bad ulr": `there is no code "bad ulr"; did you mean VEGA015, bad URL?`,
		"hello":   `there is no code "hello"`,
		"":        `there is no code ""`,
		"VEGA058": `no mistake has the code VEGA058: this version of vega reports none with that number`,
		"999":     `no mistake has the code VEGA999: this version of vega reports none with that number`,
	} {
		if got, err := FindCode(written); got != "" || err == nil || err.Error() != want {
			t.Errorf("%q is %s, %v", written, got, err)
		}
	}
}
