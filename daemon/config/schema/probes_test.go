package schema

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// TestProbeMetricsAreThoseOfCore compares the table with the source of the plugin.
func TestProbeMetricsAreThoseOfCore(t *testing.T) {
	files, err := filepath.Glob("../../../plugins/core/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no source", err)
	}
	calls := regexp.MustCompile(`\.(?:Metric|Millis)\("([a-z_]+)"`)
	source, table := map[string]bool{}, map[string]bool{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range calls.FindAllStringSubmatch(string(text), -1) {
			source[found[1]] = true
		}
	}
	for probe, names := range reports {
		for _, name := range names {
			if probe != "core.osint" && probe != "core.heartbeat" { // composed there, and reported by vega
				table[name] = true
			}
		}
	}
	if a, b := slices.Sorted(maps.Keys(source)), slices.Sorted(maps.Keys(table)); !slices.Equal(a, b) {
		t.Errorf("the source has %v, and the table %v", a, b)
	}
}
