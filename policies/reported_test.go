package policies

import "testing"

func TestIntegrationFigureTakesTheLongestName(t *testing.T) {
	known := func(name string) bool {
		return name == "web" || name == "web.10.0.0.1" || name == "db"
	}
	for path, want := range map[string][2]string{
		"integration.web.total_ms":          {"web", "total_ms"},
		"integration.web.10.0.0.1.total_ms": {"web.10.0.0.1", "total_ms"},
		"integration.web.load.1":            {"web", "load.1"},
		"integration.web.":                  {},
		"integration.web":                   {},
		"integration.gone.total_ms":         {},
		"integration..x":                    {},
		"integration.":                      {},
		"metric.web.total_ms":               {},
		"system.memory.percent":             {},
	} {
		name, metric, ok := IntegrationFigure(path, known)
		if got := [2]string{name, metric}; got != want || ok != (want[0] != "") {
			t.Errorf("%s: %q, %v, want %q", path, got, ok, want)
		}
	}
}

func TestUnitsOfProbes(t *testing.T) {
	for _, c := range []struct {
		reported string
		value    float64
		want     string
	}{
		{"ms", 612, "612 ms"},
		{"ms", 1612, "1.612 s"},
		{"bytes", 1536, "1.5 KiB"},
		{"percent", 87.25, "87.2 %"},
		{"%", 5, "5 %"},
		{"days", 12, "12 days"},
		{"", 3, "3"},
		{"B", 1, "1 B"},
		{"s", 2.5, "2.5 s"},
	} {
		if got := UnitOf(c.reported).Format(c.value); got != c.want {
			t.Errorf("%v %q: %q, want %q", c.value, c.reported, got, c.want)
		}
	}
	for _, c := range []struct {
		reported string
		bound    Unit
		value    float64
		unknown  bool
	}{
		{"s", Milliseconds, 2000, false},
		{"us", Milliseconds, 0.002, false},
		{"ms", Milliseconds, 2, false},
		{"MB", Bytes, 2 << 20, false},
		{"", Milliseconds, 2, false},
		{"days", Count, 2, false},
		{"days", Milliseconds, 2, true},
		{"percent", Bytes, 2, true},
		{"s", Bytes, 2, true},
	} {
		r := Reading{Value: 2, ReportedUnit: UnitOf(c.reported)}.In(c.bound)
		if r.Value != c.value || (r.Unknown != "") != c.unknown {
			t.Errorf("%s in %s: %+v", c.reported, c.bound, r)
		}
	}
	if got := Milliseconds.Or("s"); got != Milliseconds {
		t.Errorf("a unit that is set gives way to %q", got)
	}
	if got := Count.Or(Bytes); got != Bytes {
		t.Errorf("a plain number is in %q", got)
	}
}
