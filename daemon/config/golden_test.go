package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/config/diag"
)

// badEnv is the environment of the files in testdata/bad.
var badEnv = map[string]string{"TOKEN": "canary-in-the-environment", "SHORT": "sh0rt"}

// loadBad loads a file of testdata/bad, as a manifest if its name begins with
// manifest_.
func loadBad(t testing.TB, path string) diag.Diagnostics {
	if strings.HasPrefix(filepath.Base(path), "manifest_") {
		m, ds := LoadManifest(path)
		if (m == nil) != ds.HasErrors() {
			t.Errorf("a manifest and errors, or neither")
		}
		return ds
	}
	c, ds := Load(path, options(t, badEnv))
	if (c == nil) != ds.HasErrors() {
		t.Errorf("a configuration and errors, or neither")
	}
	return ds
}

func badFiles(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/bad/*.hcl")
	if err != nil || len(paths) == 0 {
		t.Fatal("there are no bad files", err)
	}
	return append(paths, "testdata/bad/env/vega.hcl", "testdata/bad/missing.hcl", "testdata/bad/manifest_missing.hcl") // which are not there
}

// stageTestdata copies testdata with fixed modes, independent of the
// checkout's, and changes to the copy. Everyone can read the files open_… and
// vega.env, and write the files shared_…. It returns the previous working directory.
func stageTestdata(t *testing.T) (home string) {
	t.Helper()
	home, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "testdata"), os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(filepath.Join(dir, "testdata", "bad"), func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		mode := os.FileMode(0o600)
		switch {
		case e.IsDir():
			mode = 0o700
		case strings.HasPrefix(e.Name(), "open_") || e.Name() == "vega.env":
			mode = 0o604
		case strings.HasPrefix(e.Name(), "shared_"):
			mode = 0o606
		}
		return os.Chmod(path, mode)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	return home
}

// TestBad compares the diagnostics of each bad file with its .want; -update
// writes those. Review a difference as a change of the product.
func TestBad(t *testing.T) {
	home := stageTestdata(t)
	seen := map[diag.Code]bool{}
	for _, path := range badFiles(t) {
		ds := loadBad(t, path)
		for _, d := range ds {
			seen[d.Code] = true
		}
		got := shownText(t, ds)
		want := filepath.Join(home, strings.TrimSuffix(path, ".hcl")+".want")
		if *update {
			if err := os.WriteFile(want, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if b, err := os.ReadFile(want); err != nil || string(b) != got {
			t.Errorf("%s differs (%v); got:\n%s", want, err, got)
		}
	}
	for i, c := range diag.Codes {
		if !seen[c.Code] && c.Code < diag.NotHealthy { // which no file shows
			t.Errorf("no file in testdata/bad shows %s (%s)", c.Code, c.Title)
		}
		if i > 0 && c.Code <= diag.Codes[i-1].Code {
			t.Errorf("%s is out of order", c.Code)
		}
	}
}

// TestEveryDiagnosticHelps checks that each diagnostic has a fix, except for
// some of HCL's own.
func TestEveryDiagnosticHelps(t *testing.T) {
	for _, path := range badFiles(t) {
		for _, d := range loadBad(t, path) {
			if d.Fix == "" && d.Code != diag.Syntax || d.Detail == "" {
				t.Errorf("%s:%d: %s without a fix: %s", path, d.Range.Start.Line, d.Code, d.Detail)
			}
		}
	}
}
