package pages

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Header is what the first page says about the database.
type Header struct {
	Intact        bool // false if nothing is known but the size of the pages
	PageSize      int
	Pages         int64 // 0 if unknown
	UserVersion   uint32
	ApplicationID uint32
	AutoVacuum    bool  // there are pointer-map pages
	Free          int64 // number of free pages
	firstFree     int64
	reserved      int // bytes at the end of each page
}

// File is a database that is read page by page. It is not safe for concurrent
// use.
type File struct {
	Header Header

	main   *os.File
	size   int64 // bytes of main
	log    *log  // nil without a write-ahead log
	usable int   // bytes of a page, without reserved ones
	pages  int64 // highest number of a page

	solid     int64 // pages before this number are not looked up as holes
	lastMap   *Page // of the pointer map
	seen      set   // pages of the trees that were walked
	free      set   // free pages
	freeKnown bool  // free has all of them
}

// ErrNoPages means that nothing in a file looks like a page of a database.
var ErrNoPages = errors.New("the file has no page of a SQLite database")

const (
	magic       = "SQLite format 3\x00"
	headerSize  = 100
	minPageSize = 512
	maxPageSize = 65536
	usualSize   = 4096
	maxPages    = 1 << 28 // that a log without its database may have, 1 TiB
	sampled     = 512     // pages that are looked at to find out their size
)

// Open opens the database at path and its write-ahead log, path + "-wal". Either
// may be damaged, and one of them may be missing or empty.
func Open(path string) (*File, error) {
	f := &File{}
	if err := f.open(path); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (f *File) open(path string) (err error) {
	f.main, f.size, err = openRegular(path)
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		return err
	}
	file, size, walErr := openRegular(path + "-wal")
	switch {
	case walErr == nil:
		f.log = &log{file: file}
	case !errors.Is(walErr, fs.ErrNotExist):
		return walErr
	case missing:
		return err
	}
	header := f.readHeader(-1)
	if f.log != nil {
		f.log = openLog(file, size, cmp.Or(header.PageSize, usualSize))
		if at := f.log.find(1); at >= 0 {
			header = f.readHeader(at)
		}
	}
	return f.start(header)
}

// openRegular opens a file, unless opening or reading it might block.
func openRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s is not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	return file, info.Size(), nil
}

// readHeader reads the header of the first page: of the one at a position of the
// log, or of the file's if at is negative.
func (f *File) readHeader(at int64) Header {
	b := make([]byte, headerSize)
	var err error
	switch {
	case at >= 0:
		_, err = f.log.file.ReadAt(b, at)
	case f.main != nil:
		_, err = f.main.ReadAt(b, 0)
	}
	if err != nil { // the file is shorter, or the disk failed
		return Header{}
	}
	return parseHeader(b)
}

// start finds out the size and number of the pages.
func (f *File) start(h Header) error {
	f.Header = h
	if f.log != nil && h.Intact && f.log.pageSize != h.PageSize {
		f.log.newest, f.log.highest, f.log.damaged = nil, 0, 0 // it is that of another database
	}
	if !f.Header.Intact {
		if f.Header.PageSize = f.guessPageSize(); f.Header.PageSize == 0 {
			return ErrNoPages
		}
	}
	f.usable = f.Header.PageSize - f.Header.reserved
	f.pages = (f.size + int64(f.Header.PageSize) - 1) / int64(f.Header.PageSize)
	if f.log != nil {
		f.pages = max(f.pages, min(f.log.highest, maxPages))
	}
	if f.Header.Pages > 0 { // what follows does not belong to the database
		f.pages = min(f.pages, f.Header.Pages)
	}
	if !f.Header.Intact {
		f.Header.AutoVacuum = f.guessAutoVacuum()
	}
	f.seen = make(set, f.pages/64+1)
	f.free, f.freeKnown = f.readFree()
	return nil
}

func parseHeader(b []byte) (h Header) {
	size := int(binary.BigEndian.Uint16(b[16:]))
	if size == 1 {
		size = maxPageSize
	}
	reserved := int(b[20])
	sane := size >= minPageSize && size&(size-1) == 0 && size-reserved >= 480 &&
		b[21] == 64 && b[22] == 32 && b[23] == 32
	if string(b[:len(magic)]) != magic || !sane {
		return Header{}
	}
	number := func(at int) uint32 { return binary.BigEndian.Uint32(b[at:]) }
	h = Header{
		Intact: true, PageSize: size, reserved: reserved, UserVersion: number(60), ApplicationID: number(68),
		AutoVacuum: number(52) != 0, firstFree: int64(number(32)), Free: int64(number(36)),
	}
	if number(24) == number(92) { // else the number of pages is that of an older SQLite
		h.Pages = int64(number(28))
	}
	return h
}

// guessPageSize returns the size at which most pages look like those of a tree,
// or 0 if none does.
func (f *File) guessPageSize() int {
	if f.log != nil && len(f.log.newest) > 0 {
		return f.log.pageSize
	}
	best, most := 0, 0
	for size := minPageSize; size <= maxPageSize; size *= 2 {
		f.Header.PageSize, f.usable = size, size
		f.pages = f.size / int64(size)
		found := 0
		for i := range int64(sampled) {
			for _, n := range []int64{1 + i, 1 + i*f.pages/sampled} { // a large file may have a large hole
				if p := f.Page(n); p.Kind() != None && p.wellFormed() {
					found++
				}
			}
		}
		if found*size > most || found*size == most && size == usualSize {
			best, most = size, found*size
		}
	}
	if most == 0 {
		return 0
	}
	return best
}

// guessAutoVacuum reports whether the second page is one of a pointer map.
func (f *File) guessAutoVacuum() bool {
	f.Header.AutoVacuum = true
	for n := int64(3); n <= min(f.pages, 8); n++ {
		if use, _ := f.Use(n); use == Unknown {
			return false
		}
	}
	return f.pages > 2
}

// Close closes the files.
func (f *File) Close() error {
	var errs []error
	if f.main != nil {
		errs = append(errs, f.main.Close())
	}
	if f.log != nil {
		errs = append(errs, f.log.file.Close())
	}
	return errors.Join(errs...)
}

// Pages returns the highest number of a page that may be there.
func (f *File) Pages() int64 { return f.pages }

// Next returns the number of the first page from number on that is not in a hole
// of the file, as far as the system can tell.
func (f *File) Next(number int64) int64 {
	at := (number - 1) * int64(f.Header.PageSize)
	if number < f.solid || at >= f.size || f.log != nil && number <= f.log.highest {
		return number
	}
	data := nextData(f.main, at, f.size)
	f.solid = number + sampled // it costs a system call
	return max(number, data/int64(f.Header.PageSize)+1)
}

// Page returns a page by its number, from 1. The page of a number that can't be
// read is empty and has the Kind None.
func (f *File) Page(n int64) *Page {
	p := &Page{file: f, Number: n}
	if n < 1 || n > f.pages {
		return p
	}
	b := make([]byte, f.Header.PageSize)
	if at := f.log.find(n); at >= 0 {
		if _, err := f.log.file.ReadAt(b, at); err == nil {
			p.bytes = b
		}
		return p
	}
	if f.main == nil {
		return p
	}
	if _, err := f.main.ReadAt(b, (n-1)*int64(f.Header.PageSize)); err == nil {
		p.bytes = b
	}
	return p
}
