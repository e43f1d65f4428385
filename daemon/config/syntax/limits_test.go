package syntax

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"vega/daemon/config/diag"
)

// FuzzWithinLimits: the guards find nothing in a chunk that needs none.
func FuzzWithinLimits(f *testing.F) {
	paths, err := filepath.Glob("../testdata/bad/*.hcl")
	if err != nil || len(paths) == 0 {
		f.Fatal("no bad files", err)
	}
	for _, path := range paths {
		if b, err := os.ReadFile(path); err == nil {
			split(b, []string{"server", "integration"}, func(c chunk) bool {
				if c.end-c.start <= maxUnguarded {
					f.Add(b[c.start:c.end])
				}
				return true
			})
		}
	}
	f.Add([]byte("a = \"${\"${\"${x}\"}\"}\"\n"))
	f.Add([]byte("a = 1e9\nb = 1.5\nc = -3\nd = \"%%{\"\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		in := &diag.Source{Name: "fuzz.hcl", Text: src}
		if !plainText(in, &diag.Collector{}) {
			return
		}
		tokens, ok := withinLimits(src)
		if !ok {
			return
		}
		lexed, _ := hclsyntax.LexConfig(src, in.Name, hcl.InitialPos)
		out := &diag.Collector{}
		if g := (&guard{file: in, out: out}); !g.check(lexed) {
			t.Fatalf("a guard is needed: %d errors", out.Errors())
		}
		if tokens < len(lexed)/4-1 {
			t.Fatalf("%d tokens are counted as %d", len(lexed), tokens)
		}
	})
}
