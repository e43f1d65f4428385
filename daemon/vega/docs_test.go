package main

import (
	"os"
	"testing"
)

// TestReferenceMatchesDocs checks the committed references against the
// plugins in this binary, not only against the source of their manifests.
func TestReferenceMatchesDocs(t *testing.T) {
	t.Parallel()
	for file, verb := range map[string]string{"REFERENCE.md": "config", "MANIFEST.md": "plugin"} {
		cmd := command(t, t.TempDir(), "docs", verb, "--format", "markdown")
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile("../config/" + file)
		if err != nil || string(want) != string(out) {
			t.Errorf("docs %s does not print daemon/config/%s (%v)", verb, file, err)
		}
	}
}
