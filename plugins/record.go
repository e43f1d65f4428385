package plugins

import "sync"

// maxRecord bounds what is remembered of a module's runs.
const maxRecord = 10_000

// penance is how many runs in a row must take little before one that computed
// for long waits among the others again: a lucky run proves nothing.
const penance = 5

// record is who computed for long of late: each integration, and each probe
// for those integrations that never ran.
type record struct {
	mu    sync.Mutex
	heavy map[recordKey]int // light runs still owed
}

type recordKey struct{ probe, integration string }

// laneOf is the line that a run has to wait in.
func (m *Module) laneOf(in *Input) *lane {
	if m.bundled {
		return &m.sandbox.tokens.bundled
	}
	r := &m.record
	r.mu.Lock()
	defer r.mu.Unlock()
	owed, known := r.heavy[recordKey{in.Probe, in.Integration}]
	if !known {
		owed = r.heavy[recordKey{probe: in.Probe}]
	}
	if owed > 0 {
		return &m.sandbox.tokens.slow
	}
	return &m.sandbox.tokens.fast
}

// keep notes what a run took: much of its budget, or all the time it had. Of
// one that came to no turn there is nothing to note.
func (r *record) keep(in *Input, t *turn) {
	took := t.computed()
	if took == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.heavy == nil || len(r.heavy) > maxRecord {
		r.heavy = map[recordKey]int{}
	}
	for _, k := range []recordKey{{in.Probe, in.Integration}, {probe: in.Probe}} {
		if t.overran || took > t.budget/5 {
			r.heavy[k] = penance
		} else {
			r.heavy[k] = max(0, r.heavy[k]-1)
		}
	}
}
