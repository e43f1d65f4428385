package config

import (
	"os"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"vega/daemon/config/diag"
)

// FuzzWithinLimits: the guards find nothing in a chunk that needs none.
func FuzzWithinLimits(f *testing.F) {
	for _, path := range badFiles(f) {
		if b, err := os.ReadFile(path); err == nil {
			split(b, table.blockNames(), func(c chunk) bool {
				if c.end-c.start <= maxHarmless {
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
		tokens, ok := harmless(src)
		if !ok {
			return
		}
		lexed, _ := hclsyntax.LexConfig(src, in.Name, hcl.InitialPos)
		out := &diag.Collector{}
		if g := (&guard{file: in, out: out}); !g.check(lexed) {
			t.Fatalf("harmless, and yet: %d errors", out.Errors())
		}
		if tokens < len(lexed)/4-1 {
			t.Fatalf("%d tokens are counted as %d", len(lexed), tokens)
		}
	})
}
