package plugins

import "time"

// CopyImages makes the sandbox work as where memory can't be mapped.
func (s *Sandbox) CopyImages() { s.copies = true }

// CompileWithin sets how long a child process may compile.
func (s *Sandbox) CompileWithin(d time.Duration) { s.compileTime = d }

// Occupy takes every token, until the answer is called.
func (s *Sandbox) Occupy() (give func()) {
	var held []*lane
	for _, l := range []*lane{&s.tokens.fast, &s.tokens.slow} {
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

// Idle is how many instances wait for a run.
func (m *Module) Idle() int {
	m.idle.mu.Lock()
	defer m.idle.mu.Unlock()
	return len(m.idle.all)
}
