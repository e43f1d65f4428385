package plugins

import (
	"github.com/tetratelabs/wazero/experimental"
)

// capped is a guest's linear memory: address space for its cap is reserved at
// once and paged in as it is touched, so that growing never copies and closing
// gives everything back.
type capped struct {
	of     *instance
	limit  uint64
	region []byte
	size   int  // of it in use
	mapped bool // what it started as can be had again by dropping its pages
}

// allocator makes the memory of one instance: at most limit bytes that start
// as the module's image.
func (i *instance) allocator(limit uint64, start *image) experimental.MemoryAllocator {
	return experimental.MemoryAllocatorFunc(func(_, most uint64) experimental.LinearMemory {
		i.memory = &capped{of: i, limit: limit, region: reserve(min(limit, most))}
		i.memory.mapped = start.fill(i.memory.region)
		return i.memory
	})
}

// Reallocate answers nil past the cap, of which what the host holds for the
// guest is a part; memory.grow then fails in the guest.
func (m *capped) Reallocate(size uint64) []byte {
	if size > uint64(len(m.region)) || !m.of.guest.grow(size) {
		m.of.guest.full = true
		return nil
	}
	m.size = int(size)
	return m.region[:size:size]
}

// reset returns the memory to what it started as, in its present size.
func (m *capped) reset(pages *pageMap, start *image) bool {
	now := m.region[:m.size]
	return m.mapped && (pages.restore(now, start.bytes) || dropPages(now))
}

// Free returns the pages. The instance is closed by then.
func (m *capped) Free() {
	release(m.region)
	m.region = nil
}
