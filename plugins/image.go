package plugins

// An image is the memory that every instance of a module starts with.
type image struct {
	bytes []byte
	file  int // a descriptor that the bytes can be mapped from; -1 without
}

func (s *Sandbox) newImage(b []byte) *image {
	switch {
	case b == nil:
		return nil
	case s.copies:
		return &image{bytes: b, file: -1}
	default:
		return &image{bytes: b, file: imageFile(b)}
	}
}

// fill makes a new memory start as the image: mapped where that can be had,
// copied elsewhere. It reports whether dropping the memory's pages makes it
// start anew.
func (i *image) fill(memory []byte) (mapped bool) {
	if i == nil || len(memory) < len(i.bytes) {
		return false
	}
	if i.file >= 0 && (len(i.bytes) == 0 || mapOver(memory[:len(i.bytes)], i.file)) {
		return true
	}
	copy(memory, i.bytes)
	return false
}

func (i *image) close() {
	if i != nil && i.file >= 0 {
		closeFile(i.file)
		i.file = -1
	}
}
