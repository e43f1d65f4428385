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
	heavy map[Job]record
}

// record is what is remembered of a job.
type record struct {
	left    int  // light runs left until the cooldown is over
	stopped bool // the last run computed until it was stopped
}

// Job identifies runs that are expected to compute alike. A Job without an
// integration stands for the integrations that have not run yet.
type Job struct{ Probe, Integration string }

// Queue returns the queue for a run of the job.
func (h *History) Queue(s *Scheduler, j Job) *Queue {
	if h.of(j).left > 0 {
		return &s.slow
	}
	return &s.fast
}

// Stopped reports whether the job's last run that computed did so until it was
// stopped. The next one will, too, so that it is at fault if it waits for a
// token in vain.
func (h *History) Stopped(j Job) bool { return h.of(j).stopped }

func (h *History) of(j Job) record {
	h.mu.Lock()
	defer h.mu.Unlock()
	r, known := h.heavy[j]
	if !known {
		r = h.heavy[Job{Probe: j.Probe}]
	}
	return r
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
		h.heavy = map[Job]record{}
	}
	for _, k := range []Job{j, {Probe: j.Probe}} {
		r := h.heavy[k]
		r.left = max(0, r.left-1)
		if l.overran || used+charged > l.budget/lightShare {
			r.left = cooldown
		}
		if !l.starved { // nobody knows how long it would have computed
			r.stopped = l.overran || l.Spent()
		}
		h.heavy[k] = r
	}
}
