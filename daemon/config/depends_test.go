package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/daemon/config/diag"
	"vega/daemon/realtest"
)

func TestDependsOn(t *testing.T) {
	c := good(t, `
integration "a" {
  probe      = core.tcp
  depends_on = [integration.c-1, integration.b]
  config { address = "h:1" }
}
integration "b" {
  probe      = core.tcp
  depends_on = [integration.c-1]
  config { address = "h:1" }
}
integration "c-1" {
  probe      = core.tcp
  depends_on = []
  config { address = "h:1" }
}
`, options(t, nil))
	if got := c.Integrations; !slices.Equal(got[0].DependsOn, []string{"c-1", "b"}) || !slices.Equal(got[1].DependsOn, []string{"c-1"}) || len(got[2].DependsOn) != 0 {
		t.Errorf("%v %v %v", got[0].DependsOn, got[1].DependsOn, got[2].DependsOn)
	}
}

// TestManyDependencies checks that a long chain, a wide fan and a dense cyclic
// graph are resolved quickly.
func TestManyDependencies(t *testing.T) {
	limit := 10 * time.Second
	if raceEnabled {
		limit = 100 * time.Second
	}
	one := func(n int, on string) string {
		return fmt.Sprintf("integration \"a%d\" {\n  probe = core.tcp\n  interval = \"0s\"\n  depends_on = [%s]\n  config {\n    address = \"h:1\"\n  }\n}\n", n, on)
	}
	ref := func(n int) string { return fmt.Sprintf("integration.a%d", n) }
	var all []string
	for n := range 300 {
		all = append(all, ref(n))
	}
	for name, c := range map[string]struct {
		n  int
		on func(int) string
		ok bool
	}{
		"chain":    {10_000, func(n int) string { return ref(min(n+1, 10_000)) }, true},
		"ring":     {10_000, func(n int) string { return ref((n + 1) % 10_001) }, false},
		"knot":     {300, func(int) string { return strings.Join(all, ", ") }, false},
		"dangling": {10_000, func(n int) string { return ref(n + 90_000) }, false},
	} {
		var src strings.Builder
		for n := range c.n {
			src.WriteString(one(n, c.on(n)))
		}
		src.WriteString(one(c.n, map[bool]string{true: "", false: ref(0)}[c.ok]))
		began := realtest.Spent(t)
		got, ds := load(t, src.String(), options(t, nil))
		if took := realtest.Spent(t) - began; took > limit {
			t.Errorf("%s took %v of processor time", name, took)
		}
		if (got != nil) != c.ok {
			t.Errorf("%s: %v, %d errors", name, got != nil, ds.Count(diag.Error))
		}
	}
}
