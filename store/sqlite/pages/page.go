package pages

import (
	"encoding/binary"
	"slices"
)

// Kind is what a page is for.
type Kind byte

// The kinds of pages in trees. Tables have numbered rows in their leaves; indexes
// have records in all pages. A table without row IDs is an index.
const (
	None          Kind = 0
	IndexInterior Kind = 2
	TableInterior Kind = 5
	IndexLeaf     Kind = 10
	TableLeaf     Kind = 13
)

// Page is one page. Its content may be anything.
type Page struct {
	Number int64
	file   *File
	bytes  []byte // nil if the page can't be read
}

// begin returns where the header of the tree starts: the first page also has the
// header of the file.
func (p *Page) begin() int {
	if p.Number == 1 {
		return headerSize
	}
	return 0
}

// Kind returns the kind of the page, or None if it is not one of a tree.
func (p *Page) Kind() Kind {
	if p.bytes == nil {
		return None
	}
	k := Kind(p.bytes[p.begin()])
	switch k {
	case IndexInterior, TableInterior, IndexLeaf, TableLeaf:
	default:
		return None
	}
	if n, first := p.cells(); first+2*n > p.file.usable {
		return None
	}
	return k
}

func (p *Page) interior() bool { return p.Kind() == IndexInterior || p.Kind() == TableInterior }

// cells returns the number of cells and where their positions start.
func (p *Page) cells() (n, first int) {
	first = p.begin() + 8
	if k := Kind(p.bytes[p.begin()]); k == IndexInterior || k == TableInterior {
		first += 4
	}
	return int(binary.BigEndian.Uint16(p.bytes[p.begin()+3:])), first
}

// cell returns the position of a cell, or -1.
func (p *Page) cell(i int) int {
	n, first := p.cells()
	at := int(binary.BigEndian.Uint16(p.bytes[first+2*i:]))
	if at < first+2*n || at >= p.file.usable-1 {
		return -1
	}
	return at
}

// wellFormed reports whether the page has cells, all of them within the page, and
// one in the second half: SQLite fills pages from the end.
func (p *Page) wellFormed() bool {
	n, _ := p.cells()
	last := 0
	for i := range n {
		at := p.cell(i)
		if at < 0 {
			return false
		}
		last = max(last, at)
	}
	return last >= p.file.usable/2
}

// child is a page below an interior page.
type child struct {
	page int64
	key  int64 // highest number of a row in a table's page
	last bool  // the page has the rows after the last key
}

// children returns the pages below an interior page, as far as they can be read.
func (p *Page) children() (all []child) {
	n, _ := p.cells()
	for i := range n {
		at := p.cell(i)
		if at < 0 || at+4 > p.file.usable {
			continue
		}
		c := child{page: int64(binary.BigEndian.Uint32(p.bytes[at:]))}
		if p.Kind() == TableInterior {
			key, size := varint(p.bytes[at+4 : p.file.usable])
			if size == 0 {
				continue
			}
			c.key = int64(key)
		}
		all = append(all, c)
	}
	right := int64(binary.BigEndian.Uint32(p.bytes[p.begin()+8:]))
	return append(all, child{page: right, last: true})
}

// Below returns the numbers of the pages that an interior page leads to.
func (p *Page) Below() (all []int64) {
	if !p.interior() {
		return nil
	}
	for _, c := range p.children() {
		all = append(all, c.page)
	}
	return all
}

// Rows returns the number of cells with records on the page. It is 0 on interior
// pages of tables.
func (p *Page) Rows() int {
	if k := p.Kind(); k == None || k == TableInterior {
		return 0
	}
	n, _ := p.cells()
	return n
}

// Record is a row of a table or an entry of an index.
type Record struct {
	Number int64 // of a row in a table
	Values []any // nil, int64, float64, string (which may not be UTF-8) or []byte
}

// Records calls f with each record on the page that can be read, in the order of
// the page, until f returns an error. Rows of a table whose numbers don't ascend
// are left out.
func (p *Page) Records(f func(Record) error) error {
	var rows []Record
	for i := range p.Rows() {
		r, ok := p.record(i)
		if !ok {
			continue
		}
		if p.Kind() == TableLeaf {
			rows = append(rows, r)
		} else if err := f(r); err != nil {
			return err
		}
	}
	for _, r := range ascending(rows) {
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

// ascending returns the most rows whose numbers ascend.
func ascending(rows []Record) []Record {
	if slices.IsSortedFunc(rows, func(a, b Record) int { return compareStrictly(a.Number, b.Number) }) {
		return rows
	}
	length, before := make([]int, len(rows)), make([]int, len(rows))
	end := -1
	for i := range rows {
		length[i], before[i] = 1, -1
		for j := range i {
			if rows[j].Number < rows[i].Number && length[j] >= length[i] {
				length[i], before[i] = length[j]+1, j
			}
		}
		if end < 0 || length[i] > length[end] {
			end = i
		}
	}
	var all []Record
	for ; end >= 0; end = before[end] {
		all = append(all, rows[end])
	}
	slices.Reverse(all)
	return all
}

// compareStrictly orders equal numbers wrongly on purpose: they don't ascend.
func compareStrictly(a, b int64) int {
	if a < b {
		return -1
	}
	return 1
}
