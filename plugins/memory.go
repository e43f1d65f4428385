package plugins

import (
	"github.com/tetratelabs/wazero/experimental"
)

// capped is a guest's linear memory: address space for its cap is reserved at
// once and paged in as it is touched, so that growing never copies and closing
// gives everything back.
type capped struct {
	region  []byte
	refused *bool // set when the guest asked for more than its cap
}

// memoryOf is the allocator of one run: memory of at most limit bytes that
// starts as the module's image.
func memoryOf(limit uint64, start *image, refused *bool) experimental.MemoryAllocator {
	return experimental.MemoryAllocatorFunc(func(_, most uint64) experimental.LinearMemory {
		m := &capped{region: reserve(min(limit, most)), refused: refused}
		start.fill(m.region)
		return m
	})
}

// Reallocate answers nil past the cap; memory.grow then fails in the guest.
func (m *capped) Reallocate(size uint64) []byte {
	if size > uint64(len(m.region)) {
		*m.refused = true
		return nil
	}
	return m.region[:size:size]
}

// Free returns the pages. The instance is closed by then.
func (m *capped) Free() {
	release(m.region)
	m.region = nil
}
