package plugins

import (
	"context"
	"slices"
	"time"
)

// snapshot is an instance right before its first run: what a fresh run starts
// from, in place of the millisecond that a runtime such as Go's takes to
// begin, and what an instance is set back to in order to be used again.
type snapshot struct {
	pages  uint32   // of memory
	names  []string // of the mutable globals
	values []uint64
}

// startTime bounds _initialize when a snapshot is taken.
const startTime = time.Second

// takeSnapshot initialises one instance and keeps its memory and globals. A
// module that asks the host for anything while it starts gets none, since the
// answer may differ from run to run; neither does one that fails to start,
// which every run will report. That Go's runtime asks for randomness is let
// pass: it seeds its maps and math/rand by it, and crypto/rand asks anew.
func (m *Module) takeSnapshot(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	g := &guest{module: m, in: &Input{}, starting: true}
	ctx = context.WithValue(ctx, guestKey{}, g)
	g.run, g.ctx = ctx, ctx
	g.turn = turn{lane: &m.sandbox.tokens.slow, budget: m.sandbox.tokens.budget, ctx: ctx, end: cancel}
	if !g.turn.take() {
		return
	}
	defer g.turn.give()
	i, err := m.instantiate(ctx, g)
	if err != nil {
		return
	}
	defer i.close()
	if err := i.begin(ctx); err != nil || g.asked || g.rolled && !m.facts.Go {
		return
	}
	memory, ok := i.Memory().Read(0, i.Memory().Size())
	if !ok {
		return
	}
	s := &snapshot{pages: uint32(len(memory) / pageSize), names: m.facts.Globals}
	for _, name := range s.names {
		s.values = append(s.values, i.ExportedGlobal(name).Get())
	}
	m.start.close()
	m.start, m.snapshot = m.sandbox.newImage(slices.Clone(memory)), s
}

// restore brings a fresh instance, whose memory already maps the image, to
// where the snapshot was taken.
func (s *snapshot) restore(i *instance) error {
	memory := i.Memory()
	if have := memory.Size() / pageSize; have < s.pages {
		if _, ok := memory.Grow(s.pages - have); !ok {
			return errMemory
		}
	}
	s.setGlobals(i)
	return nil
}

func (s *snapshot) setGlobals(i *instance) {
	for n, g := range i.globals {
		g.Set(s.values[n])
	}
}

// reset takes back all that a run did to an instance: its memory returns to
// the image and its globals to their values. It reports whether that is
// certain; if not, the instance is not to be used again.
func (m *Module) reset(i *instance) bool {
	s := m.snapshot
	if i.IsClosed() || i.Memory().Size() != s.pages*pageSize || !i.memory.reset(m.sandbox.pages, m.start) {
		return false
	}
	s.setGlobals(i)
	return true
}
