package config

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"vega/daemon/config/diag"
	"vega/daemon/config/reference"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
)

const metaschema = "https://json-schema.org/draft/2020-12/schema" // which the validator has within

// schemaOf returns the exported schema, validated against the meta-schema of
// its draft.
func schemaOf(t *testing.T, d *reference.Docs) *jsonschema.Schema {
	t.Helper()
	var b bytes.Buffer
	if err := d.WriteJSONSchema(&b); err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(&b)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.MustCompile(metaschema).Validate(doc); err != nil {
		t.Fatal(err)
	}
	if err := c.AddResource("vega.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("vega.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plainJSON converts HCL to JSON as common converters do. If inLists is set,
// blocks are in lists.
type plainJSON struct{ inLists bool }

// of parses src with this package's own parser.
func (p plainJSON) of(t *testing.T, src string, table *schema.Block) any {
	t.Helper()
	out := &diag.Collector{}
	tree := syntax.Parse([]*diag.Source{{Name: "any.hcl", Text: []byte(src)}}, table.BlockNames(), out)
	if out.Errors() > 0 {
		t.Fatalf("%s does not parse", src)
	}
	b, err := json.Marshal(p.body(&tree.Body))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (p plainJSON) body(b *syntax.Body) map[string]any {
	out := map[string]any{}
	for _, a := range b.Attrs {
		out[a.Name] = p.value(a.Value)
	}
	for _, in := range b.Blocks {
		if len(in.Labels) == 0 {
			out[in.Kind] = p.join(nil, p.body(&in.Body))
			continue
		}
		named, _ := out[in.Kind].(map[string]any)
		if named == nil {
			named = map[string]any{}
			out[in.Kind] = named
		}
		named[in.Labels[0].Text] = p.join(named[in.Labels[0].Text], p.body(&in.Body))
	}
	return out
}

// join adds a block to those of the same name.
func (p plainJSON) join(before any, block map[string]any) any {
	switch before := before.(type) {
	case nil:
		if p.inLists {
			return []any{block}
		}
		return block
	case []any:
		return append(before, block)
	default:
		return []any{before, block}
	}
}

func (p plainJSON) value(e *syntax.Expr) any {
	switch e.Kind {
	case syntax.NumExpr:
		return e.Num
	case syntax.BoolExpr:
		return e.Num == 1
	case syntax.TextExpr:
		return e.Text
	case syntax.ListExpr:
		out := []any{}
		for _, i := range e.Items {
			out = append(out, p.value(i))
		}
		return out
	case syntax.MapExpr:
		out := map[string]any{}
		for i := 0; i+1 < len(e.Items); i += 2 {
			out[e.Items[i].Text] = p.value(e.Items[i+1])
		}
		return out
	case syntax.TmplExpr:
		var b strings.Builder
		for _, i := range e.Items {
			b.WriteString(p.part(i))
		}
		return b.String()
	default:
		return p.part(e)
	}
}

// part converts a part of a template.
func (p plainJSON) part(e *syntax.Expr) string {
	switch e.Kind {
	case syntax.RefExpr:
		return "${" + e.Text + "}"
	case syntax.CallExpr:
		return "${" + e.Text + "(" + syntax.QuoteText(e.Items[0].Text) + ")}"
	default:
		return e.Text
	}
}

func TestJSONSchemaTakesWhatVegaTakes(t *testing.T) {
	config, manifests := schemaOf(t, shippedReference(t)), schemaOf(t, reference.Manifest())
	for path, s := range map[string]*jsonschema.Schema{
		"../../vega.hcl": config, "../../plugins/core/plugin.hcl": manifests,
		"testdata/core.hcl": manifests, "testdata/acme.hcl": manifests, "testdata/greedy.hcl": manifests, "testdata/courier.hcl": manifests, "testdata/memcached.hcl": manifests,
	} {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		of := schema.Table
		if s == manifests {
			of = schema.ManifestTable
		}
		for _, inLists := range []bool{false, true} {
			if err := s.Validate(plainJSON{inLists}.of(t, string(src), of)); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	for _, src := range rightForJSON {
		if err := config.Validate(plainJSON{}.of(t, src, schema.Table)); err != nil {
			t.Errorf("%s\n%v", src, err)
		}
	}
}

// TestJSONSchemaTakesExamples checks that the schema accepts the examples of
// the reference, except for what they leave out.
func TestJSONSchemaTakesExamples(t *testing.T) {
	for d, of := range map[*reference.Docs]*schema.Block{shippedReference(t): schema.Table, reference.Manifest(): schema.ManifestTable} {
		s := schemaOf(t, d)
		for _, name := range topicNames(everything(t, d)) {
			topic, err := d.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			if topic.Facts == nil || topic.Example == "" {
				continue
			}
			err = s.Validate(plainJSON{}.of(t, topic.Example, of))
			if err != nil && !strings.Contains(err.Error(), "missing propert") {
				t.Errorf("%s:\n%s\n%v", name, topic.Example, err)
			}
		}
	}
}

var rightForJSON = []string{
	``,
	"integration \"a\" {\n  enabled = false\n}",
	"integration \"a\" {\n  probe   = core.http\n  enabled = false\n}",
	"integration \"a\" {\n  probe   = core.http\n  enabled = env_set(\"A\")\n}",
	"integration \"a\" {\n  probe = stranger.probe\n  config {\n    anything = [1]\n  }\n}",
	alertingExample,
	"alert \"memory\" {\n  enabled = false\n}",
	"server {\n  port = 443\n  drain_timeout = \"1m30.5s\"\n}",
	"integration \"a\" {\n  probe = core.http\n  memory = \"1.5 MiB\"\n  config {\n    url = env(\"URL\")\n    expect_status = [200, 201]\n    follow_redirects = env_set(\"F\")\n    expect_json = { a = 1, b = \"c\", d = true }\n  }\n}",
}

var wrongForJSON = map[string]string{
	"an unknown attribute":       "server {\n  prot = 1\n}",
	"an unknown block":           "sever {\n}",
	"an unknown attribute above": "dir = \"x\"",
	"an unknown option":          "integration \"a\" {\n  probe = core.http\n  config {\n    url = \"https://a.example\"\n    max_latancy = \"1s\"\n  }\n}",
	"a missing option":           "integration \"a\" {\n  probe = core.http\n  config {\n    method = \"GET\"\n  }\n}",
	"a missing config":           "integration \"a\" {\n  probe = core.http\n}",
	"a missing probe":            "integration \"a\" {\n  interval = \"1m\"\n}",
	"a missing dsn":              "database \"a\" {\n  driver = \"postgres\"\n}",
	"text for a number":          "server {\n  port = \"8000\"\n}",
	"a fraction":                 "server {\n  port = 80.5\n}",
	"a number over":              "server {\n  port = 65536\n}",
	"a bare duration":            "integration \"a\" {\n  probe = core.slack\n  interval = 60\n}",
	"no duration":                "integration \"a\" {\n  probe = core.slack\n  interval = \"soon\"\n}",
	"no size":                    "integration \"a\" {\n  probe = core.slack\n  memory = \"32 Mib\"\n}",
	"none of those allowed":      "log {\n  level = \"loud\"\n}",
	"a bad option":               "integration \"a\" {\n  probe = core.http\n  config {\n    url = \"https://a.example\"\n    method = \"FETCH\"\n  }\n}",
	"a bad URL":                  "integration \"a\" {\n  probe = core.http\n  config {\n    url = \"a.example\"\n  }\n}",
	"a name that is taken":       "integration \"health\" {\n  probe = core.slack\n}",
	"no name":                    "integration \"A b\" {\n  probe = core.slack\n}",
	"a list for a text":          "log {\n  level = [\"info\"]\n}",
	"a key of another service":   "notifier \"a\" {\n  type = \"slack\"\n  url  = env(\"URL\")\n  key  = env(\"KEY\")\n}",
	"a notifier without its key": "notifier \"a\" {\n  type = \"pagerduty\"\n}",
	"an unknown service":         "notifier \"a\" {\n  type = \"pager\"\n}",
	"an unknown event":           "alert \"a\" {\n  event = \"fire\"\n}",
	"a name for a notifier":      "alert \"a\" {\n  event = \"store_failing\"\n  notify = [\"chat\"]\n}",
	"a reference that is none":   "integration \"a\" {\n  probe = \"core\"\n}",
}

func TestJSONSchemaRefuses(t *testing.T) {
	s := schemaOf(t, shippedReference(t))
	for what, src := range wrongForJSON {
		for _, inLists := range []bool{false, true} {
			if s.Validate(plainJSON{inLists}.of(t, src, schema.Table)) == nil {
				t.Errorf("%s passes:\n%s", what, src)
			}
		}
	}
	m := schemaOf(t, reference.Manifest())
	for _, src := range []string{"name = \"a\"", "name = \"a\"\nversion = \"1\"\nother = 1"} {
		if m.Validate(plainJSON{}.of(t, src, schema.ManifestTable)) == nil {
			t.Errorf("a manifest passes:\n%s", src)
		}
	}
}
