package plugins

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// First come, first served; who gives up waiting costs nobody a token.
func TestLaneIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := lane{free: 1}
		if !l.take(t.Context()) {
			t.Fatal("there was one")
		}
		var served []int
		var all sync.WaitGroup
		for n := range 6 {
			all.Go(func() {
				patience := time.Hour
				if n%2 == 1 {
					patience = time.Second
				}
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				if l.take(ctx) {
					served = append(served, n)
					l.give()
				}
			})
			synctest.Wait()
		}
		time.Sleep(2 * time.Second)
		l.give()
		all.Wait()
		if !slices.Equal(served, []int{0, 2, 4}) || l.free != 1 || l.queue.Len() != 0 {
			t.Errorf("served %v, %d free, %d in line", served, l.free, l.queue.Len())
		}
	})
}

// Tokens are neither lost nor made, also where patience ends as one is handed
// over.
func TestLaneHammer(t *testing.T) {
	l := lane{free: 3}
	var mu sync.Mutex
	holding := 0
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for n := range 500 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n%50)*time.Microsecond)
				if l.take(ctx) {
					mu.Lock()
					holding++
					if holding > 3 {
						t.Errorf("%d hold a token", holding)
					}
					mu.Unlock()
					time.Sleep(time.Microsecond)
					mu.Lock()
					holding--
					mu.Unlock()
					l.give()
				}
				cancel()
			}
		})
	}
	all.Wait()
	if l.free != 3 || l.queue.Len() != 0 {
		t.Errorf("%d free, %d in line", l.free, l.queue.Len())
	}
}
