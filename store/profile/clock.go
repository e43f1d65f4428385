package profile

import "time"

// Reading the clock is half the cost of a measurement. So now reads only the
// monotonic clock, and the time of day is read occasionally.

// anchor is a reading of both clocks at the same time.
type anchor struct {
	clock time.Duration
	wall  int64 // nanoseconds of Unix time
}

// anchored is how long an anchor is used. A step of the time of day shows in
// entries with this delay.
const anchored = time.Second

// now returns the time since the profiler was created.
func (p *Profiler) now() time.Duration { return time.Since(p.epoch) }

// wall converts a time of the profiler's clock to nanoseconds of Unix time.
func (p *Profiler) wall(moment time.Duration) int64 {
	a := p.anchor.Load()
	if a == nil || moment-a.clock > anchored {
		now := time.Now()
		a = &anchor{clock: now.Sub(p.epoch), wall: now.UnixNano()}
		p.anchor.Store(a)
	}
	return a.wall + int64(moment-a.clock)
}
