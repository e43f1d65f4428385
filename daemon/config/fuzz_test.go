package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"vega/daemon/config/schema"
	"vega/plugins/manifest"
)

func noPlugins(string, manifest.Admit) ([]manifest.Found, error) { return nil, nil }

const canary = "CANARY-4f1c9e"

// TestCanary puts secrets (values of env() and file(), literals of sensitive
// attributes) wherever one can be written, both validly and invalidly, and
// checks that no output contains them.
func TestCanary(t *testing.T) {
	if err := os.WriteFile(filepath.Join(t.TempDir(), "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"C": canary, "SHORT": "CNRY5", "URL": "ht tp://" + canary, "DUR": "77777h", "MULTI": canary + "\n" + canary}
	o := options(t, env)
	for _, call := range []string{`env("C")`, `file("secret")`, `"${env("C")}"`, `"a ${env("C")} b"`, `env("URL")`, `env("DUR")`, `env("SHORT")`, `env("MULTI")`} {
		for _, where := range canaryPlaces() {
			src := strings.ReplaceAll(where, "@", call)
			canaryCheck(t, src, o)
		}
	}
	literal := `"` + canary + `"`
	for _, where := range []string{
		"server {\n  api_key = @\n  port = \"x\"\n}\n", "server {\n  api_key = @ @\n}\n", "server {\n  api_key = \"" + canary + "\n}\n",
		"server {\n  api_key = " + canary + "\n}\n", "server {\n  api_key = a " + canary + " b\n}\n", "server {\n  api_kye = " + canary + "\n}\n",
		"server {\n  api_kee = @\n}\n", "apikey = @\n", "server {\n  api_key = [@]\n}\n", "server {\n  api_key = [\n    @,\n    @\n  ]\n}\n",
		"server {\n  key \"a\" {\n    value = { a = @ }\n  }\n}\n", "database \"a\" {\n  driver = 1\n  dsn = @ + 1\n}\n",
		"database \"a\" {\n  driver = \"postgres\"\n  dsn = <<E\n" + canary + " ${x}\nE\n}\n",
		"integration \"a\" {\n  probe = core.http\n  config {\n    url = \"https://h\"\n    headers = { Authorization = @, b = 1 ? 2 : @ }\n  }\n}\n",
		"server {\n  api_key = @\n  key \"a\" {\n    value = @\n  }\n}\n",
		"server { api_key = [@] }\n", "server { api_key = @ /* + */ + 1 }\n", "server {\n  port = 1 + 1 # api_key = @\n}\n", "server {\n  api_key = x ? host : @\n}\n",
		"server {\n  port = \"x\" // # \"api_key\": @ # api_key = @\n}\n", "server {\n  api_key = <<-E\n    a\n    @\n    E + 1\n}\n",
		"integration \"a\" {\n  probe = core.http\n  config {\n    headers = {\n      A = 1\n      host = 1 + @\n      method = upper(@)\n    }\n  }\n}\n",
		"integration \"a\" {\n  probe = core.http\n  config {\n    method = \"GET\n    headers = {\n      A = 1\n      host = @ b\n    }\n  }\n}\n",
		"integration \"a\" {\n  probe = core.http\n  config {\n    expect_status = [\n    headers = {\n      host = (\n        @ b\n      )\n    }\n  }\n}\n",
		"integration \"a\" {\n  probe = core.osint\n  config {\n    shodan_key = { a = @ }\n    hunter_key = upper(@)\n  }\n}\n",
	} {
		canaryCheck(t, strings.ReplaceAll(where, "@", literal), o)
	}
	for _, src := range []string{ // right, except that the secret is written out
		"llm {\n  base_url = \"http://u:" + canary + "@127.0.0.1\"\n}\n",
		"database \"a\" {\n  driver = \"postgres\"\n  dsn = \"postgres://u:" + canary + "@h/d\"\n}\n",
		"integration \"a\" {\n  probe = core.http\n  config {\n    url = \"https://u:" + canary + "@h\"\n    headers = { Authorization = \"Bearer " + canary + "\", Cookie = \"" + canary + "\" }\n  }\n}\n",
	} {
		canaryCheck(t, src, o)
	}
	canaryCheck(t, "integration \"a\" {\n  probe = core.http\n  config {\n    url = \"https://u:"+canary+"@h ost/\"\n  }\n}\n", o)
}

func canaryCheck(t *testing.T, src string, o Options) {
	t.Helper()
	dir := t.TempDir()
	for name, s := range map[string]string{"vega.hcl": src, "secret": canary + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, ds := Load(filepath.Join(dir, "vega.hcl"), o)
	all := said(t, ds)
	all["%+v"] = fmt.Sprintf("%+v", ds)
	for format, text := range all {
		for _, secret := range []string{canary, "CNRY5", "77777h", "77777"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s came out of\n%s\nin %s:\n%s", secret, src, format, text)
				return
			}
		}
	}
}

// canaryPlaces returns every attribute of the table and of the test's probes.
func canaryPlaces() []string {
	var out []string
	var walk func(s *schema.Block, before, after string)
	walk = func(s *schema.Block, before, after string) {
		for _, r := range s.Rows {
			out = append(out, before+r.Name+" = @\n"+after, before+r.Name+" = [@]\n"+after, before+r.Name+" = { k = @ }\n"+after)
		}
		for _, b := range s.Blocks {
			label := ""
			if b.Label != "" {
				label = ` "a"`
			}
			walk(b, before+b.Name+label+" {\n", "}\n"+after)
		}
	}
	walk(schema.Table, "", "")
	for _, probe := range []string{"http", "tcp", "dns", "database", "osint"} {
		for _, name := range []string{"url", "method", "headers", "expect_status", "max_latency", "max_body", "follow_redirects", "address", "name", "server", "database", "shodan_key", "unknown"} {
			out = append(out, fmt.Sprintf("integration \"a\" {\n  probe = core.%s\n  config {\n    %s = @\n  }\n}\n", probe, name))
		}
	}
	return out
}

// FuzzLoad checks that Load does not panic, returns the same result twice,
// reports ranges inside the file, and returns a configuration exactly if it
// reports no error.
func FuzzLoad(f *testing.F) {
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
	f.Add([]byte("\xef\xbb\xbfserver {\r\n  port = 1\r\n}\r\n"))
	f.Add([]byte("x = \"${\n\"}\"\n}\"\n/* a\n*/ server {}\nlog {\n"))
	o := options(f, map[string]string{"VEGA_API_KEY": canary, "TOKEN": canary})
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, src []byte) {
		path := filepath.Join(dir, fmt.Sprintf("%d.hcl", os.Getpid()))
		if err := os.WriteFile(path, src, 0o600); err != nil {
			t.Fatal(err)
		}
		c, ds := Load(path, o)
		if (c == nil) != ds.HasErrors() {
			t.Fatalf("config %v, errors %v", c != nil, ds.HasErrors())
		}
		for _, d := range ds {
			s, e := d.Range.Start, d.Range.End
			if s.Byte < 0 || s.Byte > e.Byte || e.Byte > len(src) || s.Line < 1 || s.Column < 1 || e.Line < s.Line {
				t.Fatalf("range %+v in %d bytes", d.Range, len(src))
			}
		}
		all := said(t, ds)
		for format, text := range all {
			if strings.Contains(text, canary) {
				t.Fatalf("a secret came out in %s:\n%s", format, text)
			}
		}
		if n := strings.Count(all["github"], "\n"); n != len(ds) {
			t.Fatalf("%d lines for %d diagnostics:\n%s", n, len(ds), all["github"])
		}
		c2, ds2 := Load(path, o)
		if !reflect.DeepEqual(ds, ds2) {
			t.Fatalf("loading again gives other diagnostics:\n%s", all["text"])
		}
		if c != nil {
			again, ds := c.Rebind(o)
			if again == nil || !reflect.DeepEqual(again.Integrations, c2.Integrations) {
				t.Fatalf("Rebind reports other diagnostics: %v", ds)
			}
		}
		if m, ds := LoadManifest(path); (m == nil) != ds.HasErrors() {
			t.Fatal("a manifest and errors, or neither")
		}
	})
}

func BenchmarkLoad10k(b *testing.B) {
	var s strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&s, "integration \"web-%d\" {\n  probe    = core.http\n  interval = \"1m\"\n  timeout  = \"10s\"\n  config {\n    url           = \"https://host-%d.example.com/health?check=%d\"\n    headers       = { Accept = \"application/json\", X-Check = \"vega\" }\n    expect_status = [200, 204]\n    max_latency   = \"500ms\"\n  }\n}\n\n", i, i, i)
	}
	path := filepath.Join(b.TempDir(), "vega.hcl")
	if err := os.WriteFile(path, []byte(s.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	o := options(b, nil)
	b.SetBytes(int64(s.Len()))
	b.ReportAllocs()
	for b.Loop() {
		c, ds := Load(path, o)
		if c == nil || len(c.Integrations) != 10_000 {
			b.Fatal(shownText(b, ds))
		}
	}
}
