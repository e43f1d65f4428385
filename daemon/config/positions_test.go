package config

import (
	"testing"

	"vega/daemon/config/diag"
)

// TestPositions checks positions after a byte order mark, with Windows line ends
// and multi-byte characters, in a block that is not the first.
func TestPositions(t *testing.T) {
	_, ds := load(t, "\xef\xbb\xbf# ü\r\nlog {\r\n}\r\n/* é\r\n */ server {\r\n  host = \"é\"\r\n  prot = 1\r\n}\r\n", options(t, nil))
	if len(ds) != 2 {
		t.Fatal(shownText(t, ds))
	}
	if p := ds[0].Range; p.Start != (diag.Pos{Line: 6, Column: 10, Byte: 49}) || p.End != (diag.Pos{Line: 6, Column: 13, Byte: 53}) {
		t.Errorf("%+v", p)
	}
	if p := ds[1].Range; p.Start.Line != 7 || p.Start.Column != 3 || p.End.Column != 7 {
		t.Errorf("%+v", p)
	}
}
