package diagnostics

import (
	"sync"
	"time"

	"vega/daemon/diagnostics/cgroup"
	"vega/policies/check"
)

const (
	// beatEvery is the interval at which a Pace measures lateness while a Span is
	// open. Lateness up to punctual is ignored.
	beatEvery = 10 * time.Millisecond
	punctual  = 2 * time.Millisecond
	// countsAge is the maximum age of a reading of the kernel's counters that spans
	// share.
	countsAge = 5 * time.Millisecond
)

// Pace measures contention. It is safe for concurrent use, and idle while no Span is
// open. Create one with NewPace.
type Pace struct {
	now    func() time.Time
	counts func() waited

	mu      sync.Mutex
	open    int // number of open spans
	beating bool
	due     time.Time     // time of the next beat
	late    time.Duration // total lateness up to the last beat
	read    time.Time     // when last was read
	last    waited
}

// waited holds the waiting times that the kernel has counted; nil means unavailable.
type waited struct{ pressure, throttled *time.Duration }

// NewPace returns a Pace.
func NewPace() *Pace {
	waits := cgroup.New().Waits()
	return &Pace{now: time.Now, counts: func() waited {
		w := waits()
		return waited{stalledFor(w.Pressure), w.Throttled}
	}}
}

// stalledFor returns the total from a line "some avg10=… total=µs".
func stalledFor(text string) *time.Duration {
	stall, err := parseStall(text)
	if err != nil {
		return nil
	}
	d := time.Duration(stall.Some.TotalMS * float64(time.Millisecond))
	return &d
}

// Span is an open measurement.
type Span struct {
	pace  *Pace
	late  time.Duration
	began waited
}

// Begin opens a Span. The caller must End it.
func (p *Pace) Begin() Span {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.open++
	if !p.beating {
		p.beating, p.due = true, now.Add(beatEvery)
		go p.beat()
	}
	return Span{p, p.lateAt(now), p.countedAt(now)}
}

// End closes the Span and returns the contention since Begin. Late is the total time
// for which the process was due to run and had no CPU, whatever the reason. Pressure
// is how long tasks waited for a CPU: the container's tasks if the kernel counts
// them, and otherwise the host's. Throttled is how long the container's quota
// stopped its tasks, summed over all CPUs.
func (s Span) End() check.Contention {
	p := s.pace
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.open--
	c := p.countedAt(now)
	return check.Contention{
		Late:      p.lateAt(now) - s.late,
		Pressure:  since(s.began.pressure, c.pressure),
		Throttled: since(s.began.throttled, c.throttled),
	}
}

// beat measures lateness for as long as a Span is open.
func (p *Pace) beat() {
	for {
		time.Sleep(beatEvery)
		if !p.tick() {
			return
		}
	}
}

// tick makes one beat, and reports whether another should follow.
func (p *Pace) tick() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.late = p.lateAt(now)
	p.due = now.Add(beatEvery)
	p.beating = p.open > 0
	return p.beating
}

// lateAt includes the lateness of a beat that is overdue.
func (p *Pace) lateAt(now time.Time) time.Duration {
	if over := now.Sub(p.due); over > punctual {
		return p.late + over
	}
	return p.late
}

func (p *Pace) countedAt(now time.Time) waited {
	if now.Sub(p.read) >= countsAge {
		p.last, p.read = p.counts(), now
	}
	return p.last
}

// since returns the growth of a count, or nil if the count is unavailable or was
// reset.
func since(before, after *time.Duration) *time.Duration {
	if before == nil || after == nil || *after < *before {
		return nil
	}
	d := *after - *before
	return &d
}
