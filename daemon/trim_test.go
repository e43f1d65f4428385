package daemon

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestMemoryIsGivenBackOnceThingsSettle counts when memory is given back after the
// start, a burst of changes, and while something changes all the time.
func TestMemoryIsGivenBackOnceThingsSettle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		changed, began := make(chan struct{}, 1), time.Now()
		var at []time.Duration
		done := make(chan struct{})
		go func() {
			giveBack(ctx, changed, func() { at = append(at, time.Since(began).Round(time.Second)) })
			close(done)
		}()
		time.Sleep(200 * time.Second)
		for range 5 { // a burst
			changed <- struct{}{}
			time.Sleep(time.Second)
		}
		time.Sleep(195 * time.Second)
		for range 100 { // faster than things can settle
			changed <- struct{}{}
			time.Sleep(2 * time.Second)
		}
		time.Sleep(time.Hour)
		cancel()
		<-done
		if want := []time.Duration{5 * time.Second, 40 * time.Second, 209 * time.Second, 603 * time.Second}; !slices.Equal(at, want) {
			t.Errorf("given back after %v, want %v", at, want)
		}
	})
}

func TestTrimmedProgramStillWorks(t *testing.T) {
	for range 3 {
		trim()
	}
	if got := slices.Sorted(slices.Values([]string{"b", "a"})); got[0] != "a" {
		t.Error(got)
	}
}
