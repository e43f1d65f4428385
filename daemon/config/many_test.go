package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/config/diag"
	"vega/daemon/realtest"
	"vega/plugins/manifest"
)

// TestManyMistakesAtOnce checks that all mistakes in a file are reported
// together, each with its place and fix. Fix corrects those with a safe edit.
// After the rest are corrected by hand as the messages say, none are left.
func TestManyMistakesAtOnce(t *testing.T) {
	env := map[string]string{"APP_DSN": "postgres://app:a-long-password@10.0.0.7/app"}
	many, err := os.ReadFile("testdata/many.hcl")
	if err != nil {
		t.Fatal(err)
	}
	dir, o := manyOptions(t, env)
	path := filepath.Join(dir, "vega.hcl")
	put(t, path, many, 0o600)
	_, ds := Load(path, o)
	if n := ds.Count(diag.Error); n < 35 || ds.CountCode(diag.Syntax) != 1 {
		t.Errorf("%d errors, %d of them of syntax:\n%s", n, ds.CountCode(diag.Syntax), shownText(t, ds))
	}
	codes := map[diag.Code]bool{}
	for _, d := range ds {
		codes[d.Code] = true
		if d.Fix == "" || d.Detail == "" || d.Snippet == "" || d.Range.End.Byte <= d.Range.Start.Byte {
			t.Errorf("incomplete: %+v", d)
		}
	}
	if len(codes) < 20 {
		t.Errorf("%d kinds of mistake", len(codes))
	}

	fixed, left := Fix(path, o)
	if len(fixed) != 1 || left.Count(diag.Error) > ds.Count(diag.Error)-12 || left.CountCode(diag.Syntax) != 1 {
		t.Fatalf("%d errors are left of %d:\n%s", left.Count(diag.Error), ds.Count(diag.Error), shownText(t, left))
	}
	byHand, err := os.ReadFile("testdata/many.fixed.hcl")
	if err != nil {
		t.Fatal(err)
	}
	onlyFlagged(t, fixed[0].After, byHand, left)
	put(t, path, byHand, 0o600)
	env["VEGA_API_KEY"], env["NO_SUCH_DSN"] = "b1946ac92492d2347c6235b4d2611184", "postgres://main:a-long-password@10.0.0.7/main"
	_, o = manyOptions(t, env)
	if c, ds := Load(path, o); c == nil || len(c.Integrations) != 6 {
		t.Errorf("fixed as the messages say:\n%s", shownText(t, ds))
	}
	t.Logf("%d errors and %d warnings of %d kinds; %d errors fixed by edits, %d by hand",
		ds.Count(diag.Error), ds.Count(diag.Warning), len(codes), ds.Count(diag.Error)-left.Count(diag.Error), left.Count(diag.Error))
}

// manyOptions returns options with the bundled plugin, and a directory with a
// certificate.
func manyOptions(t *testing.T, env map[string]string) (dir string, o Options) {
	t.Helper()
	dir, o = t.TempDir(), options(t, env)
	o.Bundled = []manifest.Found{found(t, "../../plugins/core/plugin.hcl", "")}
	o.Scan = noPlugins
	leaf := realtest.NewCA(t).Valid("localhost")
	for name, from := range map[string]string{"server.pem": leaf.CertFile, "server.key": leaf.KeyFile} {
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, name), b, 0o600)
	}
	return dir, o
}

// onlyFlagged checks that only lines with a diagnostic were changed.
func onlyFlagged(t *testing.T, before, after []byte, ds diag.Diagnostics) {
	t.Helper()
	flagged := map[int]bool{}
	for _, d := range ds {
		flagged[d.Range.Start.Line] = true
	}
	rest := strings.Split(string(after), "\n")
	for i, line := range strings.Split(string(before), "\n") {
		if flagged[i+1] {
			continue
		}
		at := 0
		for at < len(rest) && rest[at] != line {
			at++
		}
		if at == len(rest) {
			t.Fatalf("line %d is not flagged, and is gone: %q", i+1, line)
		}
		rest = rest[at+1:]
	}
}
