package memory

import (
	"bytes"
	"encoding/binary"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxWritten limits the written pages that an idle instance may keep. If a run
// wrote to more, they are dropped, which costs the next run a page fault for
// each page that it touches.
const maxWritten = 128

// PageMap reads /proc/self/pagemap to find the written pages of an image's
// private mapping, because only those have to be restored. The zero value finds
// nothing, and its restore returns false.
type PageMap struct {
	file    *os.File
	size    int       // size of a page
	entries sync.Pool // holds *[]byte
}

// OpenPageMap opens the page map of this process. The result finds nothing if
// the kernel does not report pages in the way that PageMap expects.
func OpenPageMap() *PageMap {
	f, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return &PageMap{}
	}
	p := &PageMap{file: f, size: os.Getpagesize()}
	if !p.works() {
		p.Close()
		return &PageMap{}
	}
	return p
}

// works tests the page map on an image of three pages, one of them written to
// and one only read.
func (p *PageMap) works() bool {
	start := bytes.Repeat([]byte{1}, 3*p.size)
	i := &Image{bytes: start, file: imageFile(start)}
	defer i.Close()
	memory := reserve(uint64(len(start)))
	defer release(memory)
	if !i.fill(memory) || memory[p.size] != 1 {
		return false
	}
	memory[0] = 2
	written, ok := p.written(memory, nil)
	return ok && len(written) == 1 && written[0] == 0 && p.restore(memory, start) && memory[0] == 1
}

// restore copies the image over the written pages of memory, which maps it. It
// reports whether it restored all of them.
func (p *PageMap) restore(memory, image []byte) bool {
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

// written appends the numbers of the written pages to list, and reports false
// if there are more than maxWritten.
func (p *PageMap) written(memory []byte, list []int) ([]int, bool) {
	// A page is in memory or in swap, and belongs to the file until it is written
	// to (Linux, admin-guide/mm/pagemap).
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

// Close closes the page map file.
func (p *PageMap) Close() {
	if p.file != nil {
		_ = p.file.Close() // the file was only read
	}
}

// dropPages returns pages to the system. Pages that map a file then read as the
// file again, and the others as zeros.
func dropPages(memory []byte) bool {
	return len(memory) == 0 || unix.Madvise(memory, unix.MADV_DONTNEED) == nil
}
