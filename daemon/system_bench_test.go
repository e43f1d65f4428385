package daemon

import (
	"os"
	"path/filepath"
	"testing"

	"vega/daemon/config"
)

// openedFor is a daemon with nothing to check, and the thresholds that it comes
// with.
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
	if err := d.lookout.Wait(b.Context()); err != nil {
		b.Fatal(err)
	}
	return d
}

func BenchmarkSystem(b *testing.B) {
	d := openedFor(b)
	for b.Loop() {
		if _, err := d.System(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSystemSummary(b *testing.B) {
	d := openedFor(b)
	for b.Loop() {
		if _, err := d.SystemSummary(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
