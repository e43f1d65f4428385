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

// TestPunctuality expects a tick without an arrival to be missed, one that is late to be
// late, and arrivals outside of the measured time to be left out.
func TestPunctuality(t *testing.T) {
	from, to, every := at(0)[0], at(7900)[0], 2*time.Second
	p := punctualityOf(map[string][]time.Time{
		"/good": at(-500, 100, 2100, 4103, 6100, 8100),
		"/gap":  at(110, 2110, 6110),
		"/late": at(920, 2900, 4900, 6900),
		"/gone": at(-1000),
	}, from, to, every)
	if p.count != 11 || p.missed != 2 {
		t.Errorf("%d arrivals, %d missed; want 11 and 2", p.count, p.missed)
	}
	if len(p.late) != 11 || quantile(p.late, 1) != 20*time.Millisecond || median(p.late) != 0 {
		t.Errorf("late: %v", p.late)
	}
}
