package policies_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/policies"
)

func at(v float64) *float64 { return &v }

// Memory use that hovers around its threshold raises one warning, and is healthy
// again only when it has fallen to Clear.
func ExampleThresholds() {
	t := policies.NewThresholds([]policies.Threshold{
		{Name: "memory", Resource: "system.memory.percent", Warning: at(80), Error: at(95), Clear: at(75)},
	}, nil)
	for _, used := range []float64{60, 81, 79, 82, 76, 75} {
		for _, v := range t.Judge(time.Now(), func(resource string) []policies.Reading {
			return []policies.Reading{{Resource: resource, Value: used}}
		}) {
			fmt.Println(v.Value, v.Level)
		}
	}
	// Output:
	// 60 healthy
	// 81 warning
	// 79 warning
	// 82 warning
	// 76 warning
	// 75 healthy
}

func TestLevels(t *testing.T) {
	for _, c := range []struct {
		name   string
		by     policies.Threshold
		values []float64
		want   string // the first letter of each level
	}{
		{"without clear", policies.Threshold{Warning: at(80), Error: at(95)}, []float64{79.9, 80, 95, 94.9, 79.9}, "hwewh"},
		{"with clear", policies.Threshold{Warning: at(80), Error: at(95), Clear: at(75)}, []float64{79, 80, 95, 91, 90, 76, 75, 79}, "hweewwhh"},
		{"from error to healthy at once", policies.Threshold{Warning: at(80), Error: at(95), Clear: at(75)}, []float64{99, 10}, "eh"},
		{"from healthy to error at once", policies.Threshold{Warning: at(80), Error: at(95), Clear: at(75)}, []float64{1, 99}, "he"},
		{"an error becomes a warning that holds", policies.Threshold{Warning: at(80), Error: at(95), Clear: at(70)}, []float64{99, 84, 78, 71, 70}, "ewwwh"},
		{"a warning only", policies.Threshold{Warning: at(80), Clear: at(70)}, []float64{99, 71, 70, 79}, "wwhh"},
		{"an error only", policies.Threshold{Error: at(80), Clear: at(70)}, []float64{79, 80, 71, 70, 79}, "heehh"},
		{"neither", policies.Threshold{}, []float64{1e9}, "h"},
		{"below", policies.Threshold{Below: true, Warning: at(20), Error: at(2), Clear: at(30)}, []float64{21, 20, 2, 11.9, 12, 29, 30, 21}, "hweewwhh"},
		{"below, without clear", policies.Threshold{Below: true, Warning: at(20), Error: at(2)}, []float64{0, 2.1, 20.1}, "ewh"},
		{"below, an error only", policies.Threshold{Below: true, Error: at(2), Clear: at(4)}, []float64{3, 2, 3, 4}, "heeh"},
	} {
		c.by.Resource = "r"
		all := policies.NewThresholds([]policies.Threshold{c.by}, nil)
		got := ""
		for _, v := range c.values {
			got += string(levels(all, map[string]float64{"r": v})["r"][0])
		}
		if got != c.want {
			t.Errorf("%s: levels of %v are %s, want %s", c.name, c.values, got, c.want)
		}
	}
}

// levels judges the given values and returns the level of each resource. A
// resource without a value is unknown.
func levels(t *policies.Thresholds, values map[string]float64) map[string]policies.Level {
	out := map[string]policies.Level{}
	for _, v := range t.Judge(time.Now(), func(resource string) []policies.Reading {
		if v, ok := values[resource]; ok {
			return []policies.Reading{{Resource: resource, Value: v}}
		}
		return []policies.Reading{{Resource: resource, Unknown: "can't be read"}}
	}) {
		out[v.Reading.Resource] = v.Level
	}
	return out
}

// TestUnknownReadingKeepsLevel checks that a failed reading does not reset the
// remembered level.
func TestUnknownReadingKeepsLevel(t *testing.T) {
	all := policies.NewThresholds([]policies.Threshold{{Name: "m", Resource: "m", Warning: at(80), Clear: at(70)}}, nil)
	for n, c := range []struct {
		values map[string]float64
		want   policies.Level
	}{
		{nil, policies.LevelUnknown},
		{map[string]float64{"m": 75}, policies.LevelHealthy},
		{map[string]float64{"m": 85}, policies.LevelWarning},
		{nil, policies.LevelUnknown},
		{map[string]float64{"m": 75}, policies.LevelWarning},
	} {
		if got := levels(all, c.values)["m"]; got != c.want {
			t.Errorf("%d: %s, want %s", n, got, c.want)
		}
	}
}

// TestReloadKeepsLevelsOfUnchangedThresholds includes a threshold that moved to
// another line.
func TestReloadKeepsLevelsOfUnchangedThresholds(t *testing.T) {
	before := policies.NewThresholds([]policies.Threshold{
		{Name: "kept", Resource: "a", Warning: at(80), Clear: at(70), At: "vega.hcl:1"},
		{Name: "changed", Resource: "b", Warning: at(80), Clear: at(70)},
		{Name: "gone", Resource: "c", Warning: at(80), Clear: at(70)},
	}, nil)
	high := map[string]float64{"a": 90, "b": 90, "c": 90}
	levels(before, high)
	after := policies.NewThresholds([]policies.Threshold{
		{Name: "kept", Resource: "a", Warning: at(80), Clear: at(70), At: "vega.hcl:9"},
		{Name: "changed", Resource: "b", Warning: at(81), Clear: at(70)},
		{Name: "new", Resource: "c", Warning: at(80), Clear: at(70)},
	}, before)
	got := levels(after, map[string]float64{"a": 75, "b": 75, "c": 75})
	if got["a"] != policies.LevelWarning || got["b"] != policies.LevelHealthy || got["c"] != policies.LevelHealthy {
		t.Errorf("%v", got)
	}
}

// TestGroupThresholdSkipsNamedResources checks that a threshold for a group
// skips resources that another threshold names, even one that is off, and that
// each resource has its own level.
func TestGroupThresholdSkipsNamedResources(t *testing.T) {
	all := policies.NewThresholds([]policies.Threshold{
		{Name: "all", Resource: "databases.x", Warning: at(80), Clear: at(70)},
		{Name: "mine", Resource: "database.b.x", Warning: at(95)},
		{Name: "none", Resource: "database.c.x", Off: true},
	}, nil)
	judge := func(a, b, c, d float64) string {
		values := map[string]float64{"database.a.x": a, "database.b.x": b, "database.c.x": c, "database.d.x": d}
		var got []string
		for _, v := range all.Judge(time.Now(), func(resource string) []policies.Reading {
			var out []policies.Reading
			for name, v := range values {
				if name == resource || resource == "databases.x" {
					out = append(out, policies.Reading{Resource: name, Subject: name, Value: v})
				}
			}
			return out
		}) {
			got = append(got, fmt.Sprint(v.Subject, " ", v.Name, " ", v.Level))
		}
		slices.Sort(got)
		return strings.Join(got, ", ")
	}
	for _, c := range []struct{ got, want string }{
		{judge(90, 90, 90, 10), "database.a.x all warning, database.b.x mine healthy, database.d.x all healthy"},
		{judge(75, 99, 99, 75), "database.a.x all warning, database.b.x mine warning, database.d.x all healthy"},
	} {
		if c.got != c.want {
			t.Errorf("got  %s\nwant %s", c.got, c.want)
		}
	}
}

func TestSinceIsWhenTheLevelBegan(t *testing.T) {
	all := policies.NewThresholds([]policies.Threshold{{Name: "m", Resource: "m", Warning: at(80)}}, nil)
	begin := time.Now()
	judge := func(after time.Duration, v float64) time.Duration {
		read := func(string) []policies.Reading { return []policies.Reading{{Resource: "m", Value: v}} }
		return all.Judge(begin.Add(after), read)[0].Since.Sub(begin)
	}
	for _, c := range []struct {
		after time.Duration
		v     float64
		want  time.Duration
	}{{0, 1, 0}, {1, 2, 0}, {2, 80, 2}, {3, 90, 2}, {4, 1, 4}} {
		if got := judge(c.after, c.v); got != c.want {
			t.Errorf("%v at %d: since %d, want %d", c.v, c.after, got, c.want)
		}
	}
}

func TestWorstLevel(t *testing.T) {
	const h, w, e, u = policies.LevelHealthy, policies.LevelWarning, policies.LevelError, policies.LevelUnknown
	for _, c := range []struct {
		all  []policies.Level
		want policies.Level
	}{{nil, h}, {[]policies.Level{u}, h}, {[]policies.Level{h, w, u}, w}, {[]policies.Level{e, w}, e}, {[]policies.Level{w, e, h}, e}} {
		if got := policies.WorstLevel(c.all...); got != c.want {
			t.Errorf("%v: %s", c.all, got)
		}
	}
}

func TestFiguresAreSortedAndFound(t *testing.T) {
	for _, all := range [][]policies.Figure{policies.Figures(), policies.DatabaseFigures()} {
		for n, f := range all {
			if n > 0 && all[n-1].Path >= f.Path {
				t.Errorf("%s comes after %s", f.Path, all[n-1].Path)
			}
			if got, ok := policies.FigureOf(all, f.Path); !ok || got != f {
				t.Errorf("%s: %v", f.Path, got)
			}
		}
	}
	if _, ok := policies.FigureOf(policies.Figures(), "system.memory.percents"); ok {
		t.Error("FigureOf found a figure that does not exist")
	}
}

func TestKind(t *testing.T) {
	for resource, want := range map[string]string{
		"system.memory.percent":     "system.memory.percent",
		"database.app.pool.percent": "pool.percent",
		"databases.wal_bytes":       "wal_bytes",
	} {
		if got := policies.Kind(resource); got != want {
			t.Errorf("%s: %s", resource, got)
		}
	}
}
