package guard

const (
	pageSize = 64 << 10
	// maxImage is the largest memory that gets an image.
	maxImage = 256 << 20
	// An image of more than small bytes must have at least one byte of data in
	// every sparse bytes.
	small  = 8 << 20
	sparse = 64
)

// lift removes the data segments from the module and builds the memory image
// that they would have produced. Applying them takes most of the time to
// instantiate a Go guest, which has thousands; memory that starts as a
// copy-on-write mapping of the image costs a page fault for each page touched.
//
// The meaning must not change, so only what provably fits is lifted: active
// segments within the memory's minimum, in a module whose instructions refer to
// none of them. A large image that would be nearly empty is not built: it would
// use memory that the module only claims.
func (r *rewriter) lift() {
	m := r.from
	if len(m.Memories) == 0 || len(m.Data) == 0 || m.DataCount != nil {
		return
	}
	minBytes := uint64(m.Memories[0].Min) * pageSize
	bytes := uint64(0)
	for i := range m.Data {
		s := &m.Data[i]
		at, ok := s.Offset.I32()
		if s.Passive || !ok || uint64(at)+uint64(len(s.Bytes)) > minBytes {
			return
		}
		bytes += uint64(len(s.Bytes))
	}
	if minBytes > maxImage || minBytes > small && bytes < minBytes/sparse {
		return
	}
	r.image = make([]byte, minBytes)
	for i := range m.Data {
		at, _ := m.Data[i].Offset.I32()
		copy(r.image[at:], m.Data[i].Bytes)
	}
	r.to.Data = nil
}
