package plugins

import (
	"strings"
	"testing"

	"vega/plugins/manifest"
)

// What AssemblyScript's standard library imports is named with what to use instead.
func TestImportsOfAssemblyScriptAreExplained(t *testing.T) {
	for name, says := range map[string]string{
		"seed": "Math.random", "trace": "call log", "console.log": "call log", "system": `"wasi_snapshot_preview1" only`,
	} {
		m := &manifest.Module{Manifest: &manifest.Manifest{}, Imports: []manifest.Import{{Module: "env", Name: name}}}
		if err := checkImports(m); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", name, err, says)
		}
	}
}
