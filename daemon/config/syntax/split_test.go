package syntax

import (
	"slices"
	"strings"
	"testing"
)

// TestSplit checks that text that only looks like the end of a block does not
// end a chunk.
func TestSplit(t *testing.T) {
	src := strings.Join([]string{
		"# server {",
		"/* }",
		"   } */ data_dir = \"a}{\"",
		"integration \"a\" {",
		"  config {",
		"    x = <<-EOT",
		"server {",
		"      } ${",
		"    EOT",
		"    y = \"${ {",
		"      a = \"}\" } }\" // }",
		"    z = \"$${ %%{ \\\" \\\\\"",
		"  }",
		"}",
		"log { level = \"open",
		"store {",
		"  path = \"x\"",
	}, "\n")
	var got []string
	split([]byte(src), []string{"server", "store", "log"}, func(c chunk) bool {
		first, _, _ := strings.Cut(strings.TrimSpace(src[c.start:c.end]), "\n")
		got = append(got, first)
		return true
	})
	want := []string{"data_dir = \"a}{\"", "integration \"a\" {", "log { level = \"open", "store {"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestSplitEndsInside splits a file that ends in the middle of an escape.
func TestSplitEndsInside(t *testing.T) {
	for _, src := range []string{`a = "\`, "a = \"x\n\"\\", `a = "$`, `a = "$$`, `a = "${`, "a = <<E", "/*", "a /"} {
		split(slices.Clip([]byte(src)), nil, func(c chunk) bool {
			if c.end > len(src) {
				t.Errorf("%q: a chunk ends at %d of %d", src, c.end, len(src))
			}
			return true
		})
	}
}
