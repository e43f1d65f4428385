package plugintest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestUnknownFieldIsFound(t *testing.T) {
	for text, want := range map[string]string{
		`{"confg": {}}`: `{"confg"`,
		`{"probe": "confg", "config": {"any": {"name": 1}}, "confg": 1}`:                    `{"probe": "confg", "config": {"any": {"name": 1}}, "confg"`,
		`{"world": {"http": [{"url": "u", "header": {"x": ["y"]}}, {"metod": "GET"}]}}`:     `{"world": {"http": [{"url": "u", "header": {"x": ["y"]}}, {"metod"`,
		`{"world": {"sql": [{"rows": [["a", null]], "failed": {"kind": "io", "txt": 1}}]}}`: `{"world": {"sql": [{"rows": [["a", null]], "failed": {"kind": "io", "txt"`,
		`{"Probe": "p", "world": {"kv": {"any": "1"}}, "expect": null}`:                     ``,
	} {
		at := unknownField([]byte(text), reflect.TypeFor[Case]())
		if got := text[:at]; got != want {
			t.Errorf("%s\nends at %q, want %q", text, got, want)
		}
		d := json.NewDecoder(bytes.NewReader([]byte(text)))
		d.DisallowUnknownFields()
		if err := d.Decode(&Case{}); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), "unknown field") {
			t.Errorf("%s: encoding/json says %v", text, err)
		}
	}
}
