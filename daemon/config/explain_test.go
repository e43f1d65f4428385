package config

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"vega/daemon/config/diag"
	"vega/daemon/realtest"
	"vega/plugins/manifest"
)

// TestExplanations loads the examples: the one under Wrong must be reported
// with the code, and the one under Right must be valid. A new code needs one
// file, diag/explain/CODE.md, with its meaning and then the sections Why, How
// to fix it, Wrong and Right.
//
// The blocks of an example are files in a directory of its own, named after
// the language:
//
//	```hcl                   vega.hcl
//	```hcl policies/more.hcl that file
//	```hcl plugin.hcl        a manifest, which is then what is judged
//	```text api_key.txt      that file
//	```text api_key.txt 0644 that file, with that mode
//	```sh                    each line "export NAME=value" sets a variable;
//	                         no other variable is set, other lines do nothing
//
// Without a block for vega.hcl the file does not exist. The directory also has
// server.pem and server.key, a certificate with its key. The bundled plugin and
// three test plugins are available: acme, courier, and greedy, which opens
// connections without declaring it.
func TestExplanations(t *testing.T) {
	leaf := realtest.NewCA(t).Valid("localhost")
	for _, c := range diag.Codes {
		sections := sectionsOf(t, c.Code)
		wrong := tryExample(t, sections["Wrong"], leaf)
		// Skip codes that an example can't trigger: those from NotHealthy on are reported only
		// by a run, and Overload takes a thousand integrations.
		if !hasCode(wrong, c.Code) && c.Code < diag.NotHealthy && c.Code != diag.Overload {
			t.Errorf("%s: the wrong example gets\n%s", c.Code, shownText(t, wrong))
		}
		right := tryExample(t, sections["Right"], leaf)
		if right.HasErrors() || hasCode(right, c.Code) {
			t.Errorf("%s: the right example gets\n%s", c.Code, shownText(t, right))
		}
	}
}

func hasCode(ds diag.Diagnostics, c diag.Code) bool {
	return slices.ContainsFunc(ds, func(d diag.Diagnostic) bool { return d.Code == c })
}

// sectionsOf splits an explanation, and checks that it is complete.
func sectionsOf(t *testing.T, c diag.Code) map[string]string {
	t.Helper()
	text := diag.Explain(c).Markdown
	sections := map[string]string{}
	var order []string
	for i, part := range strings.Split("\n"+text, "\n## ") {
		name, body, _ := strings.Cut(part, "\n")
		if i == 0 {
			name, body = "", part
		}
		if strings.TrimSpace(body) == "" {
			t.Errorf("%s: nothing under %q", c, name)
		}
		order = append(order, name)
		sections[name] = body
	}
	if want := []string{"", "Why", "How to fix it", "Wrong", "Right"}; !slices.Equal(order, want) {
		t.Errorf("%s has the sections %q", c, order)
	}
	for line := range strings.Lines(text) {
		if len(line) > 100 {
			t.Errorf("%s: a line too wide for a terminal: %s", c, line)
		}
	}
	return sections
}

// exampleFiles are the files and variables of a section.
type exampleFiles struct {
	files map[string]string
	modes map[string]os.FileMode // default 0600
	env   map[string]string
}

func parseExample(section string) exampleFiles {
	e := exampleFiles{map[string]string{}, map[string]os.FileMode{}, map[string]string{}}
	for i, block := range strings.Split("\n"+section, "\n```") {
		if i%2 == 0 { // text between blocks
			continue
		}
		fence, body, _ := strings.Cut(block, "\n")
		language, name, _ := strings.Cut(fence, " ")
		if before, mode, ok := strings.Cut(name, " "); ok {
			bits, err := strconv.ParseUint(mode, 8, 32)
			if err != nil {
				panic(err) // a mistake in the test
			}
			name, e.modes[before] = before, os.FileMode(bits)
		}
		switch {
		case language == "sh":
			for line := range strings.Lines(body) {
				if set, ok := strings.CutPrefix(line, "export "); ok {
					key, value, _ := strings.Cut(strings.TrimSpace(set), "=")
					e.env[key] = value
				}
			}
		case name == "" && language == "hcl":
			e.files["vega.hcl"] = body + "\n"
		default:
			e.files[name] = body + "\n"
		}
	}
	return e
}

func tryExample(t *testing.T, section string, leaf *realtest.Leaf) diag.Diagnostics {
	t.Helper()
	e := parseExample(section)
	dir := t.TempDir()
	for name, from := range map[string]string{"server.pem": leaf.CertFile, "server.key": leaf.KeyFile} {
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		e.files[name] = string(b)
	}
	for name, text := range e.files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, cmp.Or(e.modes[name], 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := e.files["plugin.hcl"]; ok {
		_, ds := LoadManifest(filepath.Join(dir, "plugin.hcl"))
		return ds
	}
	o := options(t, e.env)
	o.Bundled[0] = found(t, "../../plugins/core/plugin.hcl", "")
	scan := o.Scan
	o.Scan = func(dir string, admit manifest.Admit) ([]manifest.Found, error) {
		found, err := scan("", admit)
		if _, unreadable := manifest.Scan(dir, admit); unreadable != nil {
			err = unreadable
		}
		return found, err
	}
	_, ds := Load(filepath.Join(dir, "vega.hcl"), o)
	return ds
}
