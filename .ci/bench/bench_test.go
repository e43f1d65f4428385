package main

import (
	"testing"
	"time"
)

// at returns times on the wall clock, the given milliseconds into an interval.
func at(ms ...int) []time.Time {
	base := time.Unix(0, 0).Add(1_000_000 * honestEvery)
	var out []time.Time
	for _, m := range ms {
		out = append(out, base.Add(time.Duration(m)*time.Millisecond))
	}
	return out
}

func TestArrivals(t *testing.T) {
	seen := map[string][]time.Time{"/a": at(10, 2015), "/b": at(100, 2100), "/c": at(109, 2111), "/d": at(500)}
	got := arrivalsOf(seen, at(0)[0], 2*time.Second)
	if got.checks != 4 || got.count != 7 || got.first != 500*time.Millisecond || got.burst != 3 {
		t.Errorf("%+v", got)
	}
	if len(got.off) != 3 || quantile(got.off, 1) != 5*time.Millisecond || median(got.off) != 2*time.Millisecond {
		t.Errorf("gaps: %v", got.off)
	}
}

// TestLateness expects phases to wrap around, and lateness to count even if all
// runs are equally late.
func TestLateness(t *testing.T) {
	phases := phasesOf(map[string][]time.Time{"/a": at(1999, 4001, 6005), "/b": at(300, 2310)})
	late := lateness(map[string][]time.Time{"/a": at(500, 3499, 5999), "/b": at(1300, 3300), "/new": at(5)}, phases, at(1000)[0])
	if len(late) != 4 || quantile(late, 0) != 0 || quantile(late, 0.5) != 1000*time.Millisecond || quantile(late, 1) != 1500*time.Millisecond {
		t.Errorf("%v", late)
	}
}
