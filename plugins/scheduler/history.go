package scheduler

import "sync"

const (
	// maxHistory limits how many runs of a module are remembered.
	maxHistory = 10_000
	// cooldown is the number of consecutive light runs after which a probe that
	// computed for long returns to the fast queue: one light run proves nothing.
	cooldown = 5
	// lightShare limits what a light run uses of the budget, to 1/lightShare.
	lightShare = 5
)

// History records which probes of a module recently computed for long, for each
// integration. The zero History is ready to use and safe for concurrent use.
type History struct {
	mu    sync.Mutex
	heavy map[Job]int // light runs left until the cooldown is over
}

// Job identifies runs that are expected to compute alike. A Job without an
// integration stands for the integrations that have not run yet.
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

// Record records how much of its budget a run of the job used. A run that never
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
