package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/daemon/config/diag"
	"vega/daemon/config/input"
	"vega/plugins/manifest"
)

func names(c *Config) (all []string) {
	for _, i := range c.Integrations {
		all = append(all, i.Name)
	}
	return all
}

func integrationNamed(t *testing.T, c *Config, name string) Integration {
	t.Helper()
	for _, i := range c.Integrations {
		if i.Name == name {
			return i
		}
	}
	t.Fatalf("no integration %s in %v", name, names(c))
	return Integration{}
}

// TestForEach checks the instances of literal targets: their names, values,
// places and dependencies, and that nothing else of the block changes.
func TestForEach(t *testing.T) {
	c := good(t, `
integration "hosts" {
  probe    = core.http
  interval = each.value.interval
  for_each = {
    web1 = { host = "10.0.0.1", interval = "10s", status = [200] }
    web2 = { host = "10.0.0.2", interval = "20s", status = [204, 304] }
  }
  description = "the host ${each.key}"
  enabled     = env_set("UNSET_${each.key}")
  config {
    url           = "https://${each.value.host}/${each.key}"
    expect_status = each.value.status
  }
}
integration "list" {
  probe      = core.tcp
  for_each   = ["10.0.0.1:22", "[::1]:22"]
  depends_on = [integration.hosts, integration.alone]
  config {
    address = each.value
  }
}
integration "same_keys" {
  probe      = core.tcp
  for_each   = { web1 = "10.0.0.1:1", web2 = "10.0.0.2:1" }
  depends_on = [integration.hosts[each.key], integration.list["1-22"]]
  config {
    address = each.value
  }
}
integration "alone" {
  probe      = core.tcp
  depends_on = [integration.hosts["web1"]]
  config {
    address = "10.0.0.9:1"
  }
}
`, options(t, map[string]string{"UNSET_web1": "1"}))
	if got, want := names(c), []string{"alone", "hosts.web1", "hosts.web2", "list.1-22", "list.10.0.0.1-22", "same_keys.web1", "same_keys.web2"}; !slices.Equal(got, want) {
		t.Fatalf("%q", got)
	}
	web1, web2 := integrationNamed(t, c, "hosts.web1"), integrationNamed(t, c, "hosts.web2")
	if !web1.Enabled || web2.Enabled || web1.Interval != 10*time.Second || web2.Interval != 20*time.Second || web2.Description != "the host web2" {
		t.Errorf("%+v\n%+v", web1, web2)
	}
	if got := fmt.Sprint(web2.Values["url"], web2.Values["expect_status"]); got != "https://10.0.0.2/web2 [204 304]" {
		t.Error(got)
	}
	if !strings.HasSuffix(web1.Position, ":6") || !strings.HasSuffix(web2.Position, ":7") {
		t.Errorf("%s %s", web1.Position, web2.Position)
	}
	for name, want := range map[string][]string{
		"list.1-22":      {"hosts.web1", "hosts.web2", "alone"},
		"same_keys.web2": {"hosts.web2", "list.1-22"},
		"alone":          {"hosts.web1"},
	} {
		if got := integrationNamed(t, c, name).DependsOn; !slices.Equal(got, want) {
			t.Errorf("%s depends on %q", name, got)
		}
	}
	if again, ds := c.Rebind(options(t, nil)); again == nil || !reflect.DeepEqual(names(again), names(c)) {
		t.Errorf("after Rebind:\n%s", shownText(t, ds))
	}
}

// TestForEachInSteps checks that keys, values and functions are evaluated in the fields
// of a list of objects, next to the {name} of a value that a run takes.
func TestForEachInSteps(t *testing.T) {
	dir := t.TempDir()
	lay(t, dir, "eu.body", `{"id":"{id}"}`)
	path := lay(t, dir, "vega.hcl", `
integration "shop" {
  probe    = core.flow
  for_each = { eu = { host = "eu.example.com", status = [200, 204] } }
  config {
    steps = [
      { name = "login-${each.key}", url = "https://${each.value.host}/login", body = "key=${env("KEY")}", follow_redirects = env_set("FOLLOW"), take = { id = "json: ${each.key}.id" } },
      { name = "cart", url = "https://${each.value.host}/cart/{id}", body = file("${each.key}.body"), expect_status = each.value.status, headers = { X = "${each.key}{id}$${id}" } },
    ]
  }
}
`)
	c, ds := Load(path, options(t, map[string]string{"KEY": "a-long-secret"}))
	if c == nil {
		t.Fatal(shownText(t, ds))
	}
	steps := integrationNamed(t, c, "shop.eu").Values["steps"].([]manifest.Value)
	login, cart := steps[0].(map[string]manifest.Value), steps[1].(map[string]manifest.Value)
	for want, got := range map[string]manifest.Value{
		"login-eu":                         login["name"],
		"https://eu.example.com/login":     login["url"],
		"key=a-long-secret":                login["body"],
		"json: eu.id":                      login["take"].(map[string]manifest.Value)["id"],
		"https://eu.example.com/cart/{id}": cart["url"],
		`{"id":"{id}"}`:                    cart["body"],
		"eu{id}${id}":                      cart["headers"].(map[string]manifest.Value)["X"],
	} {
		if text, _ := got.(manifest.Text); text.Reveal() != want {
			t.Errorf("%q, want %q", text.Reveal(), want)
		}
	}
	if login["follow_redirects"] != false || !reflect.DeepEqual(cart["expect_status"], []manifest.Value{200.0, 204.0}) {
		t.Errorf("%v, %v", login["follow_redirects"], cart["expect_status"])
	}
	if got := c.Secrets(); !slices.Contains(got, "a-long-secret") || strings.Contains(fmt.Sprint(steps), "a-long-secret") {
		t.Errorf("the secrets are %q, the steps %v", got, steps)
	}
}

// TestForEachSecrets checks that a secret in for_each, or in a file that a key
// names, is a secret of its instance.
func TestForEachSecrets(t *testing.T) {
	dir := t.TempDir()
	lay(t, dir, "b.token", "second-long-secret\n")
	path := lay(t, dir, "vega.hcl", `
integration "a" {
  probe    = core.http
  for_each = { a = env("FIRST"), b = file("b.token") }
  config {
    url     = "https://${each.key}.example.com"
    headers = { Authorization = "Bearer ${each.value}" }
  }
}
integration "b" {
  probe    = core.http
  for_each = ["b"]
  config {
    url     = "https://example.com"
    headers = { Authorization = file("${each.value}.token") }
  }
}
`)
	c, ds := Load(path, options(t, map[string]string{"FIRST": "first-long-secret"}))
	if c == nil {
		t.Fatal(shownText(t, ds))
	}
	if got := c.Secrets(); !slices.Contains(got, "second-long-secret") || !slices.Contains(got, "first-long-secret") {
		t.Errorf("%q", got)
	}
	for _, name := range []string{"a.a", "a.b", "b.b"} {
		if shown := fmt.Sprint(integrationNamed(t, c, name).Values); strings.Contains(shown, "long-secret") {
			t.Error(shown)
		}
	}
}

// TestForEachFile checks that a file of targets is read, watched, and read
// again when it changes, and that numbers in it are numbers.
func TestForEachFile(t *testing.T) {
	dir := t.TempDir()
	hosts := lay(t, dir, "lists/hosts.txt", "\xef\xbb\xbf# hosts\r\n10.0.0.1\r\nweb2 = 10.0.0.2\r\n\r\n")
	lay(t, dir, "lists/days.txt", "week = 200\nmonth = 204\n")
	path := lay(t, dir, "vega.hcl", `
integration "hosts" {
  probe         = core.http
  for_each_file = "lists/hosts.txt"
  config {
    url = "https://${each.value}"
  }
}
integration "status" {
  probe         = core.http
  for_each_file = "lists/days.txt"
  config {
    url           = "https://example.com"
    expect_status = [each.value]
  }
}
`)
	o := options(t, nil)
	first := Read(path, o)
	if first.Config == nil {
		t.Fatal(shownText(t, first.Diagnostics))
	}
	if got := names(first.Config); !slices.Equal(got, []string{"hosts.10.0.0.1", "hosts.web2", "status.month", "status.week"}) {
		t.Errorf("%q", got)
	}
	if got := integrationNamed(t, first.Config, "hosts.web2").Position; got != filepath.Join(dir, "lists/hosts.txt")+":3" {
		t.Error(got)
	}
	watched, err := input.Watched(path, first.Inputs)
	if err != nil || !slices.Contains(watched, hosts) {
		t.Errorf("%q, %v", watched, err)
	}
	lay(t, dir, "lists/hosts.txt", "10.0.0.3\n")
	second := Read(path, o)
	if second.Inputs.Same(first.Inputs) || integrationNamed(t, second.Config, "hosts.10.0.0.3").Name == "" {
		t.Error("the file was not read again")
	}
	if err := os.Remove(hosts); err != nil {
		t.Fatal(err)
	}
	if r := Read(path, o); r.Config != nil || !slices.Contains(r.Inputs.Named, hosts) {
		t.Errorf("without the file: %+v", r.Inputs)
	}
}

// TestIncludeOfUnreadableDirectory checks that a directory that can't be read is an
// error, and not one without files.
func TestIncludeOfUnreadableDirectory(t *testing.T) {
	for _, pattern := range []string{"conf.d/*.hcl", "conf.d/*/a.hcl"} {
		dir := t.TempDir()
		path := lay(t, dir, "vega.hcl", fmt.Sprintf("include = [%q]\n", pattern))
		r := Read(path, options(t, nil))
		if len(r.Diagnostics) != 1 || r.Diagnostics[0].Code != diag.NoMatch {
			t.Errorf("without the directory: %s", shownText(t, r.Diagnostics))
		}
		if err := os.Symlink("conf.d", filepath.Join(dir, "conf.d")); err != nil { // not even root can open it
			t.Fatal(err)
		}
		r = Read(path, options(t, nil))
		if len(r.Diagnostics) != 1 || r.Diagnostics[0].Code != diag.Unreadable {
			t.Errorf("%s: %s", pattern, shownText(t, r.Diagnostics))
		}
	}
}

// TestInclude checks that included files are part of the configuration, in
// order, once each, and that a new file is noticed.
func TestInclude(t *testing.T) {
	dir := t.TempDir()
	path := lay(t, dir, "vega.hcl", "include = [\"conf.d/*.hcl\", \"one.hcl\"]\nllm {\n  model_name = \"a\"\n}\n")
	lay(t, dir, "conf.d/b.hcl", "include = [\"more/*.hcl\"]\nintegration \"b\" {\n  probe = core.http\n  config {\n    url = \"https://example.com/${llm.model_name}\"\n  }\n}\n")
	lay(t, dir, "conf.d/.hidden.hcl", "nonsense")
	lay(t, dir, "conf.d/more/c.hcl", "integration \"c\" {\n  probe = core.http\n  config {\n    url = \"https://example.com\"\n    headers = { A = file(\"a\") }\n  }\n}\n")
	lay(t, dir, "conf.d/more/a", "relative-to-its-file")
	lay(t, dir, "one.hcl", "include = [\"conf.d/b.hcl\"]\n") // which is read already
	lay(t, dir, "policies/p.hcl", "include = [\"../conf.d/more/c.hcl\"]\n")
	o := options(t, nil)
	r := Read(path, o)
	if r.Config == nil || len(r.Diagnostics) > 0 {
		t.Fatal(shownText(t, r.Diagnostics))
	}
	var files []string
	for _, f := range r.Config.Files() {
		rel, err := filepath.Rel(dir, f)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, rel)
	}
	if want := []string{"vega.hcl", "policies/p.hcl", "conf.d/b.hcl", "one.hcl", "conf.d/more/c.hcl"}; !slices.Equal(files, want) || !slices.Equal(names(r.Config), []string{"b", "c"}) {
		t.Errorf("%q %q", files, names(r.Config))
	}
	added := lay(t, dir, "conf.d/new.hcl", "")
	if watched, err := input.Watched(path, r.Inputs); err != nil || !slices.Contains(watched, added) {
		t.Errorf("a new file is not watched: %q %v", watched, err)
	}
	lay(t, dir, "conf.d/new.hcl", "integration \"b\" {\n  probe = core.http\n  config {\n    url = \"https://example.com\"\n  }\n}\n")
	if again := Read(path, o); again.Config != nil || again.Diagnostics.CountCode(diag.Twice) != 1 {
		t.Error(shownText(t, again.Diagnostics))
	}
}

// TestFixReachesIncludedFiles checks that Fix edits included files.
func TestFixReachesIncludedFiles(t *testing.T) {
	dir := t.TempDir()
	path := lay(t, dir, "vega.hcl", "include = \"conf.d/*.hcl\"\n")
	lay(t, dir, "conf.d/a.hcl", "defaults {\n  interval = \"30\"\n}\n")
	fixed, left := Fix(path, options(t, nil))
	if len(fixed) != 2 || string(fixed[0].After) != "include = [\"conf.d/*.hcl\"]\n" || !strings.Contains(string(fixed[1].After), `"30s"`) || left.HasErrors() {
		t.Errorf("%+v\n%s", fixed, shownText(t, left))
	}
}

// TestDefaults checks that a value of its own wins over a default, and that over
// the probe's.
func TestDefaults(t *testing.T) {
	c := good(t, `
defaults {
  interval = "30s"
  timeout  = "2s"
  memory   = "8MiB"
  group    = "shop"
  labels   = { team = "ops", tier = "1" }
  runbook  = "https://wiki.example.com"
}
integration "a" {
  probe = core.http
  config {
    url = "https://example.com"
  }
}
integration "b" {
  probe    = core.http
  interval = "5m"
  memory   = "16MiB"
  group    = "office"
  labels   = { tier = "2", x = "${llm.backend}" }
  config {
    url = "https://example.com"
  }
}
`, options(t, nil))
	a, b := integrationNamed(t, c, "a"), integrationNamed(t, c, "b")
	if a.Interval != 30*time.Second || a.Timeout != 2*time.Second || a.Memory != 8<<20 || a.Group != "shop" || a.Runbook != "https://wiki.example.com" {
		t.Errorf("%+v", a)
	}
	if b.Interval != 5*time.Minute || b.Timeout != 2*time.Second || b.Memory != 16<<20 || b.Group != "office" {
		t.Errorf("%+v", b)
	}
	if want := map[string]string{"team": "ops", "tier": "2", "x": "ollama"}; !reflect.DeepEqual(b.Labels, want) || !reflect.DeepEqual(a.Labels, map[string]string{"team": "ops", "tier": "1"}) {
		t.Errorf("%v %v", a.Labels, b.Labels)
	}
}

// TestTypedVariables checks which texts of a variable stand for a number or a
// boolean, and that a message shows no other.
func TestTypedVariables(t *testing.T) {
	const port, watch = "server {\n  port = env(\"V\")\n}\n", "watch = env(\"V\")\n"
	for text, ok := range map[string]bool{
		"9191": true, "9191\n": true, "9191\r\n": true, "9191\n\n": false, " 9191": false, "9191 ": false, "0x50": false, "8e3": false, "9_191": false, "+80": false, "80.5": false, "70000": false, "-1": false, "eighty": false, "9191;secret": false,
	} {
		c, ds := load(t, port, Options{Env: one("V", text), Scan: noPlugins})
		if (c != nil) != ok || ok && c.Server.Port != 9191 || strings.Contains(shownText(t, ds), text) {
			t.Errorf("port %q:\n%s", text, shownText(t, ds))
		}
	}
	for text, ok := range map[string]bool{"true": true, "false": true, "true\n": true, "True": false, "1": false, "yes": false} {
		c, ds := load(t, watch, Options{Env: one("V", text), Scan: noPlugins})
		if (c != nil) != ok || ok && c.Watch != strings.HasPrefix(text, "true") || !ok && !strings.Contains(shownText(t, ds), "env_set") {
			t.Errorf("watch %q:\n%s", text, shownText(t, ds))
		}
	}
	if c := good(t, port+watch, Options{Env: one("X", ""), Scan: noPlugins}); c.Server.Port != 8000 || !c.Watch {
		t.Error("a variable that is not set does not leave the default")
	}
}

func one(name, value string) func(string) (string, bool) {
	return func(n string) (string, bool) { return value, n == name }
}

// TestKeyFromAVariableWithANewline checks that an API key from a variable that was
// filled from a file, such as a mounted secret, is the key that clients send.
func TestKeyFromAVariableWithANewline(t *testing.T) {
	const hcl, key = "server {\n  api_key = env(\"K\")\n}\n", "b1946ac92492d2347c6235b4d2611184"
	for _, end := range []string{"", "\n", "\r\n"} {
		if c := good(t, hcl, Options{Env: one("K", key+end), Scan: noPlugins}); c.Server.Keys[0].Value.Reveal() != key {
			t.Errorf("%q is part of the key", end)
		}
	}
	for _, text := range []string{key + "\n\n", key + " ", key[:8] + "\n" + key[8:]} {
		if c, ds := load(t, hcl, Options{Env: one("K", text), Scan: noPlugins}); c != nil || ds.CountCode(diag.OutOfBounds) != 1 {
			t.Errorf("%q is accepted", text)
		}
	}
}

// TestMetadataNextToAuth has two logins for one call of gRPC.
func TestMetadataNextToAuth(t *testing.T) {
	for header, want := range map[string]bool{"authorization": true, "AUTHORIZATION": true, "x-tenant": false} {
		_, ds := load(t, `integration "orders" {
  probe = core.grpc
  config {
    url      = "https://grpc.example.com"
    metadata = { `+header+` = env("TOKEN") }
  }
  auth { token = env("TOKEN") }
}`, Options{Bundled: shipped(t), Env: func(string) (string, bool) { return "0123456789abcdef", true }})
		said := shownText(t, ds)
		if found := strings.Contains(said, "The header Authorization in config authenticates, too"); found != want || found != (len(ds) == 1) {
			t.Errorf("%s: %s", header, said)
		}
	}
}
