package policies_test

import (
	"testing"

	"vega/policies"
)

func TestFormat(t *testing.T) {
	for _, c := range []struct {
		unit policies.Unit
		v    float64
		want string
	}{
		{policies.Percent, 80, "80 %"},
		{policies.Percent, 87.34, "87.3 %"},
		{policies.Percent, 0.001, "0.001 %"},
		{policies.Bytes, 0, "0 B"},
		{policies.Bytes, 1536, "1.5 KiB"},
		{policies.Bytes, 2 << 30, "2 GiB"},
		{policies.Milliseconds, 250, "250 ms"},
		{policies.Milliseconds, 999.96, "1000 ms"},
		{policies.Milliseconds, 1000, "1 s"},
		{policies.Milliseconds, 29948.31, "29.948 s"},
		{policies.Milliseconds, 200000, "200 s"},
		{policies.Count, 10000, "10000"},
		{policies.Count, -0.5, "-0.5"},
	} {
		if got := c.unit.Format(c.v); got != c.want {
			t.Errorf("%v %s: %q, want %q", c.v, c.unit, got, c.want)
		}
	}
}

func TestBaseUnit(t *testing.T) {
	for _, c := range []struct {
		reported string
		value    float64
		want     string
		based    float64
	}{
		{"ms", 250, "seconds", 0.25},
		{"milliseconds", 1, "seconds", 0.001},
		{"s", 3, "seconds", 3},
		{"us", 1, "seconds", 1e-6},
		{"µs", 1, "seconds", 1e-6},
		{"ns", 1, "seconds", 1e-9},
		{"B", 5, "bytes", 5},
		{"bytes", 5, "bytes", 5},
		{"KB", 2, "bytes", 2048},
		{"GiB", 1, "bytes", 1 << 30},
		{"%", 80, "percent", 80},
		{"percent", 80, "percent", 80},
		{"days", 12, "days", 12},
		{"", 1, "", 1},
		{"c", 1, "c", 1},
	} {
		name, factor := policies.BaseUnit(c.reported)
		if name != c.want || c.value*factor != c.based {
			t.Errorf("%g %s: %g %s, want %g %s", c.value, c.reported, c.value*factor, name, c.based, c.want)
		}
	}
}
