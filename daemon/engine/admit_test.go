package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"vega/plugins/sockets"
)

func TestOnlyTheWaitForOtherRunsCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := New(Options{MaxRunning: 1, Sockets: sockets.NewPool(1000)})
		began := time.Now()
		time.Sleep(300 * time.Millisecond) // a busy machine
		first, err := e.admit(t.Context(), &integration{}, began, time.Minute)
		if err != nil || first.waited != 0 {
			t.Fatalf("alone: %+v, %v", first, err)
		}
		time.AfterFunc(time.Second, first.release)
		second, err := e.admit(t.Context(), &integration{}, began, time.Minute)
		if err != nil || second.waited != time.Second {
			t.Fatalf("after another: %+v, %v", second, err)
		}
		second.release()

		e.Share(SocketsPerRun, 0)
		if first, err = e.admit(t.Context(), &integration{}, time.Now(), time.Minute); err != nil || first.waited != 0 {
			t.Fatalf("with descriptors for one: %+v, %v", first, err)
		}
		e.places.resize(2)
		time.AfterFunc(2*time.Second, first.release)
		if second, err = e.admit(t.Context(), &integration{}, time.Now(), time.Minute); err != nil || second.waited != 2*time.Second {
			t.Fatalf("without descriptors: %+v, %v", second, err)
		}
		second.release()
	})
}
