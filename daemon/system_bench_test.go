package daemon

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"vega/daemon/config"
	"vega/policies/check"
)

// openedFor opens a daemon with no integrations and the built-in thresholds.
func openedFor(b *testing.B) *Daemon {
	b.Helper()
	path := filepath.Join(b.TempDir(), "vega.hcl")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		b.Fatal(err)
	}
	cfg, ds := config.Load(path, config.Options{})
	if cfg == nil {
		b.Fatal(ds)
	}
	d, err := Open(b.Context(), cfg, Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = d.Close() })
	if err := d.monitor.Wait(b.Context()); err != nil {
		b.Fatal(err)
	}
	return d
}

func BenchmarkSystem(b *testing.B) {
	d := openedFor(b)
	timed(b, func() error { _, err := d.System(b.Context()); return err })
}

func BenchmarkSystemSummary(b *testing.B) {
	d := openedFor(b)
	timed(b, func() error { _, err := d.SystemSummary(b.Context()); return err })
}

// timed runs a benchmark that also reports the median and the 99th percentile.
func timed(b *testing.B, ask func() error) {
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		if err := ask(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(check.Milliseconds(took[len(took)/2]), "p50-ms")
	b.ReportMetric(check.Milliseconds(took[len(took)*99/100]), "p99-ms")
}
