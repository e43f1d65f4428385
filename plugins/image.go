package plugins

// An image is the memory that every instance of a module starts with.
type image struct {
	bytes []byte
	file  int // a descriptor that the bytes can be mapped from; -1 without
}

func newImage(b []byte) *image {
	if b == nil {
		return nil
	}
	return &image{bytes: b, file: imageFile(b)}
}

// fill makes a new memory start as the image: mapped where that can be had,
// copied elsewhere.
func (i *image) fill(memory []byte) {
	if i == nil || len(memory) < len(i.bytes) {
		return
	}
	if i.file < 0 || !mapOver(memory[:len(i.bytes)], i.file) {
		copy(memory, i.bytes)
	}
}

func (i *image) close() {
	if i != nil && i.file >= 0 {
		closeFile(i.file)
		i.file = -1
	}
}
