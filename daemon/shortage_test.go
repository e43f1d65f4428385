package daemon_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vega/daemon"
	"vega/daemon/engine"
	"vega/daemon/realtest"
	"vega/policies/check"
	"vega/store/sqlite"
)

// TestEveryProbeUnderShortage runs every bundled probe with an increasing number of
// descriptors, starting at zero. Each run must return its usual result or report a
// shortage, but never blame the target. The test runs in a new process, in which
// nothing is open or cached yet. A shortage must have no effect once there are
// enough descriptors.
func TestEveryProbeUnderShortage(t *testing.T) {
	if !realtest.Apart(t, func() []string { return describeRows(t) }) {
		return
	}
	readEnv(t)
	d := openRows(t, os.Getenv("SHORT_CONFIG"))
	seen := map[int]engine.Health{}
	lefts := []int{0, 1, 2, 3, 4, 6, 10, 16}
	for _, left := range lefts {
		feed := realtest.Starve(t, left)
		seen[left] = allRows(t, d)
		feed()
	}
	plenty := allRows(t, d)
	for n, want := range plenty.Integrations {
		if want.Cause == check.Host {
			t.Errorf("%s with enough descriptors: %s", want.Name, want.Message)
		}
		for _, left := range lefts {
			got := seen[left].Integrations[n]
			short := got.Status == check.Unknown && got.Cause == check.Host && strings.Contains(got.Message, "file descriptor")
			if !short && (got.Status != want.Status || got.Cause != want.Cause) {
				t.Errorf("%s (%s) with %d descriptors left: %s/%s %q, want %s/%s or a shortage", got.Name, got.Probe, left, got.Status, got.Cause, got.Message, want.Status, want.Cause)
			}
			if left == 0 && got.Status == check.Healthy {
				t.Errorf("%s (%s) is healthy without a descriptor: %s", got.Name, got.Probe, got.Message)
			}
		}
	}
}

// allRows runs the integrations sequentially, because concurrent ones would take
// each other's descriptors.
func allRows(t *testing.T, d *daemon.Daemon) (all engine.Health) {
	t.Helper()
	for _, p := range d.Plugins() {
		for _, name := range p.Integrations {
			one, err := d.Health(t.Context(), engine.Query{Names: []string{name}})
			if err != nil {
				t.Fatal(err)
			}
			all.Integrations = append(all.Integrations, one.Integrations...)
		}
	}
	return all
}

// describeRows starts the servers and describes the rows in a file for another
// process. It omits rows that wait for a deadline, because they add nothing, and
// rows about latency, because their result depends on the machine.
func describeRows(t *testing.T) []string {
	t.Helper()
	rows, preamble := everyProbe(t)
	rows = slices.DeleteFunc(rows, func(r row) bool { return r.cause == timeout || r.name == "latency" || r.name == "slow" })
	path := filepath.Join(t.TempDir(), "other.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	preamble += fmt.Sprintf("database \"file\" {\n  driver = \"sqlite\"\n  dsn = %q\n}\n", path)
	rows = append(rows, row{name: "sqlite", probe: "database", config: `    database = database.file`})
	secrets, err := json.Marshal(env)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "env.json")
	if err := os.WriteFile(file, secrets, 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"SHORT_CONFIG=" + writeRows(t, preamble, rows), "SHORT_ENV=" + file}
}

func readEnv(t *testing.T) {
	t.Helper()
	b, err := os.ReadFile(os.Getenv("SHORT_ENV"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &env); err != nil {
		t.Fatal(err)
	}
}
