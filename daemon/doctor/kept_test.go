package doctor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/config"
	"vega/daemon/keys"
)

func TestOddKeysAreReported(t *testing.T) {
	dir := t.TempDir()
	c := &config.Config{DataDir: dir, Server: config.Server{Keys: []config.Key{{Name: "both"}}}}
	if found := oddKeys(c); len(found) != 0 {
		t.Errorf("without the file: %+v", found)
	}
	entry := func(name, more string) string {
		return `{"name":"` + name + `","sha256":"` + strings.Repeat(name[:1], 64) + `","scopes":["read"],"created":"2026-01-01T00:00:00Z"` + more + `}`
	}
	text := `{"version":1,"keys":[` + entry("a", "") + "," + entry("both", "") + "," + entry("c", `,"from":["10.0.0.0/8"]`) + `]}`
	if err := os.WriteFile(filepath.Join(dir, keys.File), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	found := oddKeys(c)
	if len(found) != 2 || !strings.HasSuffix(found[0].Found, "not accepted: c") || !strings.HasSuffix(found[1].Found, "apart: both") {
		t.Errorf("%+v", found)
	}
}
