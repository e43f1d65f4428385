package plugins

import (
	"context"
	"time"
)

// CopyImages makes the sandbox work as where memory can't be mapped.
func (s *Sandbox) CopyImages() { s.copies = true }

// CompileWithin sets how long a child process may compile.
func (s *Sandbox) CompileWithin(d time.Duration) { s.compileTime = d }

// CompileProcessor sets for how long a child process is taken to have used the
// processor when it is ended for that.
func (s *Sandbox) CompileProcessor(d time.Duration) { s.compileProcessor = d }

// LimitCompiler is what a child does before it reads a module.
var LimitCompiler = limitProcess

// Occupy takes every token, until the answer is called.
func (s *Sandbox) Occupy() (give func()) { return occupy(&s.tokens.fast, &s.tokens.slow) }

// OccupySlow takes those of modules that compute for long.
func (s *Sandbox) OccupySlow() (give func()) { return occupy(&s.tokens.slow) }

func occupy(lanes ...*lane) (give func()) {
	var held []*lane
	for _, l := range lanes {
		l.mu.Lock()
		for ; l.free > 0; l.free-- {
			held = append(held, l)
		}
		l.mu.Unlock()
	}
	return func() {
		for _, l := range held {
			l.give()
		}
	}
}

// Crowded reports whether runs wait for a token.
func (s *Sandbox) Crowded() bool { return s.tokens.fast.wanted() }

// ProcessTime is what the process has used of the processor.
func ProcessTime() time.Duration { return processTime() }

// HostMemoryHeld is what is held for all runs.
func (s *Sandbox) HostMemoryHeld() int64 {
	held, _ := s.ledger.Held()
	return held
}

// RunPaid is Run, and what the run paid for that was not measured.
func (m *Module) RunPaid(ctx context.Context, in Input) (r Result, paid time.Duration, err error) {
	deadline := time.Now().Add(in.Timeout)
	probe, index := m.Manifest.Probe(in.Probe)
	g, err := m.newGuest(&in, probe, deadline)
	if err != nil {
		return r, 0, err
	}
	r = m.serve(ctx, g, index, deadline)
	return r, g.turn.paid, nil
}

// Idle is how many instances wait for a run.
func (m *Module) Idle() int {
	m.idle.mu.Lock()
	defer m.idle.mu.Unlock()
	return len(m.idle.all)
}

// Refused is how many refusals are remembered.
func (s *Sandbox) Refused() int {
	s.refusals.mu.Lock()
	defer s.refusals.mu.Unlock()
	return len(s.refusals.all)
}
