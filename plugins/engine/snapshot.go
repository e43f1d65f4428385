package engine

import (
	"github.com/tetratelabs/wazero/api"

	"vega/plugins/memory"
)

// snapshot is the state of an instance right before its first run. Fresh
// instances start from it, which saves the millisecond that a runtime such as
// Go's takes to initialize, and used ones are reset to it.
type snapshot struct {
	pages  uint32   // contents of the memory
	names  []string // values of the mutable globals
	values []uint64
}

// Snapshot records the memory and the named mutable globals of an initialized
// instance, so that later instances start from there. It must not be called
// once runs may use the pool.
func (p *Pool) Snapshot(i *Instance, globals []string) {
	all, ok := i.Memory().Read(0, i.Memory().Size())
	if !ok {
		return
	}
	s := &snapshot{pages: uint32(len(all) / PageSize), names: globals}
	for _, name := range s.names {
		s.values = append(s.values, i.ExportedGlobal(name).Get())
	}
	p.start.Close()
	p.start, p.snapshot = memory.NewImage(all), s
}

// restore brings a fresh instance, whose memory already maps the image, to the
// snapshot.
func (s *snapshot) restore(i *Instance) error {
	for _, name := range s.names {
		i.globals = append(i.globals, i.ExportedGlobal(name).(api.MutableGlobal))
	}
	m := i.Memory()
	if have := m.Size() / PageSize; have < s.pages {
		if _, ok := m.Grow(s.pages - have); !ok {
			return ErrMemory
		}
	}
	s.setGlobals(i)
	return nil
}

func (s *snapshot) setGlobals(i *Instance) {
	for n, g := range i.globals {
		g.Set(s.values[n])
	}
}

// reset undoes everything that a run did to an instance: its memory returns to
// the image and its globals to their values. If it returns false, the instance
// must not be used again.
func (p *Pool) reset(i *Instance) bool {
	s := p.snapshot
	if i.IsClosed() || i.Memory().Size() != s.pages*PageSize || !i.memory.Reset(p.pages, p.start) {
		return false
	}
	s.setGlobals(i)
	return true
}
