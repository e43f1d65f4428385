package profile

import (
	"testing"
	"time"
)

// TestTotalsMatchStats compares them before and after a Reset.
func TestTotalsMatchStats(t *testing.T) {
	p := New(Options{Slow: time.Millisecond})
	w := p.window.Load()
	for n := range 10 {
		shape := newShape("s", string(rune('a'+n)))
		shape.stats.add(time.Duration(n)*time.Millisecond, n%3 == 0, n > 0)
		w.shapes[shape.fingerprint] = shape
	}
	w.other.stats.add(time.Second, true, true)
	got, want := p.Totals(), p.Stats().Queries
	if got.Total != want.Total || got.Failed != want.Failed || got.Slow != want.Slow || got.Total != 11 {
		t.Errorf("%+v, and %+v", got, want)
	}
	if p.Reset(); p.Totals().Total != 0 || !p.Totals().Since.After(got.Since) {
		t.Errorf("%+v", p.Totals())
	}
}
