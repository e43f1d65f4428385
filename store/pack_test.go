package store

import (
	"maps"
	"math"
	"slices"
	"testing"

	"vega/policies/check"
)

// FuzzPackedRunsUnpackUnchanged packs and unpacks a run with shared names and
// with inline ones.
func FuzzPackedRunsUnpackUnchanged(f *testing.F) {
	f.Add("status", "200", "time", "ms", 1.5)
	f.Add("", "", "", "", 0.0)
	f.Add("ü\n\"", "<&>", "\u2028", "%", -1e300)
	f.Fuzz(func(t *testing.T, detail, text, metric, unit string, value float64) {
		if math.IsNaN(value) || math.IsInf(value, 0) {
			t.Skip("JSON has no such number")
		}
		want := check.Run{Details: map[string]string{valid(detail): valid(text), "fixed": ""}, Metrics: []check.Metric{{Name: valid(metric), Unit: valid(unit), Value: value}, {Name: "fixed", Value: 1}}}
		p, err := pack(&want)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range [][2]string{{p.Names, p.Values}, {"", p.Inline()}} {
			var got check.Run
			if err := Unpack(&got, row[0], row[1]); err != nil {
				t.Fatalf("%q: %v", row, err)
			}
			if !maps.Equal(got.Details, want.Details) || !slices.Equal(got.Metrics, want.Metrics) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		}
	})
}

// valid returns s as JSON represents it.
func valid(s string) string { return string([]rune(s)) }

func TestDamagedRowsAreReported(t *testing.T) {
	for _, row := range [][2]string{
		{`{"d":["a"]}`, `[]`},
		{`{"d":["a"]}`, `["x","y"]`},
		{`{"d":["a"]}`, `[1]`},
		{`{"m":[["a",""]]}`, `["x"]`},
		{`{`, `[]`},
		{`{}`, `{`},
		{"", `[]`},
		{"", `{"s":{"d":["a"]},"v":[]}`},
	} {
		if err := Unpack(new(check.Run), row[0], row[1]); err == nil {
			t.Errorf("%q was unpacked", row)
		}
	}
	for _, codes := range [][2]int{{-1, 0}, {0, -1}, {4, 0}, {0, 6}} {
		if _, _, err := DecodeStatus(codes[0], codes[1]); err == nil {
			t.Errorf("codes %v were accepted", codes)
		}
	}
}
