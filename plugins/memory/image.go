package memory

import (
	"runtime"
	"slices"
)

// Image holds the memory that every instance of a module starts with. A nil
// Image is empty.
type Image struct {
	bytes []byte // a mapping of the file, if there is one
	file  int    // descriptor to map the bytes from; -1 if they are copied
}

// NewImage returns an image of a copy of b. It returns nil if b is nil.
func NewImage(b []byte) *Image {
	if b == nil {
		return nil
	}
	i := &Image{file: imageFile(b)}
	if i.bytes = mapFile(i.file, len(b)); i.bytes == nil {
		i.bytes = slices.Clone(b)
		return i
	}
	runtime.AddCleanup(i, unmap, i.bytes)
	return i
}

// fill initializes memory with the image, by mapping where the system supports
// it and by copying otherwise. It reports whether dropping the memory's pages
// restores the image.
func (i *Image) fill(memory []byte) (mapped bool) {
	if i == nil || len(memory) < len(i.bytes) {
		return false
	}
	if i.file >= 0 && (len(i.bytes) == 0 || mapOver(memory[:len(i.bytes)], i.file)) {
		return true
	}
	copy(memory, i.bytes)
	runtime.KeepAlive(i) // the bytes are unmapped with it
	return false
}

// Close frees the file that the image is mapped from. Memory that is already
// mapped keeps its contents; later memory is filled by copying.
func (i *Image) Close() {
	if i != nil && i.file >= 0 {
		closeFile(i.file)
		i.file = -1
	}
}
