package memory

import "runtime"

// Owner decides whether a guest's linear memory may grow to size bytes. limit
// is the size of the reserved address space, which the memory can't exceed.
type Owner interface {
	GrowMemory(size, limit uint64) bool
}

// Linear is a guest's linear memory. Its address space is reserved up to the
// limit when it is created, and paged in on first use. Growing never copies,
// and Free returns all of it.
type Linear struct {
	owner  Owner
	limit  uint64
	region []byte
	size   int  // bytes of the region in use
	mapped bool // whether dropping the pages restores the image
}

// NewLinear reserves memory that starts with the image and may grow to limit
// bytes, or to the module's own maximum if that is lower.
func NewLinear(owner Owner, limit, moduleMax uint64, start *Image) *Linear {
	m := &Linear{owner: owner, limit: limit, region: reserve(min(limit, moduleMax))}
	m.mapped = start.fill(m.region)
	return m
}

// Limit returns the limit that the memory was made with.
func (m *Linear) Limit() uint64 { return m.limit }

// Size returns how many bytes are in use.
func (m *Linear) Size() int { return m.size }

// Reallocate implements experimental.LinearMemory. It returns nil if the owner
// refuses; memory.grow then fails in the guest.
func (m *Linear) Reallocate(size uint64) []byte {
	limit := uint64(len(m.region))
	if !m.owner.GrowMemory(size, limit) || size > limit {
		return nil
	}
	m.size = int(size)
	return m.region[:size:size]
}

// Reset returns the memory to the image, at its present size, and reports
// whether it succeeded.
func (m *Linear) Reset(pages *PageMap, start *Image) bool {
	used := m.region[:m.size]
	done := m.mapped && (pages.restore(used, start.bytes) || dropPages(used))
	runtime.KeepAlive(start) // its bytes are unmapped with it
	return done
}

// Free implements experimental.LinearMemory. The instance is already closed.
func (m *Linear) Free() {
	release(m.region)
	m.region = nil
}
