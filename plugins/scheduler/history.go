package scheduler

import "sync"

const (
	// maxHistory bounds what is remembered of a module's runs.
	maxHistory = 10_000
	// cooldown is the number of consecutive light runs after which a probe that
	// computed for long returns to the fast queue: one light run proves nothing.
	cooldown = 5
	// lightShare is the part of the budget, 1/lightShare, that a light run uses at
	// most.
	lightShare = 5
)

// History remembers which probes of a module computed for long of late, for each
// integration. The zero History is ready to use, and safe for concurrent use.
type History struct {
	mu    sync.Mutex
	heavy map[Job]int // light runs left until the cooldown is over
}

// Job identifies runs that are expected to compute alike. Without an
// integration it stands for those integrations that have not run yet.
type Job struct{ Probe, Integration string }

// Queue returns the queue for a run of the job.
func (h *History) Queue(s *Scheduler, j Job) *Queue {
	h.mu.Lock()
	defer h.mu.Unlock()
	left, known := h.heavy[j]
	if !known {
		left = h.heavy[Job{Probe: j.Probe}]
	}
	if left > 0 {
		return &s.slow
	}
	return &s.fast
}

// Record notes what a run of the job used of its budget. A run that never
// computed says nothing.
func (h *History) Record(j Job, l *Lease) {
	used, charged := l.Used()
	if used+charged == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.heavy == nil || len(h.heavy) > maxHistory {
		h.heavy = map[Job]int{}
	}
	for _, k := range []Job{j, {Probe: j.Probe}} {
		if l.overran || used+charged > l.budget/lightShare {
			h.heavy[k] = cooldown
		} else {
			h.heavy[k] = max(0, h.heavy[k]-1)
		}
	}
}
