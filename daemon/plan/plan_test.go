package plan_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"vega/daemon/config"
	"vega/daemon/plan"
	"vega/plugins/manifest"
)

const canary = "hunter2-hunter2-hunter2"

// core returns options with the bundled plugin as a module with the given digest.
func core(t *testing.T, digest string) config.Options {
	t.Helper()
	m, ds := config.LoadManifest("../../plugins/core/plugin.hcl")
	if m == nil {
		t.Fatal(ds)
	}
	return config.Options{
		Bundled: []manifest.Found{{Module: &manifest.Module{Digest: digest, Manifest: m}}},
		Scan:    func(string, manifest.Admit) ([]manifest.Found, error) { return nil, nil },
		Env: func(name string) (string, bool) {
			return canary + name, strings.HasPrefix(name, "TOKEN")
		},
	}
}

func read(t *testing.T, dir, text, digest string) *config.Config {
	t.Helper()
	path := filepath.Join(dir, "vega.hcl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, ds := config.Load(path, core(t, digest))
	if c == nil {
		t.Fatal(ds)
	}
	return c
}

const before = `
server {
  api_key = env("TOKEN_A")
}
database "app" {
  driver = "postgres"
  dsn    = "postgres://app@10.0.0.7/app"
}
integration "web" {
  probe = core.http
  config {
    url     = "https://example.com/health"
    headers = { Authorization = "Bearer ${env("TOKEN_A")}" }
  }
}
integration "port" {
  probe    = core.tcp
  interval = "10s"
  timeout  = "5s"
  config {
    address = "10.0.0.1:22"
  }
}
integration "data" {
  probe = core.database
  config {
    database = database.app
  }
}
`

func TestBetween(t *testing.T) {
	dir := t.TempDir()
	old := read(t, dir, before, "one")
	edit := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(before) }
	for name, c := range map[string]struct {
		text, digest string
		want         []string
	}{
		"nothing":          {before, "one", nil},
		"blanks":           {edit("\n", "\n\n"), "one", nil},
		"a secret":         {edit(`Bearer ${env("TOKEN_A")}`, `Bearer ${env("TOKEN_B")}`), "one", []string{"change web: config.headers"}},
		"a key":            {edit(`api_key = env("TOKEN_A")`, `api_key = env("TOKEN_B")`), "one", []string{"key server.api_key"}},
		"a port":           {edit(`api_key = env("TOKEN_A")`, "port = 9000\n  api_key = env(\"TOKEN_A\")"), "one", []string{"restart server.port 8000 9000"}},
		"timing":           {edit(`"10s"`, `"20s"`, `"5s"`, `"2s"`), "one", []string{"change port: interval 10s 20s, timeout 5s 2s"}},
		"off":              {edit(`interval = "10s"`, "enabled = false\n  interval = \"10s\""), "one", []string{"change port: enabled true false"}},
		"a threshold":      {before + "threshold \"memory\" {\n  metric = system.memory.percent\n  warning  = 70\n}\n", "one", []string{"threshold add memory"}},
		"a target":         {edit("10.0.0.1:22", "10.0.0.2:22"), "one", []string{"change port: config.address"}},
		"a name":           {edit(`"port"`, `"ssh"`), "one", []string{"remove port", "add ssh"}},
		"a grant":          {edit("address = \"10.0.0.1:22\"\n  }", "address = \"10.0.0.1:22\"\n  }\n  grant {\n    net = [\"tcp://10.0.0.2:22\"]\n  }"), "one", []string{"change port: grant  tcp://10.0.0.2:22"}},
		"another plugin":   {before, "two", []string{"plugin change core", "restart data: plugin core", "restart port: plugin core", "restart web: plugin core"}},
		"another database": {edit("10.0.0.7", "10.0.0.8"), "one", []string{"database change app", "restart data: database.app"}},
		"a probe":          {edit("core.tcp", "core.tls"), "one", []string{"change port: probe core.tcp core.tls, config.min_days, config.tls"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := plan.Between(old, read(t, dir, c.text, c.digest))
			if got := lines(p); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
			if p.Empty() != (c.want == nil) || p.Summary.Kept+p.Summary.Changed+p.Summary.Restarted+p.Summary.Removed != 3 {
				t.Errorf("%+v", p.Summary)
			}
			text, err := json.Marshal(p)
			if err != nil || strings.Contains(string(text), "hunter2") || strings.Contains(string(text), "null") {
				t.Errorf("%v: %s", err, text)
			}
		})
	}
}

// lines formats a plan, one line for each change.
func lines(p plan.Plan) (all []string) {
	for _, k := range p.Keys {
		kind := "key "
		if k.Restart {
			kind = "restart "
		}
		all = append(all, kind+k.Name+values(k.From, k.To))
	}
	for _, b := range p.Databases {
		all = append(all, "database "+string(b.Action)+" "+b.Name)
	}
	for _, b := range p.Thresholds {
		all = append(all, "threshold "+string(b.Action)+" "+b.Name)
	}
	for _, b := range p.Plugins {
		all = append(all, "plugin "+string(b.Action)+" "+b.Name)
	}
	for _, i := range p.Integrations {
		line, parts := string(i.Action)+" "+i.Name, slices.Clone(i.Because)
		for _, a := range i.Attributes {
			parts = append(parts, a.Name+values(a.From, a.To))
		}
		if i.Action == plan.Alter || i.Action == plan.Restart {
			line += ": " + strings.Join(parts, ", ")
		}
		all = append(all, line)
	}
	return all
}

func values(from, to *string) string {
	if from == nil {
		return ""
	}
	return " " + *from + " " + *to
}

// TestLoad checks that the load counts only enabled and scheduled integrations.
func TestLoad(t *testing.T) {
	dir := t.TempDir()
	old := read(t, dir, before, "one")
	next := read(t, dir, strings.NewReplacer(`"10s"`, `"5s"`, "probe = core.database", "probe = core.database\n  enabled = false").Replace(before), "one")
	got := plan.Between(old, next).Load
	if b := got.Before; b.Integrations != 3 || b.Enabled != 3 || b.RunsPerSecond < 0.12 || b.RunsPerSecond > 0.15 || b.AtWorst < 0.5 || b.AtWorst > 1 {
		t.Errorf("before: %+v", b)
	}
	if a := got.After; a.Enabled != 2 || a.RunsPerSecond < 0.2 || a.RunsPerSecond > 0.22 || a.AtWorst < 1 || a.AtWorst > 1.5 || a.AtOnce != config.MaxRunning {
		t.Errorf("after: %+v", a)
	}
}

// TestShareKeepsOneCopy checks that a reload holds what did not change once, and that
// sharing changes nothing of the configuration.
func TestShareKeepsOneCopy(t *testing.T) {
	dir := t.TempDir()
	text := func(url string) string {
		return fmt.Sprintf(`
integration "changed" {
  probe = core.http
  group = "shop"
  config {
    url = %q
  }
}
integration "kept" {
  probe  = core.http
  labels = { team = "web" }
  config {
    url     = "https://example.com/"
    headers = { Accept = "text/plain" }
  }
}
`, url)
	}
	old, next, again := read(t, dir, text("https://a.example"), "1"), read(t, dir, text("https://b.example"), "1"), read(t, dir, text("https://b.example"), "1")
	plan.Share(old, next)
	if !reflect.DeepEqual(next.Integrations, again.Integrations) {
		t.Errorf("%+v\nwant %+v", next.Integrations, again.Integrations)
	}
	shared := func(n int) []bool {
		a, b := &old.Integrations[n], &next.Integrations[n]
		return []bool{
			reflect.ValueOf(a.Values).Pointer() == reflect.ValueOf(b.Values).Pointer(),
			reflect.ValueOf(a.Grants.Rules).Pointer() == reflect.ValueOf(b.Grants.Rules).Pointer(),
			a.Labels != nil && reflect.ValueOf(a.Labels).Pointer() == reflect.ValueOf(b.Labels).Pointer(),
		}
	}
	if got := shared(1); !slices.Equal(got, []bool{true, true, true}) {
		t.Errorf("of the one that did not change, values, rules and labels are shared: %v", got)
	}
	if got := shared(0); !slices.Equal(got, []bool{false, false, false}) {
		t.Errorf("of the one that changed: %v", got)
	}
}
