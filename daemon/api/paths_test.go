package api

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"vega/daemon/config"
	"vega/daemon/config/diag"
)

// TestExternalPathIsNoPathOfVega checks that the path of external_url can't begin with
// that of a route or a page: vega answers with the path and without it, so the two could
// not be told apart.
func TestExternalPathIsNoPathOfVega(t *testing.T) {
	a := New(&fake{}, discard)
	t.Cleanup(a.site.Close)
	var all []string
	for _, r := range a.routes() {
		all = append(all, r.path)
	}
	for _, r := range a.site.Routes() {
		all = append(all, r.Path)
	}
	t.Chdir(t.TempDir())
	for n, path := range all {
		all[n], _, _ = strings.Cut(strings.TrimPrefix(path, "/"), "/")
	}
	slices.Sort(all)
	for _, first := range slices.Compact(all) {
		if first == "" {
			continue
		}
		text := fmt.Sprintf("server { external_url = \"https://ops.example.com/%s\" }\n", first)
		if err := os.WriteFile("vega.hcl", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, ds := config.Load("vega.hcl", config.Options{}); ds.CountCode(diag.BadURL) != 1 {
			t.Errorf("the path of external_url may begin with /%s: %v", first, ds)
		}
	}
}
