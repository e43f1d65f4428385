package condition_test

import (
	"strings"
	"testing"

	"vega/sdk/condition"
)

func TestFill(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "",
		"/cart/{id}":               "/cart/<id>",
		"{id}{id}":                 "<id><id>",
		`{"user":"{id}","a":{}}`:   `{"user":"<id>","a":{}}`,
		`{"a":{"b":{"c":"{id}"}}}`: `{"a":{"b":{"c":"<id>"}}}`,
		"{{id}}":                   "{id}",
		"{{id}":                    "{<id>",
		"{id}}":                    "<id>}",
		"{{{id}}}":                 "{{id}}",
		"{ id }":                   "{ id }",
		"{Id}{1}{}{":               "{Id}{1}{}{",
		"{a_b-1}":                  "<a_b-1>",
		"query{hero}":              "query<hero>",
	} {
		if got := condition.Fill(text, func(name string) string { return "<" + name + ">" }); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// What a value contains is not filled in again.
func FuzzFill(f *testing.F) {
	f.Add("a{b}c{{d}}", "{b}")
	f.Add("{{{{b}", "}")
	f.Fuzz(func(t *testing.T, text, value string) {
		holes := 0
		out := condition.Fill(text, func(name string) string {
			if holes++; !condition.IsTakeName(name) || !strings.Contains(text, "{"+name+"}") {
				t.Errorf("%q is not in %q", name, text)
			}
			return value
		})
		if holes == 0 && len(out) > len(text) || len(out) > len(text)+holes*len(value) {
			t.Errorf("%q with %q: %q", text, value, out)
		}
	})
}

func TestParseTake(t *testing.T) {
	for text, want := range map[string]condition.Take{
		"json: data[0].token":     {From: "json", What: "data[0].token"},
		"json:$.a":                {From: "json", What: "$.a"},
		"header: X-CSRF-Token ":   {From: "header", What: "X-CSRF-Token"},
		"cookie: csrftoken":       {From: "cookie", What: "csrftoken"},
		`regex: value="([^"]+)" `: {From: "regex", What: `value="([^"]+)" `},
	} {
		if got, err := condition.ParseTake(text); got != want || err != nil {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"":             "does not say where",
		"data.token":   "does not say where",
		"body: x":      `nothing can be taken from "body"`,
		"json:":        "nothing follows",
		"json: a[*].b": "wildcard",
		"json: a..b":   "path",
		"header: X Y":  "is not the name of a header",
		"cookie: a;b":  "is not the name of a cookie",
		"JSON: a":      `nothing can be taken from "JSON"`,
		"regex:":       "nothing follows",
	} {
		if _, err := condition.ParseTake(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
