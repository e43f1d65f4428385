package manifest_test

import (
	"strings"
	"testing"

	"vega/plugins/manifest"
)

func steps() *manifest.Option {
	return &manifest.Option{Name: "steps", Type: manifest.List, Of: manifest.Object, Required: true, Fields: []manifest.Option{
		{Name: "name", Type: manifest.String, Required: true, Unique: true},
		{Name: "url", Type: manifest.URL, Fills: true},
		{Name: "method", Type: manifest.String, Default: "GET"},
		{Name: "take", Type: manifest.Map, Format: manifest.Takes},
	}}
}

// The fields of a list of objects are checked like options.
func TestObjects(t *testing.T) {
	object := func(pairs ...any) any {
		m := map[string]any{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i].(string)] = pairs[i+1]
		}
		return m
	}
	take := map[string]any{"id": "json: a"}
	for want, in := range map[string][]any{
		"":                     {object("name", "a", "take", take), object("name", "b", "url", "https://h/{id}")},
		"empty":                {},
		"is not an object":     {"x"},
		"not a field":          {object("nam", "a")},
		"required":             {object("method", "GET")},
		"earlier object":       {object("name", "a"), object("name", "a")},
		`takes "id"`:           {object("name", "a", "url", "https://h/{id}", "take", take)},
		"at most 50":           make([]any, 51),
		"nothing can be taken": {object("name", "a", "take", map[string]any{"id": "js: a"})},
		"method: 1 is not of":  {object("name", "a", "method", 1.0)},
	} {
		if strings.HasPrefix(want, "at most") {
			for i := range in {
				in[i] = object("name", "a"+strings.Repeat("b", i))
			}
		}
		v, err := steps().Convert(any(in))
		if err == nil {
			err = steps().Constrain(v)
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// Mistakes in fields are found; a target that nobody writes is refused.
func TestObjectsInManifest(t *testing.T) {
	for want, change := range map[string]func(o *manifest.Option){
		"":                         func(*manifest.Option) {},
		"needs fields":             func(o *manifest.Option) { o.Fields = nil },
		"declared twice":           func(o *manifest.Option) { o.Fields[2].Name = "name" },
		"can't contain objects":    func(o *manifest.Option) { o.Fields[2] = *steps() },
		"the rest belongs":         func(o *manifest.Option) { o.Sensitive = true },
		"only a string":            func(o *manifest.Option) { o.Fields[1].Unique = true },
		"unknown element":          func(o *manifest.Option) { o.Type = manifest.Map },
		"can't have a default":     func(o *manifest.Option) { o.Fields[1].Default = "https://evil.example.com" },
		"is not an option of this": func(o *manifest.Option) { o.Fields[1].Name = "uri" },
	} {
		o := steps()
		change(o)
		m := manifest.Manifest{ABI: manifest.V1, Name: "acme", Version: "1", Probes: []manifest.Probe{{
			Name: "flow", Options: []manifest.Option{*o},
			Capabilities: []manifest.Capability{{Kind: manifest.HTTP, Reason: "It sends them.", From: []string{"steps.url"}}},
		}}}
		if err := m.Check(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
