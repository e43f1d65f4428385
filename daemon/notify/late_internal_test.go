package notify

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// What is kept is tried again after a minute, and then less and less often, until nothing
// is kept. The oldest mails make room.
func TestLateIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l late
		var mu sync.Mutex // of at
		var at []time.Duration
		start := time.Now()
		var retry func()
		retry = func() {
			mu.Lock()
			defer mu.Unlock()
			at = append(at, time.Since(start))
			if len(at) == 8 {
				l.take()
			}
			l.again(retry)
		}
		for range maxLate + 5 {
			l.add(mailing{to: []string{"a@example.com"}, since: start}, retry)
		}
		if len(l.mails) != maxLate {
			t.Errorf("%d mails are kept", len(l.mails))
		}
		time.Sleep(24 * time.Hour)
		mu.Lock()
		defer mu.Unlock()
		want := []time.Duration{1, 3, 7, 15, 31, 61, 91, 121}
		if len(at) != len(want) {
			t.Fatalf("tried at %v", at)
		}
		for i := range want {
			if at[i] != want[i]*time.Minute {
				t.Errorf("attempt %d after %v, want %d minutes", i, at[i], want[i])
			}
		}
		l.add(mailing{}, retry)
		l.take()
	})
}
