//go:build !wasip1

package main

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"vega/plugins/manifest"
	"vega/sdk"
)

// readManifest reads plugin.hcl by way of JSON: attributes as they are, blocks
// as lists of objects with their label as name or kind.
func readManifest(t testing.TB) *manifest.Manifest {
	t.Helper()
	file, problems := hclparse.NewParser().ParseHCLFile("plugin.hcl")
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	text, err := json.Marshal(asObject(t, file.Body.(*hclsyntax.Body)))
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func asObject(t testing.TB, body *hclsyntax.Body) map[string]any {
	t.Helper()
	out := map[string]any{}
	for name, a := range body.Attributes {
		v, problems := a.Expr.Value(&hcl.EvalContext{})
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		text, err := ctyjson.SimpleJSONValue{Value: v}.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		out[name] = json.RawMessage(text)
	}
	for _, b := range body.Blocks {
		list := map[string]string{"probe": "probes", "option": "options", "field": "fields", "capability": "capabilities"}[b.Type]
		inner := asObject(t, b.Body)
		label := "name"
		if b.Type == "capability" {
			label = "kind"
		}
		inner[label] = b.Labels[0]
		all, _ := out[list].([]any)
		out[list] = append(all, inner)
	}
	return out
}

func TestManifestNamesEveryProbe(t *testing.T) {
	m := readManifest(t)
	want := []string{"http", "grpc", "flow", "web_fetch", "tcp", "udp", "websocket", "icmp", "dns", "tls", "smtp", "ssh", "redis", "llm", "docker", "database", "web_search", "osint", "slack", "home_assistant", "heartbeat"}
	var got []string
	for _, p := range m.Probes {
		got = append(got, p.Name)
		if sdk.Lookup(p.Name) == nil {
			t.Errorf("plugin.hcl declares %q, which no init function registers", p.Name)
		}
		if p.Summary == "" {
			t.Errorf("%s has no summary", p.Name)
		}
		for _, o := range p.Options {
			if o.Description == "" {
				t.Errorf("%s.%s has no description", p.Name, o.Name)
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("probes are %v, want %v", got, want)
	}
}

// defaults returns the options of a probe that have a default, as the host
// fills them in.
func defaults(t testing.TB, probe string) map[string]any {
	t.Helper()
	p, _ := readManifest(t).Probe(probe)
	if p == nil {
		t.Fatalf("plugin.hcl has no probe %q", probe)
	}
	out := map[string]any{}
	for _, o := range p.Options {
		if o.Default == nil {
			continue
		}
		v, err := o.Convert(o.Default)
		if err != nil {
			t.Fatal(err)
		}
		switch v := v.(type) {
		case manifest.Text:
			out[o.Name] = v.Reveal()
		case time.Duration, float64, bool:
			out[o.Name] = v
		default:
			t.Fatalf("%s.%s: this test does not support the type of the default", probe, o.Name)
		}
	}
	return out
}
