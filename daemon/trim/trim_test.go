package trim

import (
	"context"
	"runtime/debug"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestMemoryIsGivenBackOnceThingsSettle counts when memory is given back after the
// start, a burst of changes, and while something changes all the time.
func TestMemoryIsGivenBackOnceThingsSettle(t *testing.T) {
	collected, dropped := timesOfGivingBack(t, func(changed, _ Notices) {
		time.Sleep(200 * time.Second)
		for range 5 { // a burst
			changed.Note()
			time.Sleep(time.Second)
		}
		time.Sleep(195 * time.Second)
		for range 100 { // faster than things can settle
			changed.Note()
			time.Sleep(2 * time.Second)
		}
		time.Sleep(time.Hour)
	})
	want := []time.Duration{5 * time.Second, 40 * time.Second, 209 * time.Second, 603 * time.Second}
	if !slices.Equal(collected, want) || !slices.Equal(dropped, want) {
		t.Errorf("collected after %v, dropped after %v, want %v", collected, dropped, want)
	}
}

// TestPagesAreUnmappedWhileNothingRuns counts when the program's pages are unmapped
// with runs now and then, with several in a row, and without a pause.
func TestPagesAreUnmappedWhileNothingRuns(t *testing.T) {
	collected, dropped := timesOfGivingBack(t, func(_, ended Notices) {
		time.Sleep(100 * time.Second)
		ended.Note() // two runs in a row: 102
		time.Sleep(500 * time.Millisecond)
		ended.Note()
		time.Sleep(2500 * time.Millisecond)
		ended.Note() // 3 s later, but not sooner than after 10: 112.5
		time.Sleep(97 * time.Second)
		for range 1000 { // without a pause
			ended.Note()
			time.Sleep(time.Second)
		}
		time.Sleep(time.Hour)
	})
	want := []time.Duration{5 * time.Second, 40 * time.Second, 102500 * time.Millisecond, 112500 * time.Millisecond, 1201 * time.Second}
	if !slices.Equal(dropped, want) {
		t.Errorf("dropped after %v, want %v", dropped, want)
	}
	if want := []time.Duration{want[0], want[1], want[4]}; !slices.Equal(collected, want) { // at most every 5 minutes
		t.Errorf("collected after %v, want %v", collected, want)
	}
}

// timesOfGivingBack returns when giveBack collected and dropped while what ran.
func timesOfGivingBack(t *testing.T, what func(changed, ended Notices)) (collected, dropped []time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		changed, ended, began := make(Notices, 1), make(Notices, 1), time.Now()
		done := make(chan struct{})
		go func() {
			giveBack(ctx, changed, ended, memory{
				collect: func() { collected = append(collected, time.Since(began)) },
				drop:    func() { dropped = append(dropped, time.Since(began)) },
			})
			close(done)
		}()
		what(changed, ended)
		cancel()
		<-done
	})
	return collected, dropped
}

func TestTrimmedProgramStillWorks(t *testing.T) {
	for range 3 {
		debug.FreeOSMemory()
		dropProgram()
	}
	if got := slices.Sorted(slices.Values([]string{"b", "a"})); got[0] != "a" {
		t.Error(got)
	}
}
