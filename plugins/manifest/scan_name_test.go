package manifest_test

import (
	"testing"

	"vega/plugins/manifest"
)

func TestFileNameQuotesInvisibleCharacters(t *testing.T) {
	for path, want := range map[string]string{
		"plugins/queue.wasm":          "queue.wasm",
		"plugins/Größe 1.wasm":        "Größe 1.wasm",
		"plugins/a\x1b[2Jb.wasm":      `"a\x1b[2Jb.wasm"`,
		"plugins/a\nok  b.wasm":       `"a\nok  b.wasm"`,
		"plugins/\u202egpj.wasm":      `"\u202egpj.wasm"`,
		"plugins/latin-1-\xfc.wasm":   `"latin-1-\xfc.wasm"`,
		"plugins/zero\u200bwidth.was": `"zero\u200bwidth.was"`,
	} {
		if got := manifest.FileName(path); got != want {
			t.Errorf("%q: %s, want %s", path, got, want)
		}
	}
}
