package daemon

import (
	"context"
	"testing"
	"time"
)

// TestPressure fills the memory of a container step by step.
func TestPressure(t *testing.T) {
	now, readings, freed, garbage := time.Now(), 0, 0, uint64(0)
	b := bound{name: "cgroup /a", limit: 64 * mib, perRun: runMemory}
	p := newPressure(func(context.Context) []bound {
		readings++
		return []bound{{name: "host", limit: 32 << 30}, {name: "RLIMIT_AS", limit: mib, held: mib, space: true}, b}
	})
	p.now = func() time.Time { return now }
	p.free = func() {
		freed++
		b.held -= garbage
		garbage = 0
	}
	p.note([]bound{{name: "host", limit: 32 << 30}, {name: "RLIMIT_AS", limit: mib, held: mib, space: true}})
	b.held = 64 * mib
	if !p.mayGrow(false) || readings != 0 {
		t.Errorf("with ample memory at the last reading: refused, or %d readings", readings)
	}
	p.note([]bound{b})
	for n, c := range []struct {
		held, garbage     uint64 // MiB
		after             time.Duration
		large, ordinary   bool
		readings, freeing int
	}{
		{52, 0, time.Minute, true, true, 1, 0},
		{53, 0, time.Minute, true, true, 2, 1}, // a quarter of the reserve is used
		{56, 0, time.Second, true, true, 2, 1},
		{57, 0, time.Second, false, true, 2, 1},
		{61, 0, time.Second, false, false, 2, 1},
		{70, 0, time.Second, false, false, 2, 1},
		{61, 9, time.Second, true, true, 2, 1},               // what is given back is used
		{61, 9, relief / 2, false, false, 1, 0},              // but only once a second
		{50, 0, readingAge - 1, false, false, 0, 0},          // the last reading is still used
		{50, 0, time.Millisecond, true, true, 1, 0},          // it is too old
		{0, 0, time.Hour, true, true, 1, 0},                  // all is well again
		{^uint64(0) / mib, 0, time.Hour, false, false, 2, 1}, // more than the limit
	} {
		readings, freed = 0, 0
		now, b.held, garbage = now.Add(c.after), c.held*mib, c.garbage*mib
		large, ordinary := p.mayGrow(false), p.mayGrow(true)
		if large != c.large || ordinary != c.ordinary || readings != c.readings || freed != c.freeing {
			t.Errorf("%d: large %v, ordinary %v, %d readings, freed %d times; want %+v", n, large, ordinary, readings, freed, c)
		}
	}
}
