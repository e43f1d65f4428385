package databases

import (
	"path/filepath"
	"testing"
	"time"

	"vega/store/profile"
)

func TestFiguresSinceASample(t *testing.T) {
	begin := time.Now()
	at := func(after time.Duration, total, failed, slow int64, waitMS float64) sample {
		return sample{begin.Add(after), profile.Totals{Since: begin, Total: total, Failed: failed, Slow: slow, Pools: []profile.Pool{{MaxOpen: 1, InUse: 1}, {MaxOpen: 4, InUse: 3, WaitMS: waitMS}}}}
	}
	reset := at(time.Minute, 30, 0, 3, 1000)
	reset.Since = begin.Add(30 * time.Second)
	for _, c := range []struct {
		name          string
		from          *sample
		to            sample
		slow, failed  float64
		waiting, pool float64 // -1: unknown
	}{
		{"the first sample", nil, at(time.Minute, 100, 5, 10, 1000), 10, 5, -1, 75},
		{"since another sample", new(at(0, 100, 5, 10, 1000)), at(10*time.Second, 200, 5, 60, 21000), 50, 0, 2, 75},
		{"no new queries", new(at(0, 100, 5, 10, 1000)), at(10*time.Second, 100, 5, 10, 1000), 0, 0, 0, 75},
		{"too few queries", new(at(0, 100, 5, 10, 0)), at(10*time.Second, 110, 5, 12, 0), -1, 0, 0, 75},
		{"reset", new(at(0, 100, 5, 10, 1000)), reset, 10, 0, 0, 75},
	} {
		got := c.to.since(c.from)
		for name, want := range map[string]float64{"queries.slow_percent": c.slow, "queries.failed_percent": c.failed, "pool.waiting": c.waiting, "pool.percent": c.pool} {
			f := got[name]
			if want < 0 && f.reason == "" || want >= 0 && (f.reason != "" || f.value != want) {
				t.Errorf("%s: %s is %+v, want %v", c.name, name, f, want)
			}
		}
	}
	waited := sample{Totals: profile.Totals{Pools: []profile.Pool{{MaxOpen: 4, InUse: 3, Waiting: 1}}, SlowestMS: 7}}
	if f := waited.since(nil); f["pool.percent"].value != 100 || f["queries.slowest"].value != 7 {
		t.Errorf("while a query waits: %+v", f)
	}
	if f := (sample{}).poolUse(); f.reason == "" {
		t.Errorf("%+v", f)
	}
}

// TestSamplerLooksBackTwoMinutes checks that a sampler looks back two minutes, or
// further if the previous sample is older.
func TestSamplerLooksBackTwoMinutes(t *testing.T) {
	begin := time.Now()
	s := sampler{}
	for _, after := range []time.Duration{0, time.Minute, 2 * time.Minute} {
		s.samples = append(s.samples, sample{at: begin.Add(after)})
	}
	for _, c := range []struct{ now, want time.Duration }{{2 * time.Minute, 0}, {150 * time.Second, time.Minute}, {time.Hour, 2 * time.Minute}} {
		if got := s.earlier(begin.Add(c.now)).at.Sub(begin); got != c.want {
			t.Errorf("at %v it looks back to %v, want %v", c.now, got, c.want)
		}
	}
}

func TestSizeOfMissingFileIsZero(t *testing.T) {
	if n, err := sizeOf(filepath.Join(t.TempDir(), "none")); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := sizeOf("\x00"); err == nil {
		t.Error("no error")
	}
}
