// Package clock judges whether the wall clock can be trusted to delete by.
//
// A wall clock can be wrong by years: a board without a battery starts in 1970, a
// virtual machine resumes last week, somebody mistypes a date. By such a clock, new
// entries are old. A Clock compares the progress of the wall clock with the time that
// passed. Where they differ, its Now goes on from the time before, until the wall clock
// is back or has kept steady for a day. A wall clock before Earliest has not been set.
//
// Create a Clock with New, and call Observe each time before deleting. Store State
// with the data, and pass it to New at the next start.
package clock

import (
	"sync"
	"time"
)

// The limits of trust.
const (
	// Tolerance is by how much the wall clock may differ from the time that passed.
	// A clock that is slewed differs by less.
	Tolerance = time.Minute
	// downtime is how long vega may have been stopped without any doubt of the clock.
	downtime = time.Hour
	// probation is for how long a wall clock that jumped must keep steady.
	probation = 24 * time.Hour
)

// Earliest is before the first vega.
var Earliest = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// Reading is a reading of all clocks of this machine at the same time.
type Reading struct {
	Wall  time.Time
	Awake time.Duration // since any moment, without the time that the machine was suspended
	Boot  time.Duration // since any moment, with the time that the machine was suspended
}

// State is what a Clock knows, to be kept across restarts.
type State struct {
	Now    time.Time     // the time to go by; it follows the wall clock while that is trusted
	Wall   time.Time     // the last reading of the wall clock
	Steady time.Duration // for how long the wall clock has not jumped
}

// Verdict is the outcome of an observation.
type Verdict struct {
	Now     time.Time     // the time to delete by; never later than the wall clock
	Wall    time.Time     // the wall clock
	Trusted bool          // whether the wall clock is trusted
	Unset   bool          // whether the wall clock is before Earliest
	Moved   time.Duration // by how much the wall clock jumped last, if it is not trusted
	Started bool          // whether that was before this start, while nobody observed it
	Changed bool          // whether Trusted differs from the observation before
}

// Clock is safe for concurrent use.
type Clock struct {
	read func() Reading

	mu      sync.Mutex
	state   State // zero until the wall clock is set
	last    Reading
	unset   bool
	trusted bool
	moved   time.Duration
	started bool
}

// New returns a Clock that continues from what is known from an earlier start. The
// zero State means that nothing is known, so that the wall clock is trusted. In a
// State without Steady, Wall may be the time of the newest entry that was stored.
func New(read func() Reading, s State) *Clock {
	c := &Clock{read: read, state: s, last: read()}
	c.last.Wall = c.last.Wall.Round(0) // without the monotonic clock
	c.begin(c.last.Wall)
	return c
}

// begin continues from the state with the first reading after a start, or after the
// wall clock was set.
func (c *Clock) begin(wall time.Time) {
	s := &c.state
	if c.unset = wall.Before(Earliest); c.unset {
		c.trusted = false
		return
	}
	if *s == (State{}) {
		*s, c.trusted = State{Now: wall, Wall: wall, Steady: probation}, true
		return
	}
	stopped := wall.Sub(s.Wall)
	if stopped > downtime && stopped >= probation-s.Steady {
		s.Now = s.Wall // the wall clock has moved on by a day since, and never back
	}
	if stopped < -Tolerance || stopped > downtime {
		stopped = 0
	}
	c.advance(wall, max(stopped, 0))
	c.started = !c.trusted
}

// Observe reads the clocks and judges the wall clock.
func (c *Clock) Observe() Verdict {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.read()
	r.Wall = r.Wall.Round(0)
	passed := max(0, r.Awake-c.last.Awake)
	if all := max(0, r.Boot-c.last.Boot); r.Wall.Sub(c.last.Wall.Add(all)).Abs() < r.Wall.Sub(c.last.Wall.Add(passed)).Abs() {
		passed = all
	}
	c.last = r
	before := c.trusted
	if !c.unset && !r.Wall.Before(Earliest) {
		c.advance(r.Wall, passed)
	} else {
		c.skip(passed)
		c.begin(r.Wall)
	}
	v := c.verdict()
	v.Changed = c.trusted != before
	return v
}

// skip lets time pass without a wall clock.
func (c *Clock) skip(passed time.Duration) {
	if s := &c.state; *s != (State{}) {
		s.Now, s.Wall = s.Now.Add(passed), s.Wall.Add(passed)
	}
}

// Verdict returns the outcome of the last observation, or of New.
func (c *Clock) Verdict() Verdict {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.verdict()
}

func (c *Clock) verdict() Verdict {
	v := Verdict{Now: c.state.Now, Wall: c.last.Wall, Trusted: c.trusted, Unset: c.unset}
	if v.Unset || v.Wall.Before(v.Now) {
		v.Now = v.Wall // whichever is right, this deletes less
	}
	if !v.Trusted && !v.Unset {
		v.Moved, v.Started = c.moved, c.started
	}
	return v
}

// State returns what to keep for the next start. It is zero if nothing is known.
func (c *Clock) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// advance continues to the wall clock's reading, after some time has passed.
func (c *Clock) advance(wall time.Time, passed time.Duration) {
	s := &c.state
	s.Steady += passed
	if moved := wall.Sub(s.Wall.Add(passed)); moved.Abs() > Tolerance {
		s.Steady, c.moved, c.started = 0, moved, false
	}
	s.Now, s.Wall = s.Now.Add(passed), wall
	c.trusted = s.Steady >= probation || wall.Sub(s.Now).Abs() <= Tolerance
	if c.trusted {
		s.Now = wall
	}
}
