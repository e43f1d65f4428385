package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/daemon/config/diag"
	"vega/plugins/grant"
	"vega/plugins/manifest"
)

var update = flag.Bool("update", false, "write the golden files")

func found(t testing.TB, path, file string, imports ...string) manifest.Found {
	t.Helper()
	m, ds := LoadManifest(path)
	if ds.HasErrors() {
		var b bytes.Buffer
		_ = ds.WriteText(&b, false)
		t.Fatalf("%s:\n%s", path, b.String())
	}
	mod := &manifest.Module{Manifest: m, Digest: strings.Repeat("5a", 32)}
	for _, i := range imports {
		mod.Imports = append(mod.Imports, manifest.Import{Module: "vega_v1", Name: i})
	}
	return manifest.Found{File: file, Module: mod}
}

// options returns test options: the test manifest and memcached as bundled
// plugins, third-party plugins, and a refused file.
func options(t testing.TB, env map[string]string) Options {
	t.Helper()
	dropped := []manifest.Found{
		found(t, "testdata/acme.hcl", "plugins/acme.wasm", "http_request", "sql_query"),
		found(t, "testdata/courier.hcl", "plugins/courier.wasm", "http_request", "sql_query"),
		found(t, "testdata/greedy.hcl", "plugins/greedy.wasm", "http_request", "dial", "kv_set"),
		{File: "plugins/broken.wasm", Err: os.ErrInvalid},
	}
	extra := found(t, "testdata/memcached.hcl", "")
	extra.Extra = true
	return Options{
		Bundled: []manifest.Found{found(t, "testdata/core.hcl", ""), extra},
		Env:     func(n string) (string, bool) { v, ok := env[n]; return v, ok },
		Scan: func(dir string, admit manifest.Admit) ([]manifest.Found, error) {
			if strings.HasSuffix(dir, "unreadable") {
				return nil, os.ErrPermission
			}
			return admitting(dropped)(dir, admit)
		},
	}
}

func shownText(t testing.TB, ds diag.Diagnostics) string {
	t.Helper()
	var b bytes.Buffer
	if err := ds.WriteText(&b, false); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// load writes src as vega.hcl and loads it.
func load(t testing.TB, src string, o Options) (*Config, diag.Diagnostics) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vega.hcl")
	if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path, o)
}

func good(t testing.TB, src string, o Options) *Config {
	t.Helper()
	c, ds := load(t, src, o)
	if c == nil {
		t.Fatalf("refused:\n%s", shownText(t, ds))
	}
	return c
}

func TestInitIsTheRootsFile(t *testing.T) {
	root, err := os.ReadFile("../../vega.hcl")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(root, Init) {
		t.Error("init.hcl differs from the vega.hcl at the root: copy it")
	}
}

func TestRootFileLoads(t *testing.T) {
	manifestPath := "../../plugins/core/plugin.hcl"
	for name, env := range map[string]map[string]string{
		"bare": {},
		"all set": {
			"VEGA_API_KEY": "0123456789abcdef", "ORDERS_API_KEY": "0123456789", "SHODAN_API_KEY": "shodan-key-1", "HUNTER_API_KEY": "hunter-key-1",
			"SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/abcdef", "HOME_ASSISTANT_TOKEN": "ha-token-12345",
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Bundled: []manifest.Found{found(t, manifestPath, "")}, Env: func(n string) (string, bool) { v, ok := env[n]; return v, ok }}
			c, ds := Load("../../vega.hcl", o)
			if c == nil || len(ds) > 0 {
				t.Fatalf("the root's vega.hcl does not load clean:\n%s", shownText(t, ds))
			}
			for _, i := range c.Integrations {
				if !i.Enabled && i.Disabled == "" {
					t.Errorf("%s is disabled without a reason", i.Name)
				}
			}
		})
	}
}

func TestLoad(t *testing.T) {
	env := map[string]string{"TOKEN": "s3cr3t-token", "PORT_HOST": "127.0.0.1", "DSN": "postgres://u:hunter22@db/app"}
	c := good(t, `
data_dir = "state"
server {
  host    = env("PORT_HOST")
  api_key = env("TOKEN")
}
log { level = "WARNING" }
llm { base_url = "http://[::1]:11434" }
network { resolver = "10.0.0.2" }
database "app" {
  driver = "postgres"
  dsn    = env("DSN")
}
database "lite" {
  driver = "sqlite"
  dsn    = "lite.db"
}
integration "web" {
  probe    = core.http
  interval = "0s"
  config {
    url         = "${llm.base_url}/${env("TOKEN")}?port=${server.port}"
    headers     = { Authorization = "Bearer ${env("TOKEN")}" }
    max_latency = "250ms"
  }
}
integration "tcp" {
  probe = core.tcp
  config { address = "LOCALHOST:80" }
}
integration "orders" {
  probe = acme.orders
  config { url = "https://orders.example.com/health" }
  grant {
    http = ["POST https://auth.acme.example:8443"]
    sql  = [database.app]
  }
}
integration "off" {
  probe   = core.http
  enabled = env_set("NOPE")
  config { headers = { A = env("NOPE"), B = file("absent") } }
}
integration "osint" {
  probe = core.osint
  config { shodan_key = env("NOPE") }
}
`, options(t, env))
	if c.Server.Host != "127.0.0.1" || c.Server.Port != 8000 || c.Server.Keys[0].Name != "default" || c.Log.Level != 4 || c.Server.DrainTimeout != 10*time.Second {
		t.Errorf("server: %+v, log: %+v", c.Server, c.Log)
	}
	dir := filepath.Dir(c.Path)
	if c.DataDir != filepath.Join(dir, "state") || c.Store.Path != filepath.Join(dir, "state", "vega.db") || c.Network.Resolver != "10.0.0.2:53" {
		t.Errorf("paths: %s %s, resolver %s", c.DataDir, c.Store.Path, c.Network.Resolver)
	}
	if got := c.Databases[1].DSN.Reveal(); got != filepath.Join(dir, "lite.db") {
		t.Errorf("sqlite dsn is %s", got)
	}
	in := map[string]Integration{}
	for _, i := range c.Integrations {
		in[i.Name] = i
	}
	web := in["web"]
	if got := web.Values["url"].(manifest.Text); got.String() != "http://[::1]:11434/(secret)?port=8000" || got.Reveal() != "http://[::1]:11434/s3cr3t-token?port=8000" {
		t.Errorf("url is %v", got)
	}
	if got := web.Values["headers"].(map[string]manifest.Value)["Authorization"].(manifest.Text); got.String() != "Bearer (secret)" {
		t.Errorf("header is %v", got)
	}
	if web.Interval != 0 || web.Timeout != 10*time.Second || web.Values["max_latency"] != 250*time.Millisecond || web.Values["max_body"] != manifest.Size(1<<20) {
		t.Errorf("web: %+v", web)
	}
	if len(web.Grants.Rules) != 3 || web.Grants.Rules[0].String() != "GET http://[::1]:11434" || web.Grants.Rules[0].Origin != grant.FromConfig {
		t.Errorf("grants of web: %v", web.Grants.Rules)
	}
	if tcp := in["tcp"]; tcp.Interval != 30*time.Second || tcp.Timeout != 5*time.Second || tcp.Grants.Rules[0].String() != "tcp://localhost:80" {
		t.Errorf("tcp: %+v", tcp)
	}
	if n := len(in["orders"].Grants.Rules); n != 4 || in["orders"].Bundled {
		t.Errorf("orders has %d grants: %v", n, in["orders"].Grants.Rules)
	}
	if off := in["off"]; off.Enabled || off.Disabled != "it needs the variable NOPE" {
		t.Errorf("off: %+v", off)
	}
	if o := in["osint"]; o.Enabled || o.Disabled != `none of these options is set: shodan_key (env("NOPE") is not set), hunter_key` {
		t.Errorf("osint: %q", o.Disabled)
	}
	if s := c.Secrets(); !slices.Contains(s, "s3cr3t-token") || !slices.Contains(s, "hunter22") || slices.Contains(s, "127.0.0.1") {
		t.Errorf("secrets: %q", s)
	}
	if got := c.Redactor().Redact("a s3cr3t-token b"); got != "a (secret) b" {
		t.Errorf("redacted: %q", got)
	}
	if web.Position[strings.LastIndex(web.Position, "/")+1:] != "vega.hcl:18" {
		t.Errorf("position: %s", web.Position)
	}
}

func TestPoliciesAreOneNamespace(t *testing.T) {
	dir := t.TempDir()
	write := func(name, src string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	block := "integration \"a\" {\n  probe = core.tcp\n  config {\n    address = \"h:1\"\n  }\n}\n"
	write("vega.hcl", block)
	write("policies/more.hcl", strings.Replace(block, `"a"`, `"b"`, 1))
	write("policies/defaults/deep.hcl", "nonsense")
	write("policies/notes.txt", "nonsense")
	c, ds := Load(filepath.Join(dir, "vega.hcl"), options(t, nil))
	if c == nil || len(c.Integrations) != 2 {
		t.Fatalf("got %+v\n%s", c, shownText(t, ds))
	}
	write("policies/more.hcl", "\n"+block)
	_, ds = Load(filepath.Join(dir, "vega.hcl"), options(t, nil))
	if len(ds) != 1 || ds[0].Code != diag.Twice || !strings.Contains(ds[0].Detail, "vega.hcl:1") || !strings.HasSuffix(ds[0].Range.Filename, "policies/more.hcl") || ds[0].Range.Start.Line != 2 {
		t.Errorf("a name given twice must name both places:\n%s", shownText(t, ds))
	}
}

// TestPoliciesOfAnotherDirectory loads a file with the policies of another directory
// instead of its own. Relative paths in them start there.
func TestPoliciesOfAnotherDirectory(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"vega.hcl":          "",
		"policies/own.hcl":  "nonsense",
		"other/strict.hcl":  "threshold \"mine\" {\n  metric  = system.memory.percent\n  warning = 1\n}\n",
		"other/sub/no.hcl":  "nonsense",
		"other/.hidden.hcl": "nonsense",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := options(t, nil)
	if cfg, _ := Load(filepath.Join(dir, "vega.hcl"), o); cfg != nil {
		t.Error("its own policies were not read")
	}
	o.Policies = filepath.Join(dir, "other")
	cfg, ds := Load(filepath.Join(dir, "vega.hcl"), o)
	if cfg == nil || len(cfg.Files()) != 2 || cfg.Files()[1] != filepath.Join(o.Policies, "strict.hcl") {
		t.Errorf("%v %+v", ds, cfg)
	}
}

func TestRebind(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "vega.hcl")
	src := "integration \"o\" {\n  probe = acme.orders\n  enabled = env_set(\"ON\")\n  config {\n    url = \"https://h.example\"\n  }\n  grant {\n    sql = [database.a]\n  }\n}\ndatabase \"a\" {\n  driver = \"sqlite\"\n  dsn = file(\"dsn\")\n}\n"
	for name, s := range map[string]string{"vega.hcl": src, "dsn": "/tmp/some.db\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := map[string]string{"ON": "1"}
	o := options(t, env)
	c, ds := Load(path, o)
	if c == nil {
		t.Fatal(shownText(t, ds))
	}
	for _, name := range []string{"vega.hcl", "dsn"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("garbage"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	delete(env, "ON")
	again, ds := c.Rebind(o)
	if again == nil || !again.Integrations[0].Enabled || again.Databases[0].DSN.Reveal() != "/tmp/some.db" {
		t.Fatalf("Rebind read the disk or environment again: %+v\n%s", again, shownText(t, ds))
	}
	o.Scan = func(string, manifest.Admit) ([]manifest.Found, error) { return nil, nil }
	if gone, ds := again.Rebind(o); gone != nil || ds[0].Code != diag.NoPlugin {
		t.Errorf("Rebind accepts a missing plugin: %s", shownText(t, ds))
	}
}

// TestRebindCountsOnce checks that limits do not add up over rebinds.
func TestRebindCountsOnce(t *testing.T) {
	c := good(t, "llm {\n  model_name = <<E\n"+strings.Repeat(strings.Repeat("0123456789", 6)+"\n", 950)+"E\n}\n", options(t, nil))
	for range 8 {
		again, ds := c.Rebind(options(t, nil))
		if again == nil {
			t.Fatal(shownText(t, ds))
		}
		c = again
	}
}

// TestCommandLineOverrides checks that the command line's host and port apply
// wherever the configuration refers to them, even after a rebind.
func TestCommandLineOverrides(t *testing.T) {
	web := "integration \"a\" {\n  probe = core.http\n  config {\n    url = \"http://${server.host}:${server.port}/\"\n  }\n}\n"
	for name, src := range map[string]string{"written": "server {\n  host = \"::1\"\n  port = 9000\n}\n", "not written": "", "written by half": "server {\n  port = 9000\n}\n"} {
		o := options(t, nil)
		o.Host, o.Port = "localhost", 8123
		c := good(t, web+src, o)
		for range 2 {
			if got := c.Integrations[0].Values["url"].(manifest.Text).Reveal(); c.Server.Host != "localhost" || c.Server.Port != 8123 || got != "http://localhost:8123/" {
				t.Errorf("%s: %+v, url %s", name, c.Server, got)
			}
			c, _ = c.Rebind(options(t, nil))
		}
	}
	o := options(t, nil)
	o.Host = "0.0.0.0"
	if _, ds := load(t, "", o); len(ds) != 3 || ds[0].Code != diag.NoKey || !strings.Contains(ds[0].Detail, "0.0.0.0") || !strings.Contains(ds[0].Fix, "add server { api_key") {
		t.Errorf("a public host without a key is not reported: %s", shownText(t, ds))
	}
	o.Host = "127.0.0.1"
	good(t, "server {\n  host = \"0.0.0.0\"\n}\n", o)
	o.Port = 8123
	if _, ds := load(t, "server {\n  port = \"8000\"\n}\n", o); len(ds) != 1 || ds[0].Code != diag.WrongType {
		t.Errorf("a mistake that the command line overrides: %s", shownText(t, ds))
	}
}

func TestJSONShape(t *testing.T) {
	_, ds := load(t, "server {\n  prot = 1\n}\n", options(t, nil))
	b, err := json.Marshal(ds)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got["format_version"] != "1.0" || got["valid"] != false || got["error_count"] != 1.0 || got["warning_count"] != 0.0 {
		t.Errorf("%s", b)
	}
	d := got["diagnostics"].([]any)[0].(map[string]any)
	start := d["range"].(map[string]any)["start"].(map[string]any)
	if d["code"] != "VEGA007" || d["fix"] != "use port" || start["line"] != 2.0 || start["column"] != 3.0 || start["byte"] != 11.0 || d["snippet"] != "  prot = *" {
		t.Errorf("%s", b)
	}
	if b, _ := json.Marshal(diag.Diagnostics(nil)); string(b) != `{"format_version":"1.0","valid":true,"error_count":0,"warning_count":0,"diagnostics":[]}` {
		t.Errorf("nothing wrong is %s", b)
	}
}

// TestByteOrderMark checks that a byte order mark counts neither as a column
// nor as part of a line.
func TestByteOrderMark(t *testing.T) {
	_, ds := load(t, "\ufeffdata_dir = 1\nprot = 1\n", options(t, nil))
	if len(ds) != 2 || ds[0].Range.Start != (diag.Pos{Line: 1, Column: 12, Byte: 14}) || ds[0].Snippet != "data_dir = 1" || underline(t, ds[0]) != strings.Repeat(" ", 11)+"^" || ds[1].Range.Start != (diag.Pos{Line: 2, Column: 1, Byte: 16}) {
		t.Errorf("%+v", ds)
	}
	_, ds = load(t, "\ufeff", options(t, nil))
	if len(ds) != 0 {
		t.Errorf("nothing but a mark: %+v", ds)
	}
}

func TestCapped(t *testing.T) {
	_, ds := load(t, strings.Repeat("nonsense = 1\n", 500), options(t, nil))
	if len(ds) != diag.MaxDiagnostics+1 || ds[diag.MaxDiagnostics].Code != diag.More || ds.Count(diag.Error) != 500 {
		t.Errorf("%d diagnostics, %d errors, the last %s", len(ds), ds.Count(diag.Error), ds[len(ds)-1].Code)
	}
}

// TestWarningsHideNoError checks that an error after more warnings than fit is
// shown, and that a list of warnings alone ends with a warning.
func TestWarningsHideNoError(t *testing.T) {
	var src strings.Builder
	for i := range 150 {
		fmt.Fprintf(&src, "integration \"a%d\" {\n  probe = core.http\n  config {\n    url = \"https://h.example\"\n    headers = { A = env(\"NOPE\") }\n  }\n}\n", i)
	}
	c, ds := load(t, src.String(), options(t, nil))
	if c == nil || len(ds) != diag.MaxDiagnostics+1 || ds[diag.MaxDiagnostics].Severity != diag.Warning || ds.Count(diag.Warning) != 150 || ds.Count(diag.Error) != 0 {
		t.Errorf("warnings alone: %d of them, %d errors, the last %s", ds.Count(diag.Warning), ds.Count(diag.Error), ds[len(ds)-1].Severity)
	}
	c, ds = load(t, src.String()+"nonsense = 1\n", options(t, nil))
	if c != nil || len(ds) != diag.MaxDiagnostics+1 || ds[diag.MaxDiagnostics-1].Code != diag.UnknownKey || ds[diag.MaxDiagnostics].Severity != diag.Warning || ds.Count(diag.Warning) != 150 || ds.Count(diag.Error) != 1 {
		t.Errorf("an error behind warnings: %d warnings, %d errors", ds.Count(diag.Warning), ds.Count(diag.Error))
	}
}

// A number in a map of any is passed on as it is written, also if a float64
// can't hold it.
func TestNumbersAsWritten(t *testing.T) {
	c := good(t, `integration "web" {
  probe = courier.page
  config {
    url  = "https://example.com"
    json = { a = 9007199254740993, b = -9007199254740993, c = 1.10, d = 3, e = 0.1, f = 12345678901234567890.5, g = 1e3, h = "7" }
  }
}`, options(t, nil))
	for key, want := range map[string]manifest.Value{
		"a": manifest.Plain("9007199254740993"), "b": manifest.Plain("-9007199254740993"), "c": 1.1, "d": 3.0, "e": 0.1,
		"f": manifest.Plain("12345678901234567890.5"), "g": 1000.0, "h": manifest.Plain("7"),
	} {
		if got := c.Integrations[0].Values["json"].(map[string]manifest.Value)[key]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, want %#v", key, got, want)
		}
	}
}
