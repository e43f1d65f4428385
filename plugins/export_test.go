package plugins

import (
	"context"
	"time"

	"vega/plugins/compiler"
	"vega/plugins/scheduler"
)

// CopyImage makes the instances of the module start with a copy of its image, as
// on systems where an image can't be mapped. They are not used again.
func (m *Module) CopyImage() { m.pool.Close() }

// LimitCompiler replaces the limits of the child process. What the sandbox
// remembered of refusals is lost.
func (s *Sandbox) LimitCompiler(l compiler.Limits) error {
	c, err := compiler.New(compiler.Options{Dir: s.options.CacheDir, Command: s.options.Compiler, Admit: checkImports, Limits: l})
	s.compiler = c
	return err
}

// Occupy takes every token until release is called.
func (s *Sandbox) Occupy() (release func()) {
	return occupy(s.scheduler, s.scheduler.Fast(), s.scheduler.Slow())
}

// OccupySlow takes the tokens of the slow queue until release is called.
func (s *Sandbox) OccupySlow() (release func()) { return occupy(s.scheduler, s.scheduler.Slow()) }

func occupy(s *scheduler.Scheduler, queues ...*scheduler.Queue) (release func()) {
	var held []*scheduler.Lease
	for _, q := range queues {
		for {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
			l := s.Lease(ctx, func() {}, q)
			taken := l.Take()
			cancel()
			if !taken {
				break
			}
			held = append(held, &l)
		}
	}
	return func() {
		for _, l := range held {
			l.Give()
		}
	}
}

// Crowded reports whether runs wait for a token.
func (s *Sandbox) Crowded() bool { return s.scheduler.Fast().Waiting() }

// HostMemoryHeld returns what is held for all runs.
func (s *Sandbox) HostMemoryHeld() int64 {
	held, _ := s.ledger.Held()
	return held
}

// RunCharged is Run, and returns what the run was charged for work that was not
// measured.
func (m *Module) RunCharged(ctx context.Context, in Input) (r Result, charged time.Duration, err error) {
	deadline := time.Now().Add(in.Timeout)
	probe, index := m.Manifest.Probe(in.Probe)
	g, err := m.newGuest(&in, probe, deadline)
	if err != nil {
		return r, 0, err
	}
	r = m.serve(ctx, g, index, deadline)
	_, charged = g.lease.Used()
	return r, charged, nil
}

// Idle returns how many instances wait for a run.
func (m *Module) Idle() int { return m.pool.Idle() }
