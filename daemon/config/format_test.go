package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"vega/daemon/config/syntax"
	"vega/daemon/realtest"
)

var regexpLine = regexp.MustCompile(`[^ ]*hcl:[0-9]+`)

func TestFormat(t *testing.T) {
	for name, c := range map[string]struct{ src, want string }{
		"nothing":            {"", ""},
		"a comment":          {"# a", "# a\n"},
		"signs in line":      {"server{\nport=1\n  drain_timeout =   \"1s\" # why\n}", "server {\n  port          = 1\n  drain_timeout = \"1s\" # why\n}\n"},
		"a list":             {"x = [ 1,2 ,\n3]\n", "x = [1, 2,\n3]\n"},
		"blank lines":        {"a = 1\n\n\n\nb = 2\n", "a = 1\n\n\n\nb = 2\n"},
		"a heredoc":          {"x=<<E\n  a \n\tb\n E\n", "x = <<E\n  a \n\tb\n E\n"},
		"an indented one":    {"b \"x\" {\ny=<<-E\n  a \n  E\n}\n", "b \"x\" {\n  y = <<-E\n  a \n  E\n}\n"},
		"Windows":            {"server{\r\nport=1\r\n}\r\n", "server {\r\n  port = 1\r\n}\r\n"},
		"a byte order mark":  {"\xef\xbb\xbfa=1\n", "\xef\xbb\xbfa = 1\n"},
		"both line endings":  {"a=1\r\nb=2\n", "a = 1\r\nb = 2\n"},
		"a manifest":         {"name=\"x\"\nprobe \"a\" {\noption \"b\" {\ntype=\"url\"\n}\n}\n", "name = \"x\"\nprobe \"a\" {\n  option \"b\" {\n    type = \"url\"\n  }\n}\n"},
		"unknown, but HCL":   {"nope{\nx=[\"${ env( \"A\" ) }\"]\n}\n", "nope {\n  x = [\"${env(\"A\")}\"]\n}\n"},
		"comments of a kind": {"a=1 // x  \n/* y\n z */\nb=2\n", "a = 1 // x  \n/* y\n z */\nb = 2\n"},
	} {
		got, ds, err := Format("x.hcl", []byte(c.src))
		if err != nil || len(ds) > 0 || string(got) != c.want {
			t.Errorf("%s: %q, %v, %v; want %q", name, got, ds, err, c.want)
		}
	}
}

// TestFormatLeavesAlone checks that a source that cannot be parsed, or that the
// formatter would break, stays the same.
func TestFormatLeavesAlone(t *testing.T) {
	if got, ds, err := Format("x.hcl", []byte("a = b.77. 70. 70\n")); got != nil && err == nil && len(ds) == 0 {
		if _, again, err := Format("x.hcl", got); len(again) > 0 || err != nil {
			t.Errorf("it made %q", got)
		}
	}
	for name, source := range hostile() {
		src := source()
		began := realtest.Spent(t)
		got, ds, err := Format("x.hcl", []byte(src))
		if took := realtest.Spent(t) - began; took > 5*time.Second && !raceEnabled {
			t.Errorf("%s took %v", name, took)
		}
		if (got == nil) != (ds.HasErrors() || err != nil) {
			t.Errorf("%s: %d bytes, %v, %v", name, len(got), ds.HasErrors(), err)
		}
		if err != nil && !errors.Is(err, syntax.ErrUnformattable) {
			t.Error(name, err)
		}
	}
}

// The configuration files in this repository must be formatted.
func TestFormattedHere(t *testing.T) {
	paths, err := filepath.Glob("../../*/*/*.hcl")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(paths, "../../vega.hcl", "init.hcl") {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, ds, err := Format(path, src)
		if err != nil || len(ds) > 0 || !bytes.Equal(got, src) {
			t.Errorf("%s is not formatted: %v, %v", path, ds, err)
		}
	}
}

// FuzzFormat checks that formatting is stable and does not change what Load
// returns.
func FuzzFormat(f *testing.F) {
	for _, path := range badFiles(f) {
		if b, err := os.ReadFile(path); err == nil && len(b) < 16<<10 {
			f.Add(b)
		}
	}
	f.Add(Init)
	for _, source := range hostile() {
		src := source()
		if len(src) < 4<<10 {
			f.Add([]byte(src))
		}
	}
	f.Add([]byte("x = 77. 70. 70\n"))
	f.Add([]byte("a = <<-E\n  ${ b }\n   E\nc = \"${ d }  %%{\" # e\n"))
	o := options(f, map[string]string{"VEGA_API_KEY": canary, "TOKEN": canary})
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, src []byte) {
		got, ds, err := Format("x.hcl", src)
		if (got == nil) != (ds.HasErrors() || err != nil) && len(src) > 0 {
			t.Fatalf("%q, %v, %v", got, ds, err)
		}
		if got == nil {
			return
		}
		if again, ds, err := Format("x.hcl", got); err != nil || len(ds) > 0 || !bytes.Equal(again, got) {
			t.Fatalf("twice: %q\n%q\n%v %v", got, again, ds, err)
		}
		load := func(src []byte) (*Config, string) {
			path := filepath.Join(dir, fmt.Sprintf("%d.hcl", os.Getpid()))
			if err := os.WriteFile(path, src, 0o600); err != nil {
				t.Fatal(err)
			}
			c, ds := Load(path, o)
			var codes []string
			for _, d := range ds {
				codes = append(codes, string(d.Code)+d.Detail)
			}
			return c, strings.Join(codes, "\n")
		}
		c1, said1 := load(src)
		c2, said2 := load(got)
		if lines := regexpLine.ReplaceAllString(said1, ""); lines != regexpLine.ReplaceAllString(said2, "") {
			t.Fatalf("%q\n%s\nformatted\n%q\n%s", src, said1, got, said2)
		}
		if (c1 == nil) != (c2 == nil) {
			t.Fatal("a configuration of one only")
		}
		if c1 != nil {
			c1.in, c2.in = nil, nil
			for i := range c1.Integrations {
				c1.Integrations[i].Position, c2.Integrations[i].Position = "", ""
			}
			if !reflect.DeepEqual(c1, c2) {
				t.Fatalf("%q does not mean %q", got, src)
			}
		}
	})
}
