package plugintest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vega/plugins/plugintest"
)

// A key that a case does not have is reported with its line, at any depth. The
// keys of maps are free.
func TestReadCaseReportsUnknownFields(t *testing.T) {
	path := filepath.Join(t.TempDir(), "case.json")
	for text, want := range map[string]string{
		"{\n\"confg\": {}}": ":2: unknown field \"confg\"",
		"{\"world\": {\"http\": [{\"method\": \"GET\"},\n{\"methd\": \"GET\"}]}}":                   ":2: unknown field \"methd\"",
		"{\"expect\":\n{\"metrics\": [{\n\"nam\": \"x\"}]}}":                                        ":3: unknown field \"nam\"",
		"{\"Probe\": \"p\", \"config\": {\"a\": {\"b\": []}}, \"world\": {\"kv\": {\"x\": \"y\"}}}": "",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := plugintest.ReadCase(path); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
