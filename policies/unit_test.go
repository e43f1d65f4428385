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
