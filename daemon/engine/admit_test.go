package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"vega/plugins/sockets"
)

// admitted waits for a slot.
func admitted(t *testing.T, e *Engine, began time.Time) *slot {
	t.Helper()
	ready := make(chan error, 1)
	w := (&integration{}).waiter(began, time.Minute)
	w.start = func(err error) { ready <- err }
	if e.places.enter(w) {
		w.start(nil)
	}
	s, err := e.admit(t.Context(), w, <-ready)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOnlyTheWaitForOtherRunsCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := New(Options{MaxRunning: 1, Sockets: sockets.NewPool(1000)})
		began := time.Now()
		time.Sleep(300 * time.Millisecond) // a busy machine
		first := admitted(t, e, began)
		if first.waited != 0 {
			t.Fatalf("alone: %+v", first)
		}
		time.AfterFunc(time.Second, first.release)
		second := admitted(t, e, began)
		if second.waited != time.Second {
			t.Fatalf("after another: %+v", second)
		}
		second.release()

		e.Share(SocketsPerRun, 0)
		if first = admitted(t, e, time.Now()); first.waited != 0 {
			t.Fatalf("with descriptors for one: %+v", first)
		}
		e.places.resize(2)
		time.AfterFunc(2*time.Second, first.release)
		if second = admitted(t, e, time.Now()); second.waited != 2*time.Second {
			t.Fatalf("without descriptors: %+v", second)
		}
		second.release()
	})
}
