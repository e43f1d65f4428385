package main

import (
	"testing"
	"time"

	"vega/daemon/engine"
	"vega/daemon/heartbeat"
	"vega/policies/check"
)

// TestOnlineReportsOnlyWhatRan checks that a job that is late, for which nothing ran, is
// no finding.
func TestOnlineReportsOnlyWhatRan(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	found := statusFindings(engine.Health{Integrations: []engine.Report{
		{Name: "job", Probe: heartbeat.Probe, Status: check.Unhealthy, Cause: check.Target, CheckedAt: &at},
		{Name: "web", Probe: "core.http", Status: check.Unhealthy, Cause: check.Target, CheckedAt: &at},
	}}, "vega check -v")
	if len(found) != 1 || found[0].Integration != "web" {
		t.Errorf("%+v", found)
	}
}
