package guard

const (
	pageSize = 64 << 10
	// maxImage is the largest memory that an image is made of.
	maxImage = 256 << 20
	// An image of more than small bytes holds at least one byte of data in
	// sparse.
	small  = 8 << 20
	sparse = 64
)

// lift takes the data segments out of the module and makes the image of the
// memory that they would have made. Applying them takes the larger part of
// instantiating a Go guest, which has thousands; memory that starts as a
// copy-on-write mapping of the image costs a page fault where a page is touched.
//
// The meaning stays the same, so only what provably fits is lifted: active
// segments within the memory's minimum, in a module whose instructions name none
// of them. Nor is an image made that would be nearly empty and large: it would
// take the memory that the module only claims.
func (r *rewriter) lift() {
	m := r.from
	if len(m.Memories) == 0 || len(m.Data) == 0 || m.DataCount != nil {
		return
	}
	least := uint64(m.Memories[0].Min) * pageSize
	bytes := uint64(0)
	for i := range m.Data {
		s := &m.Data[i]
		at, ok := s.Offset.I32()
		if s.Passive || !ok || uint64(at)+uint64(len(s.Bytes)) > least {
			return
		}
		bytes += uint64(len(s.Bytes))
	}
	if least > maxImage || least > small && bytes < least/sparse {
		return
	}
	r.image = make([]byte, least)
	for i := range m.Data {
		at, _ := m.Data[i].Offset.I32()
		copy(r.image[at:], m.Data[i].Bytes)
	}
	r.to.Data = nil
}
