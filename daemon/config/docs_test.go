package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"vega/daemon/config/diag"
	"vega/daemon/config/reference"
	"vega/plugins/manifest"
)

// shipped returns the bundled plugins, core first.
func shipped(t testing.TB) []manifest.Found {
	t.Helper()
	all := []manifest.Found{found(t, "../../plugins/core/plugin.hcl", "")}
	extras, err := filepath.Glob("../../plugins/extras/*/plugin.hcl")
	if err != nil || len(extras) == 0 {
		t.Fatal("there are no extras", err)
	}
	for _, path := range extras {
		extra := found(t, path, "")
		extra.Extra = true
		all = append(all, extra)
	}
	return all
}

func shippedReference(t testing.TB) *reference.Docs { return reference.Config(shipped(t)) }

// everything returns the topic that contains all others.
func everything(t testing.TB, d *reference.Docs) *reference.Topic {
	t.Helper()
	all, err := d.Find("")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// topicNames returns the names of a topic and of those in it.
func topicNames(topic *reference.Topic) []string {
	var names []string
	if topic.Name != "" {
		names = append(names, topic.Name)
	}
	for i := range topic.Parts {
		names = append(names, topicNames(&topic.Parts[i])...)
	}
	return names
}

func markdown(t testing.TB, d *reference.Docs, name string) string {
	t.Helper()
	topic, err := d.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := topic.WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestReferenceFiles compares the committed references with the tables; -update
// writes them.
func TestReferenceFiles(t *testing.T) {
	for path, d := range map[string]*reference.Docs{"REFERENCE.md": shippedReference(t), "MANIFEST.md": reference.Manifest()} {
		got := markdown(t, d, "")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != got {
			t.Errorf("%s is out of date (%v): run go test ./daemon/config -run TestReferenceFiles -update", path, err)
		}
	}
}

// surroundings are blocks that examples may refer to.
const surroundings = `
database "app" {
  driver = "postgres"
  dsn    = "postgres://127.0.0.1/app"
}
integration "llm" {
  probe = core.tcp
  config {
    address = "127.0.0.1:1"
  }
}
integration "hosts" {
  probe    = core.tcp
  for_each = { web1 = "10.0.0.1:22" }
  config {
    address = each.value
  }
}
`

// exampleEnv returns a value for each variable that fits its name.
func exampleEnv(name string) (string, bool) {
	switch {
	case strings.Contains(name, "DSN"):
		return "postgres://127.0.0.1/app", true
	case strings.Contains(name, "URL"):
		return "https://example.com/0123456789", true
	default:
		return "0123456789abcdef", true
	}
}

// wrongIn returns the mistakes in an example, except for what it leaves out and
// for files that do not exist.
func wrongIn(t *testing.T, example string, bundled []manifest.Found) string {
	t.Helper()
	if !strings.Contains(example, `database "app"`) {
		example += surroundings
	}
	if !strings.Contains(example, `metric "orders_open"`) && strings.Contains(example, "metric.orders_open") {
		example += "metric \"orders_open\" {\n  database = database.app\n  query = \"SELECT 1 AS n\"\n  value = \"n\"\n}\n"
	}
	for _, name := range []string{"orders", "llm"} {
		if strings.Contains(example, `status_page`) && !strings.Contains(example, fmt.Sprintf("integration %q", name)) {
			example += fmt.Sprintf("integration %q {\n  probe = core.tcp\n  config {\n    address = \"127.0.0.1:1\"\n  }\n}\n", name)
		}
	}
	if !strings.Contains(example, `notifier "chat"`) {
		example += "notifier \"chat\" {\n  type = \"slack\"\n  url = env(\"SLACK_URL\")\n}\n"
	}
	_, ds := load(t, example, Options{Bundled: bundled, Env: exampleEnv, Scan: func(string, manifest.Admit) ([]manifest.Found, error) { return nil, nil }})
	var left diag.Diagnostics
	for _, d := range ds {
		switch d.Code {
		case diag.Required, diag.NoGrant, diag.Undeclared, diag.FileUnreadable, diag.BadTLS, diag.BadSSH:
		default:
			if d.Severity == diag.Error {
				left = append(left, d)
			}
		}
	}
	return shownText(t, left)
}

func TestExamplesOfTheReference(t *testing.T) {
	all := shipped(t)
	var each func(*reference.Topic)
	each = func(topic *reference.Topic) {
		for i := range topic.Parts {
			each(&topic.Parts[i])
		}
		if topic.Example == "" || topic.Facts == nil {
			return
		}
		if wrong := wrongIn(t, topic.Example, all); wrong != "" {
			t.Errorf("%s:\n%s\n%s", topic.Name, topic.Example, wrong)
		}
	}
	each(everything(t, reference.Config(all)))
}

// TestExamplesOfTheLanguage checks that an integration or threshold accepts
// each example.
func TestExamplesOfTheLanguage(t *testing.T) {
	all := shipped(t)
	for _, topic := range everything(t, reference.Config(nil)).Parts {
		if len(topic.Parts) == 0 || topic.Facts != nil || !topic.Parts[0].Row {
			continue
		}
		for _, part := range topic.Parts {
			taken := false
			try := func(text string) { taken = taken || wrongIn(t, text, all) == "" }
			try("integration \"orders\" {\n  " + part.Example + "\n}")
			try("integration \"orders\" {\n  for_each = [\"example.com\"]\n  " + part.Example + "\n}")
			try("threshold \"x\" {\n  " + part.Example + "\n  enabled = false\n}")
			for _, p := range all[0].Module.Manifest.Probes {
				try("integration \"orders\" {\n  probe = core." + p.Name + "\n  config {\n    " + part.Example + "\n  }\n}")
				try("integration \"orders\" {\n  probe = core." + p.Name + "\n  for_each = [\"example.com\"]\n  config {\n    " + part.Example + "\n  }\n}")
			}
			if !taken {
				t.Errorf("nothing accepts %s", part.Example)
			}
		}
	}
}

func TestExamplesOfTheManifest(t *testing.T) {
	var each func(*reference.Topic)
	each = func(topic *reference.Topic) {
		for i := range topic.Parts {
			each(&topic.Parts[i])
		}
		path := filepath.Join(t.TempDir(), "plugin.hcl")
		if err := os.WriteFile(path, []byte(topic.Example), 0o600); err != nil {
			t.Fatal(err)
		}
		_, ds := LoadManifest(path)
		for _, d := range ds {
			if d.Code != diag.Required && d.Code != diag.BadManifest && d.Code != diag.BadUnit { // these need the rest of the manifest
				t.Errorf("%s:\n%s\n%s", topic.Name, topic.Example, shownText(t, ds))
			}
		}
	}
	each(everything(t, reference.Manifest()))
}

func TestFind(t *testing.T) {
	d := reference.Config(append(shipped(t), manifest.Found{File: "plugins/broken.wasm", Err: os.ErrInvalid}))
	for written, want := range map[string]string{
		"server.prot":        `there is no "server.prot" in the reference; did you mean server.port?`,
		"port":               "did you mean server.port?",
		"timeout":            "did you mean llm.timeout or integration.timeout or defaults.timeout or metric.timeout or scrape_module.timeout?",
		"core.htpp":          "did you mean core.http?",
		"core.http.headres":  "did you mean core.http.headers?",
		"env_st":             "did you mean env_set?",
		"something else":     `there is no "something else" in the reference`,
		"broken.check":       "the plugin plugins/broken.wasm was refused: invalid argument",
		"\x1b[31mred\x1b[0m": `there is no "·[31mred·[0m" in the reference`,
	} {
		_, err := d.Find(written)
		if unknown := (*reference.UnknownTopicError)(nil); !errors.As(err, &unknown) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%q: %v", written, err)
		}
	}
	for _, name := range []string{"server.port", "server.key.value", "integration.grant.http", "core", "core.http.url", "file", "references"} {
		if topic, err := d.Find(name); err != nil || topic.Name != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEveryTopicHasAText checks that every topic has a description, and that
// lines fit a terminal.
func TestEveryTopicHasAText(t *testing.T) {
	for _, d := range []*reference.Docs{shippedReference(t), reference.Manifest()} {
		for _, name := range append(topicNames(everything(t, d)), "") {
			topic, err := d.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			if topic.Doc == "" {
				t.Errorf("%s has no description", name)
			}
			var b strings.Builder
			if err := topic.WriteText(&b, false); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(b.String()) {
				if n := utf8.RuneCountInString(line) - 1; n > 80 && strings.Contains(strings.TrimSpace(line), "  ") {
					t.Errorf("%s: %d wide: %s", name, n, line)
				}
			}
		}
	}
}

// TestPluginTextIsEscaped checks that a plugin author's text cannot become
// markup or move the cursor.
func TestPluginTextIsEscaped(t *testing.T) {
	evil := "\x1b]0;title\x07 <script>alert(1)</script> [here](https://evil.example) | `x` ```\n# heading\n```"
	m := &manifest.Manifest{Name: "evil", Version: evil, Description: evil, Probes: []manifest.Probe{{
		Name: "p", Summary: evil,
		Options:      []manifest.Option{{Name: "o", Type: manifest.String, Description: evil, Default: evil, OneOf: []string{evil}, Pattern: evil}},
		Capabilities: []manifest.Capability{{Kind: manifest.HTTP, Reason: evil, Hosts: []string{evil}, Methods: []string{evil}}},
	}}}
	d := reference.Config([]manifest.Found{{File: "evil.wasm", Module: &manifest.Module{Manifest: m}}})
	for _, name := range topicNames(everything(t, d)) {
		topic, err := d.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		var text, mark strings.Builder
		if err := errors.Join(topic.WriteText(&text, false), topic.WriteMarkdown(&mark)); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(text.String()+mark.String(), "\x1b\x07") {
			t.Errorf("%s: control characters get through", name)
		}
		outside := codeSpans.ReplaceAllString(mark.String(), "")
		if strings.Contains(outside, "<script") || strings.Contains(outside, " [here]") || strings.Contains(outside, "\n# heading") {
			t.Errorf("%s: markup gets through:\n%s", name, mark.String())
		}
	}
}

// codeSpans matches code spans in Markdown.
var codeSpans = regexp.MustCompile("(?s)\n```hcl\n.*?\n```\n|(?:^|[^`\\\\])````? .*? ````?|(?:^|[^`\\\\])`[^`\n]+`")

// TestMessagesNameTopics checks that each topic of the reference that a message
// names is there.
func TestMessagesNameTopics(t *testing.T) {
	named := regexp.MustCompile(`vega docs config ([a-z][a-z_.]*) (?:describes|lists|shows)`)
	wanted, err := filepath.Glob("testdata/bad/*.want")
	if err != nil {
		t.Fatal(err)
	}
	d, found := shippedReference(t), 0
	for _, file := range wanted {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			found++
			if _, err := d.Find(m[1]); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
	if found < 4 {
		t.Errorf("%d topics", found)
	}
}
