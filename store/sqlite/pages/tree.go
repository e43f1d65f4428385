package pages

import (
	"encoding/binary"
	"math"
	"slices"
)

// Span is a range of the numbers of a table's rows. After is less than each of
// them; Last is the highest possible one.
type Span struct{ After, Last int64 }

// All is the range of all numbers.
var All = Span{math.MinInt64, math.MaxInt64}

// maxDepth is the maximum depth of a tree. Eight levels would hold billions of
// rows.
const maxDepth = 20

// Visitor is called for the pages of a tree.
type Visitor struct {
	// Page is called with each page that holds records: leaves, and all pages of
	// an index. Rows of a table's page belong in the span.
	Page func(p *Page, s Span) error
	// Lost is called for each page that can't be read, or is not one of the tree.
	// Unless it is known to be a leaf, there may be pages below it, which nothing
	// leads to then.
	Lost func(l Lost) error
}

// Lost is a page of a tree that can't be read.
type Lost struct {
	Number int64
	Span   Span // of the rows on it and below it
	Leaf   bool
}

// Walk visits the tree with this root, in the order of its rows, until a call
// returns an error. No page is visited twice, even in another tree.
func (f *File) Walk(root int64, v Visitor) error {
	w := walker{f, v, TableLeaf, TableInterior}
	if k := f.Page(root).Kind(); k == IndexLeaf || k == IndexInterior {
		w.leaf, w.interior = IndexLeaf, IndexInterior
	}
	return w.walk(f.Page(root), Lost{Number: root, Span: All}, 0)
}

type walker struct {
	file           *File
	visitor        Visitor
	leaf, interior Kind // of the tree
}

// walk visits a page and those below it. l is what is lost if it can't be read.
func (w *walker) walk(p *Page, l Lost, depth int) error {
	k := p.Kind()
	if k != w.leaf && k != w.interior || depth > maxDepth || w.file.seen.has(p.Number) || w.file.unused(p.Number) {
		return w.visitor.Lost(l)
	}
	w.file.seen.add(p.Number)
	if k != TableInterior {
		if err := w.visitor.Page(p, l.Span); err != nil {
			return err
		}
	}
	if k == w.leaf {
		return nil
	}
	below := p.children()
	leaves := w.aboveLeaves(below)
	after := l.Span.After
	for _, c := range below {
		s := Span{after, l.Span.Last}
		if k == TableInterior && !c.last && c.key > after && c.key <= l.Span.Last { // else the key is damaged
			s.Last, after = c.key, c.key
		}
		if err := w.walk(w.file.Page(c.page), Lost{c.page, s, leaves}, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// aboveLeaves reports whether one of the pages is a leaf of the tree: then all are,
// because all leaves of a tree are at the same depth.
func (w *walker) aboveLeaves(below []child) bool {
	return slices.ContainsFunc(below, func(c child) bool { return w.file.Page(c.page).Kind() == w.leaf })
}

// unused reports whether a page to which a tree leads is not one of it: then the
// page that leads there is damaged.
func (f *File) unused(number int64) bool {
	switch use, _ := f.Use(number); use {
	case Free:
		return !f.freeKnown || f.free.has(number)
	case FirstOverflow, Overflow:
		return true
	default:
		return false
	}
}

// Seen reports whether Walk visited a page.
func (f *File) Seen(number int64) bool { return f.seen.has(number) }

// Use is what a page is used for.
type Use byte

// The uses of pages, as a pointer map numbers them.
const (
	Unknown       Use = 0
	Root          Use = 1
	Free          Use = 2
	FirstOverflow Use = 3
	Overflow      Use = 4
	Below         Use = 5 // a page of a tree, below its parent
)

// Use returns what a page is used for, and the page that refers to it, or 0. It
// is Unknown without a pointer map that can be read.
func (f *File) Use(number int64) (Use, int64) {
	page, at := f.entry(number)
	if at < 0 {
		return Unknown, 0
	}
	b := f.mapPage(page).bytes
	if b == nil {
		return Unknown, 0
	}
	use, parent := Use(b[at]), int64(binary.BigEndian.Uint32(b[at+1:]))
	switch {
	case use == Root || use == Free:
		if parent != 0 {
			return Unknown, 0
		}
	case use > Below || use == Unknown || parent < 1 || parent > f.total() || parent == number:
		return Unknown, 0
	}
	return use, parent
}

// entry returns the page of the pointer map with the entry of a page, and the
// position of the entry, which is negative for a page without one.
func (f *File) entry(number int64) (page, at int64) {
	if !f.Header.AutoVacuum || number < 3 || number > f.total() {
		return 0, -1
	}
	entries := int64(f.usable / 5)
	page = (number-2)/(entries+1)*(entries+1) + 2
	locks := int64(1<<30)/int64(f.Header.PageSize) + 1 // SQLite leaves this page empty
	if page == locks {
		page++
	}
	if at = (number - page - 1) * 5; number == locks || at+5 > int64(f.usable) {
		return 0, -1
	}
	return page, at
}

// total returns the number of pages that the database had before the file was cut
// off, if that is known.
func (f *File) total() int64 { return max(f.pages, f.Header.Pages) }

// Parents calls with for each page that the pointer map names as the parent of
// another page of a tree. It reports whether all of the map can be read.
func (f *File) Parents(with func(number int64)) (complete bool) {
	complete = f.Header.AutoVacuum && f.Header.Intact && f.Header.Pages <= f.pages
	for n := int64(3); n <= f.pages; n++ {
		_, at := f.entry(n)
		switch use, parent := f.Use(n); use {
		case Below:
			with(parent)
		case Unknown:
			complete = complete && at < 0
		}
	}
	return complete
}

// mapPage returns a page of the pointer map. Neighbours are often asked for one
// after the other.
func (f *File) mapPage(number int64) *Page {
	if f.lastMap == nil || f.lastMap.Number != number {
		f.lastMap = f.Page(number)
	}
	return f.lastMap
}

// isOverflow reports whether a page can be one of overflow with this use and
// parent, as far as it is known.
func (f *File) isOverflow(number int64, use Use, parent int64) bool {
	u, p := f.Use(number)
	if u == Unknown {
		return !f.free.has(number) && !f.seen.has(number)
	}
	return u == use && p == parent
}

// Tree returns the root of the tree that a page belongs to, or 0 if that is
// unknown.
func (f *File) Tree(number int64) int64 {
	for range maxDepth {
		switch use, parent := f.Use(number); use {
		case Root:
			return number
		case Below:
			number = parent
		default:
			return 0
		}
	}
	return 0
}

// State is what is known about a page that no tree leads to.
type State int

// The states.
const (
	Dead  State = iota // free, or not a page of a tree
	Live               // part of a tree
	Doubt              // what would show it is lost
)

// State returns whether a page is part of a tree, according to the pointer map
// or, without it, the list of free pages.
func (f *File) State(number int64) State {
	switch use, _ := f.Use(number); {
	case use == Root || use == Below:
		return Live
	case use != Unknown || f.free.has(number):
		return Dead
	case f.freeKnown:
		return Live
	default:
		return Doubt
	}
}

// readFree reads the list of free pages. It reports whether that has all of them.
func (f *File) readFree() (set, bool) {
	free := make(set, f.pages/64+1)
	count := int64(0)
	for trunk := f.Header.firstFree; trunk != 0; {
		p := f.Page(trunk)
		if p.bytes == nil || free.has(trunk) {
			return free, false
		}
		free.add(trunk)
		n := int(binary.BigEndian.Uint32(p.bytes[4:]))
		if n > f.usable/4-2 {
			return free, false
		}
		for i := range n {
			free.add(int64(binary.BigEndian.Uint32(p.bytes[8+4*i:])))
		}
		count += int64(n) + 1
		trunk = int64(binary.BigEndian.Uint32(p.bytes))
	}
	return free, f.Header.Intact && count == f.Header.Free
}

// set is a set of the numbers of pages.
type set []uint64

func (s set) has(n int64) bool { return n >= 0 && n/64 < int64(len(s)) && s[n/64]&(1<<(n%64)) != 0 }

func (s set) add(n int64) {
	if n >= 0 && n/64 < int64(len(s)) {
		s[n/64] |= 1 << (n % 64)
	}
}

// Edge returns the first page with a record in the tree with this root, or the
// last one, without counting it as visited. It returns nil for an empty tree.
func (f *File) Edge(root int64, last bool) *Page { return f.edge(root, last, 0) }

func (f *File) edge(number int64, last bool, depth int) *Page {
	p := f.Page(number)
	switch k := p.Kind(); {
	case k == None || depth > maxDepth:
		return nil
	case !p.interior():
		for i := range p.Rows() {
			if _, ok := p.record(i); ok {
				return p
			}
		}
		return nil
	}
	below := p.children()
	if last {
		slices.Reverse(below)
	}
	for _, c := range below[:min(len(below), 8)] { // or a damaged tree would take long
		if found := f.edge(c.page, last, depth+1); found != nil {
			return found
		}
	}
	return nil
}

// Mark counts a page as visited.
func (f *File) Mark(number int64) { f.seen.add(number) }
