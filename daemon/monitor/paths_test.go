package monitor

import (
	"slices"
	"strings"
	"testing"

	"vega/daemon/diagnostics"
	"vega/policies"
)

// TestFiguresAreThoseOfDiagnostics: what a threshold may name under system is
// what a snapshot has, and the figures of each of its disks.
func TestFiguresAreThoseOfDiagnostics(t *testing.T) {
	var named, there []string
	for _, f := range policies.Figures() {
		named = append(named, f.Path)
	}
	for _, path := range diagnostics.Paths() {
		there = append(there, "system."+path)
		if rest, ok := strings.CutPrefix(path, "disk."); ok {
			there = append(there, "system.disks."+rest)
		}
	}
	slices.Sort(there)
	for _, path := range there {
		if !slices.Contains(named, path) {
			t.Errorf("a snapshot has %s, which no threshold can name", path)
		}
	}
	for _, path := range named {
		if !slices.Contains(there, path) {
			t.Errorf("a threshold can name %s, which no snapshot has", path)
		}
	}
}
