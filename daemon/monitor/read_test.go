package monitor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vega/daemon/diagnostics"
	"vega/policies"
)

// known are databases with the given figures.
type known []policies.Reading

func (k known) Figures(time.Time) []policies.Reading    { return k }
func (known) Sentences(string, string) ([]string, bool) { return nil, false }

// Reported returns the readings of a path, and of all its series.
func (k known) Reported(_ time.Time, path string) (all []policies.Reading) {
	for _, r := range k {
		if r.Resource == path {
			all = append(all, r)
		}
	}
	return all
}

// newMonitor returns a monitor of this machine that is closed at the end of the test.
func newMonitor(t testing.TB) *Monitor {
	t.Helper()
	m, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// TestReadHasEveryPath reads all figures that an alert can name, and some that don't exist.
func TestReadHasEveryPath(t *testing.T) {
	m := newMonitor(t)
	if err := m.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	d := known{
		{Resource: "database.a.pool.percent", Subject: "a", Value: 50},
		{Resource: "database.b.pool.percent", Subject: "b", Value: 75},
		{Resource: "database.b.queries.slowest", Subject: "b", Unknown: "no probe has queried it yet"},
	}
	var paths []string
	for _, f := range policies.Figures() {
		paths = append(paths, f.Path)
	}
	none := []string{"system.nothing", "system.memory", "system.", "memory.percent", "", "database.c.pool.percent", "database.b", "\x00"}
	paths = append(append(paths, none...), "databases.pool.percent", "databases.wal_bytes", "database.b.pool.percent", "database.b.queries.slowest")
	all, err := m.Read(t.Context(), paths, d)
	if err != nil || len(all) != len(paths) {
		t.Fatalf("%d of %d, %v", len(all), len(paths), err)
	}
	for path, readings := range all {
		if len(readings) == 0 && path != "databases.wal_bytes" {
			t.Errorf("%q has no reading", path)
		}
		for _, r := range readings {
			if r.Unknown == "no reason given" {
				t.Errorf("%q: %+v", path, r)
			}
		}
	}
	for _, path := range none {
		if r := all[path]; len(r) != 1 || r[0].Unknown == "" || r[0].Resource != path {
			t.Errorf("%q: %+v", path, r)
		}
	}
	for path, want := range map[string]int{"databases.pool.percent": 2, "databases.wal_bytes": 0, "database.b.pool.percent": 1, "system.memory.percent": 1} {
		if len(all[path]) != want {
			t.Errorf("%s: %+v", path, all[path])
		}
	}
	if r := all["system.memory.percent"][0]; r.Value <= 0 || r.Unknown != "" {
		t.Errorf("%+v", r)
	}
	if r := all["system.disks.percent"]; r[0].Subject == "" || r[0].Resource != "system.disk.percent" {
		t.Errorf("%+v", r)
	}
}

// TestReadOfWhatTheConfigurationDefines reads series of a metric block and a metric of an
// integration, and one that is gone.
func TestReadOfWhatTheConfigurationDefines(t *testing.T) {
	m := newMonitor(t)
	d := known{
		{Resource: "metric.orders", Subject: `{state="open"}`, Value: 7},
		{Resource: "metric.orders", Subject: `{state="stuck"}`, Value: 150},
		{Resource: "integration.web.total_ms", Value: 1500, ReportedUnit: policies.Milliseconds},
	}
	all, err := m.Read(t.Context(), []string{"metric.orders", "integration.web.total_ms", "metric.gone", "integration.web.gone"}, d)
	if err != nil || len(all["metric.orders"]) != 2 || all["integration.web.total_ms"][0].Value != 1500 {
		t.Errorf("%+v, %v", all, err)
	}
	for _, path := range []string{"metric.gone", "integration.web.gone"} {
		if r := all[path]; len(r) != 1 || r[0].Unknown == "" || r[0].Resource != path {
			t.Errorf("%s: %+v", path, r)
		}
	}
	by := policies.NewThresholds([]policies.Threshold{
		{Name: "orders", Resource: "metric.orders", Unit: policies.Count, Error: new(100.0), At: "vega.hcl:3"},
		{Name: "slow", Resource: "integration.web.total_ms", Warning: new(1000.0), At: "vega.hcl:7"},
		{Name: "gone", Resource: "metric.gone", Warning: new(1.0)},
	}, nil)
	s, err := m.Summarize(t.Context(), by, d)
	if err != nil || len(s.Warnings) != 2 {
		t.Fatalf("%+v, %v", s.Warnings, err)
	}
	if lines := m.Strain(t.Context(), by, d); len(lines) != 0 {
		t.Errorf("a metric is a strain on this machine: %q", lines)
	}
	for n, want := range []string{
		`metric.orders{state="stuck"} is 150; error threshold: 100 (vega.hcl:3).`,
		"integration.web.total_ms is 1.5 s; warning threshold: 1 s (vega.hcl:7).",
	} {
		if w := s.Warnings[n]; w.Explanation != want || !strings.HasPrefix(w.WhatToDo, "Run vega history ") {
			t.Errorf("%s %s", w.Explanation, w.WhatToDo)
		}
	}
}

// TestReadOfNothing reads no figure, only those of databases, and after the end.
func TestReadOfNothing(t *testing.T) {
	m := newMonitor(t)
	for _, paths := range [][]string{nil, {"databases.pool.percent"}} {
		if all, err := m.Read(t.Context(), paths, known{}); err != nil || len(all) != len(paths) {
			t.Errorf("%v, %v", all, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Read(ended, []string{"system.memory.percent"}, known{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Read(t.Context(), []string{"system.memory.percent"}, known{}); !errors.Is(err, diagnostics.ErrClosed) {
		t.Errorf("%v", err)
	}
	if lines := m.Strain(t.Context(), policies.NewThresholds(nil, nil), known{}); len(lines) != 0 {
		t.Errorf("%q", lines)
	}
}

// TestRatesAreOfTheLastWindow checks that averages over a long time, or since the start,
// are unknown.
func TestRatesAreOfTheLastWindow(t *testing.T) {
	used := 87.5
	for _, c := range []struct {
		basis    string
		windowMS float64
		known    bool
	}{
		{diagnostics.BasisWindow, 15_000, true},
		{diagnostics.BasisWindow, 60_000, true},
		{diagnostics.BasisWindow, 60_001, false},
		{diagnostics.BasisStart, 1000, false},
	} {
		s := diagnostics.Snapshot{Summary: diagnostics.Summary{CPU: diagnostics.CPU{Basis: c.basis, WindowMS: c.windowMS, SystemPercent: &used, ProcessPercent: &used, Load1: &used}}}
		r := readingsOf(s, nil)
		for path, rate := range map[string]bool{"system.cpu.system_percent": true, "system.cpu.process_percent": true, "system.cpu.load1": false} {
			if got := r.sampled(path); len(got) != 1 || (got[0].Unknown == "") != (c.known || !rate) {
				t.Errorf("%+v: %+v", c, got)
			}
		}
	}
	measuredPaths := 0
	for _, f := range policies.Figures() {
		if measured(f.Path) {
			measuredPaths++
		} else if strings.Contains(f.Path, "cpu") && strings.HasSuffix(f.Path, "percent") {
			t.Errorf("%s is measured over a window", f.Path)
		}
	}
	if measuredPaths == 0 {
		t.Error("no path is measured")
	}
}

// TestStrainSaysOnlyWhatIsAbnormal covers none, the order, and too many.
func TestStrainSaysOnlyWhatIsAbnormal(t *testing.T) {
	m := newMonitor(t)
	var d known
	var warn []policies.Threshold
	for n := range 9 {
		name := fmt.Sprintf("database.db%d.pool.percent", n)
		d = append(d, policies.Reading{Resource: name, Subject: fmt.Sprintf("db%d", n), Value: float64(10 * n)})
	}
	warn = append(warn, policies.Threshold{Name: "pool", Resource: "databases.pool.percent", Unit: policies.Percent, Warning: new(60.0), Error: new(80.0), At: "vega.hcl:1"})
	if lines := m.Strain(t.Context(), policies.NewThresholds(warn, nil), d[:6]); len(lines) != 0 {
		t.Errorf("%q", lines)
	}
	lines := m.Strain(t.Context(), policies.NewThresholds(warn, nil), d)
	if len(lines) != 3 || !strings.Contains(lines[0], "database.db8 is 80 % (error threshold: 80 %)") || !strings.Contains(lines[2], "db7 is 70 %") {
		t.Errorf("%q", lines)
	}
	warn[0].Warning = new(0.0)
	lines = m.Strain(t.Context(), policies.NewThresholds(warn, nil), d)
	if len(lines) != maxStrain+1 || lines[maxStrain] != "4 more figures have reached their thresholds" {
		t.Errorf("%q", lines)
	}
}

// hanging are databases whose figures can't be read until open is closed.
type hanging struct {
	open  chan struct{}
	asked atomic.Int32
}

func (h *hanging) Figures(time.Time) []policies.Reading {
	h.asked.Add(1)
	<-h.open
	return nil
}
func (*hanging) Sentences(string, string) ([]string, bool)     { return nil, false }
func (*hanging) Reported(time.Time, string) []policies.Reading { return nil }

// TestStrainDoesNotWait lets many callers ask while the state can't be read. Each has a
// reply after 50 ms, and they share one reading.
func TestStrainDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMonitor(t)
		h := &hanging{open: make(chan struct{})}
		none := policies.NewThresholds(nil, nil)
		began := time.Now()
		for range 20 {
			if lines := m.Strain(t.Context(), none, h); len(lines) != 1 || !strings.Contains(lines[0], "within 50ms") {
				t.Errorf("%q", lines)
			}
		}
		if took := time.Since(began); took != 20*strainWait || h.asked.Load() != 1 {
			t.Errorf("%v, %d readings", took, h.asked.Load())
		}
		close(h.open)
		synctest.Wait()
		if lines := m.Strain(t.Context(), none, h); len(lines) != 0 || h.asked.Load() != 2 {
			t.Errorf("%q", lines)
		}
	})
}

// defaults are the figures that the built-in alerts name.
var defaults = []string{
	"databases.queries.slowest", "system.memory.percent", "system.cpu.system_percent",
	"system.file_descriptors.percent", "databases.pool.percent",
}

// BenchmarkRead reads the figures of the built-in alerts, all figures, and the strain.
func BenchmarkRead(b *testing.B) {
	m := newMonitor(b)
	var all []string
	for _, f := range policies.Figures() {
		all = append(all, f.Path)
	}
	for _, c := range []struct {
		name string
		call func() error
	}{
		{"defaults", func() error { _, err := m.Read(b.Context(), defaults, known{}); return err }},
		{"all", func() error { _, err := m.Read(b.Context(), all, known{}); return err }},
		{"strain", func() error { m.Strain(b.Context(), policies.NewThresholds(nil, nil), known{}); return nil }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := c.call(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
