package profile

import "time"

// Half of what a measurement costs is the clock. So there is one that reads
// the monotonic clock only, and the time of day comes from now and then.

// anchor is a reading of both clocks at once.
type anchor struct {
	clock time.Duration
	wall  int64 // nanoseconds of Unix time
}

// anchored is for how long the clocks are taken to go alike: a step of the
// time of day shows in entries that much later.
const anchored = time.Second

// now is the time since the profiler was made.
func (p *Profiler) now() time.Duration { return time.Since(p.epoch) }

// wall is the time of day at a moment of the profiler's clock, in nanoseconds
// of Unix time.
func (p *Profiler) wall(moment time.Duration) int64 {
	a := p.anchor.Load()
	if a == nil || moment-a.clock > anchored {
		now := time.Now()
		a = &anchor{clock: now.Sub(p.epoch), wall: now.UnixNano()}
		p.anchor.Store(a)
	}
	return a.wall + int64(moment-a.clock)
}
