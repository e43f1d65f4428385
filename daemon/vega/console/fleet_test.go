package console

import (
	"fmt"
	"strings"
	"testing"

	"vega/daemon/engine"
	"vega/policies/check"
)

// TestFleetIsSummedUpOnce checks that an integration whose instances share the only
// line of the table has no summary, which would repeat that line.
func TestFleetIsSummedUpOnce(t *testing.T) {
	reports := func(n, failed int) (all []engine.Report) {
		for k := range n {
			r := engine.Report{Name: fmt.Sprintf("fleet.web%d", k), Status: check.Healthy}
			if k < failed {
				r.Status = check.Unhealthy
			}
			all = append(all, r)
		}
		return all
	}
	for _, tt := range []struct {
		instances, failed, rows int
		summary                 string
	}{
		{2, 0, 2, "fleet: 2 healthy of 2 instances\n"},
		{100, 0, 1, ""},
		{100, 3, 4, "fleet: 97 healthy, 3 unhealthy of 100 instances\n"},
		{100, 100, 100, "fleet: 100 unhealthy of 100 instances\n"},
	} {
		all := reports(tt.instances, tt.failed)
		var out strings.Builder
		f := fleetOf(all)
		f.write(&out)
		if rows := len(f.rows(all)); rows != tt.rows || out.String() != tt.summary {
			t.Errorf("%d instances, %d unhealthy: %d rows, %q", tt.instances, tt.failed, rows, &out)
		}
	}
}
