package syntax

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"vega/daemon/config/diag"
)

// FuzzPlain compares plain with HCL's parser. HCL must read what plain accepts
// in the same way, with the same places, and no guard may refuse it.
func FuzzPlain(f *testing.F) {
	paths, err := filepath.Glob("../testdata/bad/*.hcl")
	if err != nil || len(paths) == 0 {
		f.Fatal("no bad files", err)
	}
	words := []string{"server", "integration"}
	for _, path := range append(paths, "../init.hcl") {
		if b, err := os.ReadFile(path); err == nil {
			split(b, words, func(c chunk) bool {
				f.Add(b[c.start:c.end])
				return true
			})
		}
	}
	for _, src := range []string{
		"a = \"${\"${\"${x}\"}\"}\"\n", "a = 1e9\nb = 1.5\nc = -3\nd = \"%%{\"\n", "a = [1, \"b\", # c\n  [],\n]\n", "a = { b = 1, \"c d\" = [x.y]\n e = f(\"g\") }",
		"a \"b\" {\n  c {\n    d = true\n  }\n}\n", "a { b = \"x ${env(\"Y\")}-${c.d} z\" }", "a = \"\\n\\t\\\"é\"\n", "a {\n}\n", "a = \"${-1}${true}\"\n", "a = \"$5 100% $$ %{\"\n",
		"a = 007.50\n", "a = {}\n", "a = { b = 1\n c = 2,\n }\n", "a {\nb = 1\nb = 2\n}\n", "a {\nserver {\n}\n}\n", "a = b.c-d\n", "a = \"x\" // y\n",
	} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		in := &diag.Source{Name: "fuzz.hcl", Text: src}
		p := plain{file: in, words: words, names: names{}, text: string(src)}
		var got Body
		if !p.item(&got) || p.odd && !plainText(in, &diag.Collector{}) {
			return
		}
		if !plainText(in, &diag.Collector{}) && p.i == len(src) {
			t.Fatal("accepted what is not text")
		}
		comparePlain(t, in, src[:p.i], &got, p.tokens)
	})
}

func comparePlain(t *testing.T, in *diag.Source, src []byte, got *Body, tokens int) {
	t.Helper()
	lexed, _ := hclsyntax.LexConfig(src, in.Name, hcl.InitialPos)
	out := &diag.Collector{}
	if g := (&guard{file: in, out: out}); !g.check(lexed) {
		t.Fatalf("a guard refuses %q", src)
	}
	if tokens < len(lexed)/4-1 {
		t.Fatalf("%d tokens are counted as %d", len(lexed), tokens)
	}
	parsed, diags := hclsyntax.ParseConfig(src, in.Name, hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%q: %v", src, diags)
	}
	l := lowerer{file: in, out: out, end: math.MaxInt}
	want := l.body(parsed.Body.(*hclsyntax.Body))
	if out.Errors() > 0 {
		t.Fatalf("%q holds what the language does not allow", src)
	}
	same(t, src, got, &want)
}

func same(t *testing.T, src []byte, got, want *Body) {
	t.Helper()
	if len(got.Attrs) != len(want.Attrs) || len(got.Blocks) != len(want.Blocks) {
		t.Fatalf("%q: %d attributes and %d blocks, want %d and %d", src, len(got.Attrs), len(got.Blocks), len(want.Attrs), len(want.Blocks))
	}
	for i, a := range got.Attrs {
		w := want.Attrs[i]
		if a.Name != w.Name || a.At != w.At {
			t.Fatalf("%q: attribute %s at %+v, want %s at %+v", src, a.Name, a.At, w.Name, w.At)
		}
		sameExpr(t, src, a.Value, w.Value)
	}
	for i, b := range got.Blocks {
		w := want.Blocks[i]
		if b.Kind != w.Kind || b.Head != w.Head || len(b.Labels) != len(w.Labels) || b.Broken != w.Broken {
			t.Fatalf("%q: block %+v, want %+v", src, b, w)
		}
		for n := range b.Labels {
			if b.Labels[n] != w.Labels[n] {
				t.Fatalf("%q: label %+v, want %+v", src, b.Labels[n], w.Labels[n])
			}
		}
		same(t, src, &b.Body, &w.Body)
	}
}

func sameExpr(t *testing.T, src []byte, got, want *Expr) {
	t.Helper()
	if got.Kind != want.Kind || got.At != want.At || got.Text != want.Text || got.Num != want.Num || len(got.Items) != len(want.Items) {
		t.Fatalf("%q: %+v, want %+v", src, got, want)
	}
	for i := range got.Items {
		sameExpr(t, src, got.Items[i], want.Items[i])
	}
}
