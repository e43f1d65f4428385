package input

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vega/daemon/config/diag"
)

// readEnv reads a configuration next to a vega.env with a text.
func readEnv(t *testing.T, text string) (*Set, diag.Diagnostics) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"vega.hcl": "", EnvFile: text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return readAt(filepath.Join(dir, "vega.hcl"))
}

func readAt(path string) (*Set, diag.Diagnostics) {
	out := &diag.Collector{}
	s := Read(path, "", out)
	line := func(f *diag.Source, i int) []byte { return f.Line(i) }
	return s, out.Diagnostics(line, func(s string) string { return s })
}

func none(string) (string, bool) { return "", false }

func TestVariablesComeFromFile(t *testing.T) {
	s, ds := readEnv(t, diag.BOM+"A=plain\r\n  B = spaced out \t\n# C=comment\n;C=comment\nD='single \\ \" # $X'\nE=\"double \\\" \\\\ \\$ \\n '\"\nF=mid'quote=\nG=\nH=a#b\nI=''\n_1=last")
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	v := s.Variables(none, false)
	for name, want := range map[string]string{"A": "plain", "B": "spaced out", "D": `single \ " # $X`, "E": `double " \ $ \n '`, "F": "mid'quote=", "H": "a#b", "_1": "last"} {
		if got := v.Value(name); got == nil || *got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, name := range []string{"C", "G", "I", "J", ""} {
		if v.Set(name) {
			t.Errorf("%s is set", name)
		}
	}
}

func TestProcessEnvironmentCounts(t *testing.T) {
	s, _ := readEnv(t, "A=file\nB=file\nC=file\nD=file\n")
	v := s.Variables(func(name string) (string, bool) {
		value, ok := map[string]string{"A": "process", "B": "file\n", "C": "", "D": "process"}[name]
		return value, ok
	}, false)
	for name, want := range map[string]string{"A": "process", "B": "file", "C": "file"} {
		if got := v.Value(name); got == nil || *got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if all := v.Overridden(); len(all) != 1 || all[0].Name != "A" { // nobody asked for D
		t.Errorf("%+v", all)
	}
}

func TestChangedVariablesAreAnotherInput(t *testing.T) {
	first, _ := readEnv(t, "A=1")
	path := filepath.Join(first.Dir(), EnvFile)
	if files, err := Watched(first.Path, first.Summary()); err != nil || !slices.Contains(files, path) {
		t.Error(files, err)
	}
	if same, _ := readAt(first.Path); !same.Summary().Same(first.Summary()) {
		t.Error("the same files differ")
	}
	if err := os.WriteFile(path, []byte("A=2"), 0o600); err != nil {
		t.Fatal(err)
	}
	second, _ := readAt(first.Path)
	if second.Summary().Same(first.Summary()) {
		t.Error("other values are the same")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	third, ds := readAt(first.Path)
	if third.Summary().Same(second.Summary()) || len(ds) > 0 || third.Environment() != nil {
		t.Error("no file is the same", ds)
	}
	if files, err := Watched(third.Path, third.Summary()); err != nil || !slices.Contains(files, path) {
		t.Error("a missing file is not watched", files, err)
	}
}

// TestUnreadableVariablesAreUnknown checks that a file that can't be read is an
// error, and that its variables do not count as missing.
func TestUnreadableVariablesAreUnknown(t *testing.T) {
	s, _ := readEnv(t, "")
	path := filepath.Join(s.Dir(), EnvFile)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	s, ds := readAt(s.Path)
	if len(ds) != 1 || ds[0].Code != diag.Unreadable || !strings.Contains(ds[0].Detail, "it is a directory") {
		t.Error(ds)
	}
	if v := s.Variables(none, false); !v.Set("A") || !v.Elsewhere() {
		t.Error("A is missing")
	}
	if s, ds := readEnv(t, strings.Repeat("A", MaxContent+1)); len(ds) != 1 || ds[0].Code != diag.TooMuch || !s.Variables(none, false).Elsewhere() {
		t.Error(ds)
	}
}

// FuzzEnvironment checks that no file panics, and that no diagnostic shows a part
// of it.
func FuzzEnvironment(f *testing.F) {
	for _, s := range []string{"A=canary123", "export A=canary123", "canary123", "canary123=\"", "A=\"canary123\\", "A='canary123' canary123", "A=canary123\nA=canary123", "A=canary123\xff", "\x00canary123=", "A=canary123 # x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out := &diag.Collector{}
		src := &diag.Source{Name: EnvFile, Text: []byte(text), Secret: true}
		values := parseEnvironment(src, out)
		for name, v := range values {
			if !validVariable.MatchString(name) || strings.ContainsAny(v.text, "\n\x00") {
				t.Errorf("%q=%q", name, v.text)
			}
		}
		for _, d := range out.Diagnostics(func(f *diag.Source, i int) []byte { return f.Line(i) }, func(s string) string { return s }) {
			if strings.Contains(d.Detail+d.Fix+d.Snippet, "canary123") {
				t.Errorf("%+v", d)
			}
		}
	})
}
