package plugins

import (
	"bytes"
	"encoding/binary"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxWritten is how many written pages an idle instance may hold on to. A run
// that wrote to more has them dropped, which is dearer by a page fault for each
// that the next one touches.
const maxWritten = 128

// pageMap is what the kernel tells of this process's pages. It knows which
// pages of an image's private mapping are copies, because they were written
// to: those, and no others, have to be set back. The zero value knows nothing.
type pageMap struct {
	file    *os.File
	size    int       // of a page
	entries sync.Pool // of *[]byte
}

// openPageMap answers one that knows nothing where the kernel does not tell,
// or tells anything else than what is relied on here.
func openPageMap() *pageMap {
	f, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return &pageMap{}
	}
	p := &pageMap{file: f, size: os.Getpagesize()}
	if !p.holds() {
		p.close()
		return &pageMap{}
	}
	return p
}

// holds tries it on an image of three pages, of which one is written to and
// one read.
func (p *pageMap) holds() bool {
	start := bytes.Repeat([]byte{1}, 3*p.size)
	i := &image{bytes: start, file: imageFile(start)}
	defer i.close()
	memory := reserve(uint64(len(start)))
	defer release(memory)
	if !i.fill(memory) || memory[p.size] != 1 {
		return false
	}
	memory[0] = 2
	written, ok := p.written(memory, nil)
	return ok && len(written) == 1 && written[0] == 0 && p.restore(memory, start) && memory[0] == 1
}

// restore writes the image over the pages of memory, a mapping of it, that
// were written to. It reports whether that was all of them.
func (p *pageMap) restore(memory, image []byte) bool {
	if p.file == nil || len(memory) != len(image) {
		return false
	}
	var room [maxWritten]int
	written, ok := p.written(memory, room[:0])
	if !ok {
		return false
	}
	for _, page := range written {
		at := page * p.size
		copy(memory[at:at+p.size], image[at:])
	}
	return true
}

// written adds the pages that are copies to the list, unless there are more
// than it has room for.
func (p *pageMap) written(memory []byte, list []int) ([]int, bool) {
	// The two bits that say where a page is, and the one that says it is the
	// file's (Linux, admin-guide/mm/pagemap).
	const present, swapped, ofFile = 1 << 63, 1 << 62, 1 << 61
	const entry = 8
	n := len(memory) / p.size * entry
	buffer, _ := p.entries.Get().(*[]byte)
	if buffer == nil || cap(*buffer) < n {
		b := make([]byte, n)
		buffer = &b
	}
	defer p.entries.Put(buffer)
	b := (*buffer)[:n]
	at := int64(uintptr(unsafe.Pointer(unsafe.SliceData(memory)))) / int64(p.size) * entry
	if _, err := p.file.ReadAt(b, at); err != nil {
		return nil, false
	}
	for i := 0; i < n; i += entry {
		e := binary.NativeEndian.Uint64(b[i:])
		if e&(present|swapped) == 0 || e&ofFile != 0 {
			continue
		}
		if len(list) == maxWritten {
			return nil, false
		}
		list = append(list, i/entry)
	}
	return list, true
}

func (p *pageMap) close() {
	if p.file != nil {
		_ = p.file.Close() // it was only read
	}
}

// dropPages gives pages back: what maps a file reads as the file again, the
// rest as zero.
func dropPages(memory []byte) bool {
	return len(memory) == 0 || unix.Madvise(memory, unix.MADV_DONTNEED) == nil
}
