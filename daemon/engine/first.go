package engine

import "time"

const (
	// maxFirst limits how long an integration waits for its first run, whatever its
	// interval.
	maxFirst = 30 * time.Second
	// firstSpacing is the time between first runs if there are few of them.
	firstSpacing = 500 * time.Millisecond
)

// first is the first run of an integration after vega started or the integration
// changed. It comes before its regular turn, unless that is soon.
type first struct {
	bound *Binding // the binding that the first run is for
	at    time.Duration
	due   bool
}

// assignFirst schedules the first run of each integration that has a new binding,
// now being the time since the origin. The first runs are spread over the same part
// of a window as the regular runs over their interval, and the window is as short
// as their number allows: at most the interval and maxFirst.
//
// Only the scheduler's goroutine calls it.
func assignFirst(integrations []*integration, origin time.Time, now time.Duration) {
	var changed []*integration
	for _, i := range integrations {
		b, _ := i.current()
		if i.first.bound == b {
			continue
		}
		i.first = first{bound: b}
		if b.Enabled && b.Interval > 0 {
			changed = append(changed, i)
		}
	}
	for _, i := range changed {
		every := i.phase.every
		window := min(maxFirst, every, time.Duration(len(changed))*firstSpacing)
		i.first.at = now + time.Duration(float64(window)*float64(i.phase.offset)/float64(every))
		i.first.due = true
		t := tick{every: every, integration: i}
		if regular := t.after(origin, now); regular <= now+window {
			i.first.at = regular
		}
	}
}
