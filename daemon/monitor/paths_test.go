package monitor

import (
	"slices"
	"strings"
	"testing"

	"vega/daemon/diagnostics"
	"vega/policies"
)

// TestFiguresMatchDiagnostics checks that thresholds can name every field of a
// snapshot, and nothing else under system.
func TestFiguresMatchDiagnostics(t *testing.T) {
	var nameable, fields []string
	for _, f := range policies.Figures() {
		nameable = append(nameable, f.Path)
	}
	for _, path := range diagnostics.Paths() {
		fields = append(fields, "system."+path)
		if rest, ok := strings.CutPrefix(path, "disk."); ok {
			fields = append(fields, "system.disks."+rest)
		}
	}
	slices.Sort(fields)
	for _, path := range fields {
		if !slices.Contains(nameable, path) {
			t.Errorf("no threshold can name %s, a field of a snapshot", path)
		}
	}
	for _, path := range nameable {
		if !slices.Contains(fields, path) {
			t.Errorf("a threshold can name %s, which is not a field of a snapshot", path)
		}
	}
}
