package plugins_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/plugins"
	"vega/plugins/manifest"
	"vega/policies/check"
	"vega/store/sqlite"
)

// A query on SQLite that still computes when the time is up waited for nothing: it
// is the probe's fault and not a timeout of the database, whatever the probe
// reports.
func TestComputingAtTheDeadlineIsNotATimeout(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	own, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	reader, err := sqlite.OpenForeign(path, sqlite.OnAccount(plugins.Accounts{}))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	s := newSandbox(t, plugins.Options{CPUBudget: time.Hour, Databases: files{reader}})
	m := s.guest(t)
	in := input(t, "query", manifest.Values{
		"database": manifest.Plain("app"), "sql": manifest.Plain("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n) SELECT max(x) FROM n"),
	})
	in.Timeout = time.Second
	got := m.Run(t.Context(), in)
	starved := got.Cause == check.Host && strings.Contains(got.Message, "no processor to spare")
	if !starved && (got.Status != check.Unknown || got.Cause != check.Probe || !strings.Contains(got.Message, "still computing at its deadline of 1s")) {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
	if held := s.HostMemoryHeld(); held != 0 {
		t.Errorf("%d bytes are still counted", held)
	}
}

// Work outside of a run is done and charged to no run.
func TestComputingOutsideOfARun(t *testing.T) {
	done := false
	if err := (plugins.Accounts{}).Compute(t.Context(), 1<<40, func() { done = true }); err != nil || !done {
		t.Errorf("%v %v", done, err)
	}
	if room := (plugins.Accounts{}).Room(t.Context()); room < 1<<30 {
		t.Errorf("room for %d bytes", room)
	}
}
