package ledger

import (
	"errors"
	"slices"
	"sync"
	"testing"
)

func TestHoldRefusesBeyondLimit(t *testing.T) {
	l := New(1000)
	a := l.Open(100, false)
	if a.Grow(60) != nil || a.Grow(101) == nil || a.Room() != 40 {
		t.Errorf("room for %d", a.Room())
	}
	if err := a.Hold(41); !errors.Is(err, ErrRun) {
		t.Errorf("%v", err)
	}
	if err := a.Hold(40); err != nil || a.Room() != 0 || a.Held() != 40 {
		t.Errorf("%v, room for %d", err, a.Room())
	}
	if a.Grow(61) == nil {
		t.Error("linear memory grew beyond the limit")
	}
	a.Release(10)
	if a.Grow(70) != nil || a.Grow(71) == nil {
		t.Error("released memory is not available to linear memory")
	}
	if held, _ := l.Held(); held != 30 {
		t.Errorf("%d are held", held)
	}
	a.Close()
	a.Close()
	a.Release(5)
	if held, _ := l.Held(); held != 0 || a.Hold(1) != nil {
		t.Errorf("%d are held", held)
	}
}

func TestThirdPartyLeavesRoomForBundledGuests(t *testing.T) {
	l := New(1000)
	stranger, bundled := l.Open(1<<40, false), l.Open(1<<40, true)
	if err := stranger.Hold(751); !errors.Is(err, ErrSum) {
		t.Errorf("%v", err)
	}
	if err := errors.Join(stranger.Hold(750), bundled.Hold(250)); err != nil {
		t.Error(err)
	}
	if err := bundled.Hold(1); !errors.Is(err, ErrSum) {
		t.Errorf("%v", err)
	}
	stranger.Close()
	if err := bundled.Hold(750); err != nil {
		t.Errorf("bundled guests may hold all of it: %v", err)
	}
	l.Limit(500)
	if err := bundled.Hold(1); !errors.Is(err, ErrSum) {
		t.Errorf("%v", err)
	}
	bundled.Release(501)
	if err := bundled.Hold(1); err != nil {
		t.Error(err)
	}
}

// However runs interleave, nothing leaks and the limit holds.
func TestLedgerHammer(t *testing.T) {
	l := New(10_000)
	var all sync.WaitGroup
	for n := range 16 {
		all.Go(func() {
			for i := range 1000 {
				a := l.Open(4000, n%2 == 0)
				for range i % 7 {
					_ = a.Hold(i % 900) // either outcome is fine
				}
				if held, limit := l.Held(); held > limit {
					t.Errorf("%d are held", held)
				}
				a.Release(i % 500)
				a.Close()
			}
		})
	}
	all.Wait()
	if held, _ := l.Held(); held != 0 || l.thirdParty != 0 {
		t.Errorf("%d are held, %d of them by third-party guests", held, l.thirdParty)
	}
}

func TestZeroAccountCountsNothing(t *testing.T) {
	var a Account
	if a.Hold(1) != nil || a.Grow(1<<40) != nil || a.Held() != 0 || a.Room() <= 0 {
		t.Error("the zero Account refused")
	}
	a.Release(1)
	a.Close()
}

// TestGuestsShareGrowth checks that the first memory of a guest and what an ordinary
// one grows by are free, that the rest counts until the run ends, and that the limit is
// for all.
func TestGuestsShareGrowth(t *testing.T) {
	l := New(1000)
	const first = 5000
	const free = first + smallGrowth
	a, b := l.Open(1<<40, true), l.Open(1<<40, true)
	if err := errors.Join(a.Grow(first), b.Grow(first), a.Grow(1<<30)); err != nil {
		t.Fatalf("without a limit: %v", err)
	}
	a.Close()
	a = l.Open(1<<40, true)
	l.LimitGrowth(100, 0)
	if err := errors.Join(a.Grow(first), a.Grow(free+60), b.Grow(free+40)); err != nil {
		t.Fatalf("within the limit: %v", err)
	}
	if err := b.Grow(free + 41); !errors.Is(err, ErrSum) {
		t.Errorf("beyond the limit: %v", err)
	}
	ordinary := l.Open(1<<40, true)
	if err := errors.Join(ordinary.Grow(first), ordinary.Grow(free)); err != nil {
		t.Errorf("an ordinary run: %v", err)
	}
	a.Close()
	if err := b.Grow(free + 100); err != nil {
		t.Errorf("after the end of the other run: %v", err)
	}
	l.LimitGrowth(50, 0)
	if err := errors.Join(b.Grow(free+150), b.Grow(free+120), b.Grow(free+150)); err != nil {
		t.Errorf("the limit is what there is and 50 more: %v", err)
	}
	l.LimitGrowth(0, 200)
	if err := b.Grow(free + 201); !errors.Is(err, ErrSum) || b.Grow(free+200) != nil {
		t.Errorf("at least 200: %v", err)
	}
	b.Close()
	l.LimitGrowth(1<<63-1, 0)
	if l.grown != 0 || l.growth != 1<<63-1 {
		t.Errorf("%d have grown, the limit is %d", l.grown, l.growth)
	}
}

// TestGrowthIsAskedFor expects that every growth is asked for except for the first, which
// comes before the run, and that what is refused is not counted.
func TestGrowthIsAskedFor(t *testing.T) {
	l := New(1000)
	var asked []bool
	may := true
	l.AskBeforeGrowth(func(ordinary bool) bool {
		asked = append(asked, ordinary)
		return may
	})
	const first, free = 5000, 5000 + smallGrowth
	a := l.Open(1<<40, true)
	if err := errors.Join(a.Grow(first), a.Grow(free), a.Grow(free+1), a.Grow(free)); err != nil {
		t.Fatal(err)
	}
	may = false
	if err := a.Grow(free + 1); !errors.Is(err, ErrSum) {
		t.Errorf("%v", err)
	}
	if want := []bool{true, false, false}; !slices.Equal(asked, want) || l.grown != 0 {
		t.Errorf("asked %v, want %v; %d have grown", asked, want, l.grown)
	}
}

func TestLargeRunsLeaveRoomForSmallOnes(t *testing.T) {
	l := New(8 * small)
	large, ordinary := l.Open(1<<40, true), l.Open(1<<40, true)
	if err := large.Hold(7*small + 1); !errors.Is(err, ErrSum) {
		t.Errorf("%v", err)
	}
	if err := errors.Join(large.Hold(7*small), ordinary.Hold(small)); err != nil {
		t.Error(err)
	}
	if err := ordinary.Hold(1); !errors.Is(err, ErrSum) {
		t.Errorf("%v", err)
	}
}

// TestSharesFitTogether checks that two runs of a kind can hold their shares at the
// same time, however little memory there is, and that with enough of it a run's own
// limit is what counts.
func TestSharesFitTogether(t *testing.T) {
	for _, bundled := range []bool{true, false} {
		l := New(12 << 20)
		a, b := l.Open(32<<20, bundled), l.Open(32<<20, bundled)
		for _, of := range []*Account{&a, &b} {
			if of.Share() < 4<<20 {
				t.Errorf("bundled %v: the share is %d bytes", bundled, of.Share())
			}
			if err := of.Hold(int(of.Share())); err != nil {
				t.Errorf("bundled %v: %v", bundled, err)
			}
		}
		l.Limit(256 << 20)
		if got := a.Share(); got != a.Room() {
			t.Errorf("bundled %v: the share is %d bytes and the room %d", bundled, got, a.Room())
		}
	}
	var zero Account
	if zero.Share() != zero.Room() {
		t.Error("an account that counts nothing limits the share")
	}
}
