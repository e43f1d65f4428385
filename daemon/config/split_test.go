package config

import (
	"slices"
	"strings"
	"testing"
)

// TestSplit: what looks like the end of a block, and is none, does not cut it.
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

// TestPositions: with a byte order mark, Windows line ends and characters of
// several bytes, in a block that is not the first.
func TestPositions(t *testing.T) {
	_, ds := load(t, "\xef\xbb\xbf# ü\r\nlog {\r\n}\r\n/* é\r\n */ server {\r\n  host = \"é\"\r\n  prot = 1\r\n}\r\n", options(t, nil))
	if len(ds) != 2 {
		t.Fatal(shownText(t, ds))
	}
	if p := ds[0].Range; p.Start != (Pos{6, 10, 49}) || p.End != (Pos{6, 13, 53}) {
		t.Errorf("%+v", p)
	}
	if p := ds[1].Range; p.Start.Line != 7 || p.Start.Column != 3 || p.End.Column != 7 {
		t.Errorf("%+v", p)
	}
}

// TestSplitEndsInside: a file may end in the middle of an escape.
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
