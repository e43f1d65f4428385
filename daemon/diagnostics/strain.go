package diagnostics

import (
	"sync"
	"time"
)

// Strain is what kept this process from running over a time.
type Strain struct {
	// Late is how much later than it was due the process got a processor, all
	// of it together: what a bystander who looks at the clock all the time
	// missed, whatever the reason.
	Late time.Duration
	// Pressure is for how long tasks waited for a processor: those of the
	// container, where the kernel tells of it, else any on the host. Throttled
	// is for how long the container was held back by its quota, on all
	// processors together. Nil: not to be had, or there is none.
	Pressure  *time.Duration
	Throttled *time.Duration
}

const (
	// beatEvery is how often it is seen whether the process is late, while
	// somebody wants to know; what is on time is up to punctual late.
	beatEvery = 10 * time.Millisecond
	punctual  = 2 * time.Millisecond
	// strainAge is how old a reading of the kernel's counts may be: runs that
	// come close together share one.
	strainAge = 5 * time.Millisecond
)

// Pace tells what strain there was over a time. The zero value is not of use;
// make one with NewPace. It is safe for concurrent use, and does nothing while
// nobody asks.
type Pace struct {
	now    func() time.Time
	counts func() waited

	mu      sync.Mutex
	asking  int
	beating bool
	due     time.Time     // of the next beat
	late    time.Duration // up to the last one
	read    time.Time     // when last was counted
	last    waited
}

// waited is what the kernel has counted; nil is what it does not.
type waited struct{ pressure, throttled *time.Duration }

// NewPace finds out what the kernel counts.
func NewPace() *Pace { return &Pace{now: time.Now, counts: newSystem().waiting()} }

// Stretch is a time that has begun.
type Stretch struct {
	pace  *Pace
	late  time.Duration
	began waited
}

// Begin begins a time, which has to be ended.
func (p *Pace) Begin() Stretch {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.asking++
	if !p.beating {
		p.beating, p.due = true, now.Add(beatEvery)
		go p.beat()
	}
	return Stretch{p, p.lateAt(now), p.countedAt(now)}
}

// End ends it.
func (s Stretch) End() Strain {
	p := s.pace
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.asking--
	c := p.countedAt(now)
	return Strain{
		Late:      p.lateAt(now) - s.late,
		Pressure:  since(s.began.pressure, c.pressure),
		Throttled: since(s.began.throttled, c.throttled),
	}
}

// beat sees how late it is, for as long as anybody asks.
func (p *Pace) beat() {
	for {
		time.Sleep(beatEvery)
		if !p.took() {
			return
		}
	}
}

// took is one beat; false ends them.
func (p *Pace) took() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.late = p.lateAt(now)
	p.due = now.Add(beatEvery)
	p.beating = p.asking > 0
	return p.beating
}

// lateAt counts a beat that is overdue, too.
func (p *Pace) lateAt(now time.Time) time.Duration {
	if over := now.Sub(p.due); over > punctual {
		return p.late + over
	}
	return p.late
}

func (p *Pace) countedAt(now time.Time) waited {
	if now.Sub(p.read) >= strainAge {
		p.last, p.read = p.counts(), now
	}
	return p.last
}

// since is nil where it is not known, or a count began anew.
func since(before, after *time.Duration) *time.Duration {
	if before == nil || after == nil || *after < *before {
		return nil
	}
	d := *after - *before
	return &d
}
