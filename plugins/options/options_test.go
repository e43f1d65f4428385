package options

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"vega/plugins/jsonpath"
	"vega/plugins/manifest"
)

func TestLookup(t *testing.T) {
	d := json.NewDecoder(strings.NewReader(`{
		"a": {"b": [10, "x", true, null, 1e400, 12345678901234567890]},
		"d.o.t": "dotted", "#": "hash", "@0": "at", "b\\s": "back", "": "empty"
	}`))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"a.b.0": "10", "a.b.1": "x", "a.b.2": "true", "a.b.3": "null", "a.b.4": "1e400", "a.b.5": "12345678901234567890",
		"a.b.#": "6", "a.#": "1", "#": "6", "@0": "", "@1": "#", "a.@0": "b",
		`d\.o\.t`: "dotted", `\#`: "hash", `\@0`: "at", `b\\s`: "back", "a.b": `[10,"x",true,null,1e400,12345678901234567890]`,
	} {
		if got, ok := find(tree, path); !ok || got != want {
			t.Errorf("%q: %q %t, want %q", path, got, ok, want)
		}
	}
	for _, path := range []string{"x", "a.b.6", "a.b.-1", "a.b.+1", "a.b.x", "a.b.0.0", "@9", "@x", "@", "a.b.@0", "d.o.t", "a..b", ".", "#x"} {
		if got, ok := find(tree, path); ok {
			t.Errorf("%q is found: %q", path, got)
		}
	}
}

func TestNew(t *testing.T) {
	tree := New(manifest.Values{
		"s": manifest.Plain("text"), "n": 1.5, "big": 1e20, "b": true,
		"d": 1500 * time.Millisecond, "z": manifest.Size(1 << 20),
		"l": []manifest.Value{200.0, 204.0}, "m": map[string]manifest.Value{"k.v": manifest.Plain("w")},
	})
	for path, want := range map[string]string{
		"s": "text", "n": "1.5", "big": "100000000000000000000", "b": "true", "d": "1500000000", "z": "1048576",
		"l.#": "2", "l.1": "204", "m.@0": "k.v", `m.k\.v`: "w", "#": "8",
	} {
		if got, ok := tree.Lookup(path); !ok || got != want {
			t.Errorf("%q: %q %t, want %q", path, got, ok, want)
		}
	}
}

func FuzzLookup(f *testing.F) {
	f.Add(`a.\#.@0.#`)
	tree := map[string]any{"a": []any{map[string]any{"k": "v"}}, "#": "h"}
	f.Fuzz(func(t *testing.T, path string) {
		steps := jsonpath.Split(path)
		if len(steps) > strings.Count(path, ".")+1 {
			t.Fatalf("%q has %d steps", path, len(steps))
		}
		find(tree, path)
	})
}
